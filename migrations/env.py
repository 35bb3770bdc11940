"""What Alembic runs: on the connection that the service hands over, or on CC_DATABASE_URL for a developer."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from app.adapters.postgres.connection import create_engine_for
from app.adapters.postgres.tables import metadata


def is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Leave the queue's own tables to its library when the schema is compared."""
    return kind != "table" or name is None or not name.startswith("pgqueuer")


def run(connection: Connection) -> None:
    """Run the pending steps in one transaction: all of them, or none."""
    context.configure(connection=connection, target_metadata=metadata, include_name=is_ours)
    with context.begin_transaction():
        context.run_migrations()


async def run_for_developer() -> None:
    """Run them on the database that CC_DATABASE_URL names."""
    engine = create_engine_for(os.environ.get("CC_DATABASE_URL", ""))
    transactional = engine.execution_options(isolation_level="READ COMMITTED")
    async with transactional.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    asyncio.run(run_for_developer())
else:
    run(handed_over)
