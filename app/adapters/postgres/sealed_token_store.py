"""The sealed bearer tokens in PostgreSQL, read in pages and replaced one by one where nobody else was faster."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.audit_store import noting
from app.adapters.postgres.connection import fetch
from app.domain.audit import Action
from app.domain.sealing import SealedToken

_AFTER = text("""
    SELECT project_id, token_sealed FROM configurations
    WHERE token_sealed IS NOT NULL AND project_id > :project_id ORDER BY project_id LIMIT :limit
""")

_COUNT = text("SELECT count(token_sealed) AS many FROM configurations")

# The configuration stays what it is for everybody else: neither its version, which makes the ETag, nor a time changes.
_REPLACE = text(f"""
    WITH resealed AS (
        UPDATE configurations SET token_sealed = :sealed WHERE project_id = :project_id AND token_sealed = :old
        RETURNING project_id
    ), noted AS ({noting(Action.BEARER_TOKEN_RESEALED, "resealed", actor="NULL")})
    SELECT 1 FROM resealed
""")  # noqa: S608 - constants, no value


class SealedTokenStore:
    """The column `configurations.token_sealed`; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def after(self, project_id: str, limit: int) -> list[SealedToken]:
        """Return those of the next projects in the order of ids."""
        rows = await fetch(self._engine, _AFTER, {"project_id": project_id, "limit": limit})
        return [SealedToken(row.project_id, row.token_sealed) for row in rows]

    async def count(self) -> int:
        """Count them."""
        [row] = await fetch(self._engine, _COUNT)
        return int(row.many)

    async def replace(self, old: SealedToken, sealed: bytes) -> bool:
        """Put another ciphertext in the place of `old`; False, and nothing done, where that is no longer there."""
        values = {"project_id": old.project_id, "old": old.sealed, "sealed": sealed}
        return bool(await fetch(self._engine, _REPLACE, values))
