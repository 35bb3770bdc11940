"""The revision of the schema: which one a database has, and whether migrations are pending.

Neither Alembic nor SQLAlchemy is loaded here: only a process that migrates needs them (`migrations`), and they would be
a third of the CPU of every start, and 28 MB for as long as it lives.
"""

from contextlib import aclosing
from pathlib import Path

import structlog

from app.adapters.postgres.connection import Database, Statement, StatementFailed

PACKAGED = Path(__file__).parents[2] / "_migrations"
FOLDER = PACKAGED if PACKAGED.is_dir() else Path(__file__).parents[3] / "migrations"
"""The migration scripts: inside the package in an installed wheel, beside it in a checkout."""

REVISIONS = tuple(sorted(path.name.partition("_")[0] for path in FOLDER.glob("versions/[0-9]*.py")))
"""Every revision that this release knows, oldest first: the number that the name of a step's file begins with."""

UNDEFINED_TABLE = "42P01"
"""SQLSTATE: nothing was ever migrated here, or its first migration is not committed yet."""

_REVISION = Statement("SELECT version_num FROM alembic_version")


async def revision_of(url: str) -> str | None:
    """Return the revision of a database, None for one without a schema; raises as every store does."""
    async with aclosing(Database(url, pool_size=1)) as database:
        try:
            rows = await database.fetch(_REVISION)
        except StatementFailed as failed:
            if failed.sqlstate != UNDEFINED_TABLE:
                raise
            return None
    return rows[0].version_num if rows else None


def is_pending(revision: str | None) -> bool:
    """Tell whether migrations are pending on a database of this revision; warn where a newer release has migrated it.

    That one stays as it is. A replica of this release may be started, or come back, while the next one is being rolled
    out: each release only adds, so that the one before can serve on.
    """
    if revision is not None and revision not in REVISIONS:
        structlog.get_logger().warning("schema_is_newer")
        return False
    return revision != REVISIONS[-1]
