"""The PostgreSQL server behind a URL, looked at once at the start: its version, and what will never get better."""

from dataclasses import dataclass

import asyncpg  # type: ignore[import-untyped]

from app.adapters.postgres.connection import DRIVER_ERRORS, connector, failure_of
from app.domain.claims import DatabaseUnavailable

OLDEST_VERSION = 15
"""The oldest major version that the tests run on; older ones lack what some statements use."""

PARTS_OF_A_MAJOR_VERSION = 10_000
"""`server_version_num` is 150004 for 15.4."""

HOPELESS = {
    "28000": "PostgreSQL lets this role in neither from here nor so (invalid_authorization_specification): look at "
    "the role and at pg_hba.conf",
    "28P01": "PostgreSQL does not take this role with this password (invalid_password)",
    "3D000": "PostgreSQL has no database of this name (invalid_catalog_name): create it",
    "42501": "the role may not do this (insufficient_privilege): GRANT CONNECT and CREATE to it",
}
"""SQLSTATEs of a connection that fails in the same way however often it is tried, with what to do."""

UNREADY = {
    "42P01": "the database holds no tables (undefined_table): make them with customer-context migrate",
    "42703": "the database is of an older release (undefined_column): update it with customer-context migrate",
    "42883": "the database is of an older release (undefined_function): update it with customer-context migrate",
    "42501": "the role may not read the tables (insufficient_privilege): docs/data.md lists what to GRANT to it",
}
"""SQLSTATEs of a statement of a command that migrates nothing, with what to do first."""


class WrongDatabase(Exception):
    """The database will not do; the text says why and what to do, never a value of the URL."""


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL server as it presents itself; `host` is as the URL names it."""

    host: str
    version: str


async def look_at(url: str) -> Server:
    """Connect once and return the server's host and version; raises `WrongDatabase` or `DatabaseUnavailable`."""
    try:
        connection = await connector(url)()
        try:
            number = int(await connection.fetchval("SHOW server_version_num"))
            version = str(await connection.fetchval("SHOW server_version"))
            host = _host_of(connection)
        finally:
            await connection.close()
    except asyncpg.PostgresError as refused:
        sqlstate = str(refused.sqlstate)
        raise (WrongDatabase(hopeless(sqlstate)) if sqlstate in HOPELESS else DatabaseUnavailable()) from None
    except DRIVER_ERRORS as foreign:
        raise failure_of(foreign) from None
    if number < OLDEST_VERSION * PARTS_OF_A_MAJOR_VERSION:
        raise WrongDatabase(
            f"PostgreSQL {version.partition(' ')[0]} is too old: upgrade it to {OLDEST_VERSION} or newer"
        )
    return Server(host, version.partition(" ")[0])


def hopeless(sqlstate: str) -> str:
    """Return the advice for a SQLSTATE of `HOPELESS`."""
    return f"{HOPELESS[sqlstate]}; SQLSTATE {sqlstate}"


def unready(sqlstate: str) -> str:
    """Return the advice for a SQLSTATE of `UNREADY`."""
    return f"{UNREADY[sqlstate]}; SQLSTATE {sqlstate}"


def _host_of(connection: object) -> str:
    address = getattr(connection, "_addr", "")
    return str(address[0]) if isinstance(address, tuple) else "a socket on this machine"
