"""What Alembic runs: on the connection that the service hands over, or on CC_DATABASE_URL for a developer."""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection

from app.adapters.postgres.migrations import engine_for
from app.adapters.postgres.tables import metadata


def run(connection: Connection) -> None:
    """Run the pending steps in one transaction: all of them, or none."""
    context.configure(connection=connection, target_metadata=metadata)
    with context.begin_transaction():
        context.run_migrations()


async def run_for_developer() -> None:
    """Run them on the database that CC_DATABASE_URL names."""
    engine = engine_for(os.environ.get("CC_DATABASE_URL", ""))
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


handed_over = context.config.attributes.get("connection")
if handed_over is None:
    asyncio.run(run_for_developer())
else:
    run(handed_over)
