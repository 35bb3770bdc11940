"""The audit trail and the last versions of configurations in PostgreSQL, written in the statement of each change."""

from app.adapters.postgres.connection import Database, Row, Statement
from app.adapters.postgres.rows.project_rows import configuration_of
from app.domain.audit import Action, Entry
from app.domain.configuration import MOST_VERSIONS, KeptVersion


def noting(
    action: Action,
    rows: str,
    *,
    actor: str = ":actor",
    fields: str = "'{}'",
    subject: str = "NULL",
    results_erased: str = "NULL",
) -> str:
    """Return the SQL that writes one audit entry for each of `rows`, to stand in the statement of the change.

    All but `action` are SQL of ours over columns of `rows`, which have the `project_id`: there is no change without its
    entry, and no entry without its change.
    """
    return f"""
        INSERT INTO audit_entries (project_id, actor, action, fields, subject, results_erased)
        SELECT project_id, CAST({actor} AS text), '{action}', CAST({fields} AS text[]), {subject}, {results_erased}
        FROM {rows}
    """  # noqa: S608 - constants, no value


_NOTE = Statement(noting(Action.CONFIGURATION_TESTED, "projects WHERE project_id = :project_id", fields=":fields"))

# Numbers are given when a statement begins and seen when it ends: one may still come in above what a reader has seen,
# but what lies below a cursor is settled but for the statements of the moment in which that page was read.
_OF_PROJECT = Statement("""
    SELECT entry_id, noted_at, actor, action, fields, subject, results_erased FROM audit_entries
    WHERE project_id = :project_id AND entry_id < coalesce(CAST(:before AS bigint), 9223372036854775807)
    ORDER BY entry_id DESC LIMIT :limit
""")


class AuditStore:
    """The rows of audit_entries; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note_test(self, project_id: str, actor: str, fields: tuple[str, ...]) -> None:
        """Note that somebody tests a configuration, with these unsaved fields laid over it."""
        await self._database.fetch(_NOTE, {"project_id": project_id, "actor": actor, "fields": list(fields)})

    async def of_project(self, project_id: str, limit: int, before: int | None) -> list[Entry]:
        """Return the newest entries of a project, or the newest of those older than the entry `before`."""
        values = {"project_id": project_id, "limit": limit, "before": before}
        return [_entry_of(row) for row in await self._database.fetch(_OF_PROJECT, values)]


def _entry_of(row: Row) -> Entry:
    return Entry(
        row.entry_id,
        row.noted_at,
        row.actor,
        Action(row.action),
        tuple(row.fields),
        row.subject,
        row.results_erased,
    )


KEEP_VERSION = f"""
    kept AS (
        INSERT INTO configuration_history (project_id, version, saved_by, configuration)
        SELECT project_id, version, saved_by, configuration FROM saved
    ), trimmed AS (
        DELETE FROM configuration_history h USING saved WHERE h.project_id = saved.project_id AND h.version <= (
            SELECT version FROM configuration_history WHERE project_id = :project_id
            ORDER BY version DESC OFFSET {MOST_VERSIONS - 1} LIMIT 1
        )
    )
"""  # noqa: S608 - a constant, no value
"""Keeps what is `saved` beside the versions before it, and forgets the oldest: both see what was there before."""

_VERSIONS = Statement("""
    SELECT version, saved_at, saved_by, configuration FROM configuration_history WHERE project_id = :project_id
    ORDER BY version DESC
""")


async def versions_of(database: Database, project_id: str) -> list[KeptVersion]:
    """Return the versions of a project's configuration, the newest first."""
    rows = await database.fetch(_VERSIONS, {"project_id": project_id})
    return [KeptVersion(row.version, row.saved_at, row.saved_by, configuration_of(row)) for row in rows]
