"""Every row of a database as text: what a test searches for words that must not be there."""

import json
import zlib

import asyncpg  # type: ignore[import-untyped]

from app.adapters.postgres.rows.packing import unpack

HOLDING = {"enrichments", "deliveries", "senders", "ended_runs", "daily_runs", "audit_entries", "credits"}
"""Tables that a run writes to: where one is not found, nothing was searched."""


async def dump(url: str) -> str:
    """Return every value of every table as text, packed ones unpacked."""
    connection = await asyncpg.connect(url)
    try:
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        assert {table for [table] in tables} >= HOLDING
        rows = [row for [table] in tables for row in await connection.fetch(f'SELECT * FROM "{table}"')]  # noqa: S608
    finally:
        await connection.close()
    return "\n".join(_as_text(value) for row in rows for value in row.values())


def _as_text(value: object) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return json.dumps(unpack(value), ensure_ascii=False)
    except (zlib.error, ValueError):  # a digest, a ciphertext
        return value.decode("latin-1")
