"""Access tokens in PostgreSQL: found by their SHA-256, judged by the database's clock, forgotten at once."""

from app.adapters.postgres.audit_store import noting
from app.adapters.postgres.connection import FOREIGN_KEY_VIOLATION, Database, Row, Statement, StatementFailed
from app.adapters.postgres.rows.project_rows import project_of
from app.domain.access_tokens import AccessToken, Holder
from app.domain.audit import Action
from app.domain.projects import ProjectNotFound

# A helpdesk makes one each time that an owner opens the settings page: this keeps the table as small as what works.
_ADD = Statement(f"""
    WITH expired AS (
        DELETE FROM access_tokens WHERE project_id = :project_id AND expires_at <= now()
    ), made AS (
        INSERT INTO access_tokens (token_id, token_hash, project_id, label, created_by, expires_at)
        VALUES (:token_id, :token_hash, :project_id, :label, :person,
            now() + make_interval(secs => CAST(:seconds AS float8)))
        RETURNING *
    ), noted AS ({noting(Action.ACCESS_TOKEN_MADE, "made", actor="created_by", subject="token_id")})
    SELECT * FROM made
""")  # noqa: S608 - constants, no value

_OF_PROJECT = Statement("""
    SELECT * FROM access_tokens WHERE project_id = :project_id AND expires_at > now()
    ORDER BY created_at DESC, token_id
""")

_REMOVE = Statement(f"""
    WITH removed AS (
        DELETE FROM access_tokens WHERE token_id = :token_id AND project_id = :project_id
        RETURNING token_id, project_id, expires_at > now() AS good
    ), noted AS ({noting(Action.ACCESS_TOKEN_REVOKED, "removed WHERE good", subject="token_id")})
    SELECT good FROM removed
""")  # noqa: S608 - constants, no value

# One round trip per request. The row is written at most once a minute: of requests that come together, the first
# notes its use, and the others wait for it, look again and leave the row alone.
_USE = Statement("""
    WITH noted AS (
        UPDATE access_tokens SET last_used_at = now()
        WHERE token_hash = :token_hash AND expires_at > now()
            AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')
    )
    SELECT t.created_by, p.project_id, p.plan, p.owner_ids, p.monthly_ai_credits
    FROM access_tokens t JOIN projects p ON p.project_id = t.project_id
    WHERE t.token_hash = :token_hash AND t.expires_at > now()
""")


class AccessTokenStore:
    """The rows of access_tokens; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self, project_id: str, token_id: str, token_hash: bytes, label: str, person: str, seconds: int
    ) -> AccessToken:
        """Keep a new token and forget the project's expired ones; raises `ProjectNotFound`."""
        values = {
            "project_id": project_id,
            "token_id": token_id,
            "token_hash": token_hash,
            "label": label,
            "person": person,
            "seconds": seconds,
        }
        try:
            (row,) = await self._database.fetch(_ADD, values)
        except StatementFailed as failure:
            if failure.sqlstate == FOREIGN_KEY_VIOLATION:
                raise ProjectNotFound from None
            raise
        return _token_of(row)

    async def of_project(self, project_id: str) -> list[AccessToken]:
        """List the project's tokens that have not expired, the newest first."""
        return [_token_of(row) for row in await self._database.fetch(_OF_PROJECT, {"project_id": project_id})]

    async def remove(self, project_id: str, token_id: str, actor: str | None = None) -> bool:
        """Forget a token; tell whether it was there and had not expired."""
        values = {"project_id": project_id, "token_id": token_id, "actor": actor}
        rows = await self._database.fetch(_REMOVE, values)
        return bool(rows) and rows[0].good

    async def use(self, token_hash: bytes) -> Holder | None:
        """Return the holder of a token that has not expired, with the project as it is now; None for any other."""
        rows = await self._database.fetch(_USE, {"token_hash": token_hash})
        return Holder(project_of(rows[0]), rows[0].created_by) if rows else None


def _token_of(row: Row) -> AccessToken:
    return AccessToken(row.token_id, row.label, row.created_by, row.created_at, row.expires_at, row.last_used_at)
