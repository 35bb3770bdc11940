"""The sealed bearer tokens in PostgreSQL, read in pages and replaced one by one where nobody else was faster."""

from app.adapters.postgres.audit_store import noting
from app.adapters.postgres.connection import Database, Statement
from app.domain.audit import Action
from app.domain.sealing import SealedToken

_AFTER = Statement("""
    SELECT project_id, token_sealed FROM projects
    WHERE token_sealed IS NOT NULL AND project_id > :project_id ORDER BY project_id LIMIT :limit
""")

_COUNT = Statement("SELECT count(token_sealed) AS many FROM projects")

# The configuration stays what it is for everybody else: neither its version, which makes the ETag, nor a time changes.
_REPLACE = Statement(f"""
    WITH resealed AS (
        UPDATE projects SET token_sealed = :sealed WHERE project_id = :project_id AND token_sealed = :old
        RETURNING project_id
    ), noted AS ({noting(Action.BEARER_TOKEN_RESEALED, "resealed", actor="NULL")})
    SELECT 1 FROM resealed
""")  # noqa: S608 - constants, no value


class SealedTokenStore:
    """The column `projects.token_sealed`; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def after(self, project_id: str, limit: int) -> list[SealedToken]:
        """Return the sealed tokens of at most `limit` projects whose ids come after `project_id`."""
        rows = await self._database.fetch(_AFTER, {"project_id": project_id, "limit": limit})
        return [SealedToken(row.project_id, row.token_sealed) for row in rows]

    async def count(self) -> int:
        """Count the sealed tokens of all projects."""
        [row] = await self._database.fetch(_COUNT)
        return int(row.many)

    async def replace(self, old: SealedToken, sealed: bytes) -> bool:
        """Put another ciphertext in the place of `old`; False, and nothing done, where that is no longer there."""
        values = {"project_id": old.project_id, "old": old.sealed, "sealed": sealed}
        return bool(await self._database.fetch(_REPLACE, values))
