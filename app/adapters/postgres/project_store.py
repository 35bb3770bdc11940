"""Projects, their configurations and their credits in PostgreSQL: every change is one statement."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from app.adapters.postgres.audit_store import KEEP_VERSION, noting, versions_of
from app.adapters.postgres.connection import FOREIGN_KEY_VIOLATION, Database, Statement, StatementFailed
from app.adapters.postgres.rows.project_rows import project_of, stored_configuration_of
from app.domain.audit import Action
from app.domain.configuration import Configuration, KeptVersion, StoredConfiguration, StoredToken
from app.domain.projects import CreditReport, Project, ProjectNotFound, VersionConflict

ERASED_AT_ONCE = 5_000
"""Rows erased per statement, about 50 ms of work: a project with millions never meets a timeout or a long lock."""

THIS_MONTH = "CAST(date_trunc('month', now() AT TIME ZONE 'UTC') AS date)"
"""The first day of the calendar month, UTC, by the database's clock."""

_CHANGED = " || ".join(
    f"CASE WHEN before.{name} IS DISTINCT FROM after.{name} THEN ARRAY['{name}'] ELSE '{{}}' END"
    for name in ("monthly_ai_credits", "owner_ids", "plan")
)

# The row is locked and read before it is written. A helpdesk may send what it knows as often as it likes: only what
# changes is noted. A larger allowance lowers the share that is used, and `told_percent` with it, so that reaching 80 or
# 100 percent again is told again.
_PUT = Statement(f"""
    WITH before AS MATERIALIZED (
        SELECT * FROM projects WHERE project_id = :project_id FOR NO KEY UPDATE
    ), after AS (
        INSERT INTO projects (project_id, plan, owner_ids, monthly_ai_credits)
        SELECT :project_id, :plan, CAST(:owner_ids AS text[]), :monthly_ai_credits FROM (
            SELECT count(*) FROM before
        ) AS locked
        ON CONFLICT (project_id) DO UPDATE SET plan = excluded.plan, owner_ids = excluded.owner_ids,
            monthly_ai_credits = excluded.monthly_ai_credits, updated_at = now()
        RETURNING *
    ), compared AS (
        SELECT after.project_id, {_CHANGED} AS changed FROM after LEFT JOIN before USING (project_id)
    ), untold AS (
        UPDATE credits c SET told_percent = credit_level(c.used, :monthly_ai_credits) FROM compared
        WHERE c.project_id = compared.project_id AND c.month = {THIS_MONTH}
            AND 'monthly_ai_credits' = ANY(changed) AND c.told_percent > credit_level(c.used, :monthly_ai_credits)
    ), noted AS ({noting(Action.PROJECT_SAVED, "compared WHERE changed <> '{}'", fields="changed")})
    SELECT 1 FROM after
""")  # noqa: S608 - constants, no value

_GET = Statement(f"""
    SELECT p.project_id, p.plan, p.owner_ids, p.monthly_ai_credits, coalesce(c.used, 0) AS used,
        CAST({THIS_MONTH} + interval '1 month' AS timestamp) AT TIME ZONE 'UTC' AS resets_at
    FROM projects p LEFT JOIN credits c ON c.project_id = p.project_id AND c.month = {THIS_MONTH}
    WHERE p.project_id = :project_id
""")  # noqa: S608 - a constant, no value

_ERASE_RESULTS = Statement(f"""
    WITH erased AS (
        DELETE FROM enrichments WHERE ticket_id IN (
            SELECT ticket_id FROM enrichments WHERE project_id = :project_id LIMIT :at_once
        ) RETURNING project_id
    ), noted AS ({noting(Action.RESULTS_ERASED, "erased GROUP BY project_id", results_erased="count(*)")})
    SELECT 1 FROM erased
""")  # noqa: S608 - constants, no value

_FORGET = tuple(
    Statement(f"""
        DELETE FROM {table} WHERE ctid = ANY(ARRAY(
            SELECT ctid FROM {table} WHERE project_id = :project_id LIMIT :at_once
        )) RETURNING 1
    """)  # noqa: S608 - constants, no value
    for table in ("ended_runs", "senders")
)

_DELETE = Statement(f"""
    WITH erased AS (
        DELETE FROM projects WHERE project_id = :project_id RETURNING project_id
    ), noted AS ({noting(Action.PROJECT_ERASED, "erased")})
    SELECT 1 FROM erased
""")  # noqa: S608 - constants, no value

_CONFIGURATION = Statement("SELECT * FROM projects WHERE project_id = :project_id AND configuration IS NOT NULL")

_NOTE_SAVED = noting(Action.CONFIGURATION_SAVED, "saved", actor="saved_by", fields=":changed")

# What the next release has added to the configuration stays. A token that is kept stays as it is sealed now: it may
# have been sealed anew since the caller read it.
_SAVE_CONFIGURATION = Statement(f"""
    WITH saved AS (
    UPDATE projects SET
        configuration = CAST(coalesce(CAST(configuration AS jsonb), '{{}}') || CAST(:configuration AS jsonb) AS json),
        token_origin = :token_origin, token_sealed = CASE
            WHEN token_updated_at = CAST(:token_updated_at AS timestamptz) THEN token_sealed ELSE :token_sealed
        END, token_updated_at = :token_updated_at, version = nextval('configuration_versions'),
        configured_at = coalesce(configured_at, now()), saved_at = now(), saved_by = :saved_by
    WHERE project_id = :project_id
        AND coalesce(version, 0) = coalesce(CAST(:expected_version AS bigint), version, 0)
    RETURNING *
    ), {KEEP_VERSION}, noted AS ({_NOTE_SAVED})
    SELECT * FROM saved
""")  # noqa: S608 - constants, no value

_DELETE_CONFIGURATION = Statement(f"""
    WITH erased AS (
        UPDATE projects SET configuration = NULL, token_sealed = NULL, token_origin = NULL, token_updated_at = NULL,
            version = NULL, configured_at = NULL, saved_at = NULL, saved_by = NULL
        WHERE project_id = :project_id AND version = coalesce(CAST(:expected_version AS bigint), version)
        RETURNING project_id
    ), forgotten AS (
        DELETE FROM configuration_history h USING erased WHERE h.project_id = erased.project_id
    ), noted AS ({noting(Action.CONFIGURATION_ERASED, "erased")})
    SELECT 1 FROM erased
""")  # noqa: S608 - constants, no value

_TAKE_CREDIT = Statement(
    "SELECT take_credit(project_id, monthly_ai_credits) AS month FROM projects WHERE project_id = :project_id"
)
_RETURN_CREDIT = Statement(
    "UPDATE credits SET used = used - 1 WHERE project_id = :project_id AND month = :month AND used > 0"
)

# Several replicas may be asked at the same moment: whoever changes the row has the turn.
_BEGIN_CHECK = Statement("""
    UPDATE projects SET checked_until = now() + make_interval(secs => :seconds)
    WHERE project_id = :project_id AND coalesce(checked_until < now(), true) RETURNING checked_until
""")

_END_CHECK = Statement(
    "UPDATE projects SET checked_until = NULL WHERE project_id = :project_id AND checked_until = :until"
)


class ProjectStore:
    """The rows of projects, with their configurations, and of credits; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put(self, project: Project, actor: str | None = None) -> None:
        """Create or replace a project; the audit trail gets an entry if anything changes."""
        values = {
            "project_id": project.project_id,
            "plan": project.plan,
            "owner_ids": list(project.owner_ids),
            "monthly_ai_credits": project.monthly_ai_credits,
            "actor": actor,
        }
        await self._database.fetch(_PUT, values)

    async def get(self, project_id: str) -> tuple[Project, CreditReport] | None:
        """Return the project and the AI credits that it has used this month; None where there is no such project."""
        rows = await self._database.fetch(_GET, {"project_id": project_id})
        return (project_of(rows[0]), CreditReport(rows[0].used, rows[0].resets_at)) if rows else None

    async def delete(self, project_id: str, actor: str | None = None) -> bool:
        """Erase the project with its configuration, token, credits and results; tell whether it was there."""
        erasing: dict[str, object] = {"project_id": project_id, "actor": actor}
        batch = {"project_id": project_id, "at_once": ERASED_AT_ONCE}
        while len(await self._database.fetch(_ERASE_RESULTS, erasing | batch)) == ERASED_AT_ONCE:
            pass
        for forget in _FORGET:
            while len(await self._database.fetch(forget, batch)) == ERASED_AT_ONCE:
                pass
        return bool(await self._database.fetch(_DELETE, erasing))

    async def configuration(self, project_id: str) -> StoredConfiguration | None:
        """Return the configuration with its sealed token, if there is one."""
        rows = await self._database.fetch(_CONFIGURATION, {"project_id": project_id})
        return stored_configuration_of(rows[0]) if rows else None

    async def save_configuration(
        self,
        project_id: str,
        configuration: Configuration,
        token: StoredToken | None,
        actor: str,
        expected_version: int | None = None,
        changed: Sequence[str] = (),
    ) -> StoredConfiguration:
        """Save the whole configuration, `token` included, under a version never used before; note what has `changed`.

        `expected_version` is the one that the caller saw, 0 for none; None skips the check. Raises `VersionConflict`
        if another is there, `ProjectNotFound` if the project is gone.
        """
        values = {
            "project_id": project_id,
            "configuration": json.dumps(asdict(configuration)),
            "token_sealed": token and token.sealed,
            "token_origin": token and token.origin,
            "token_updated_at": token and token.updated_at,
            "saved_by": actor,
            "expected_version": expected_version,
            "changed": list(changed),
        }
        rows = await self._database.fetch(_SAVE_CONFIGURATION, values)
        if not rows:
            raise ProjectNotFound if await self.get(project_id) is None else VersionConflict
        return stored_configuration_of(rows[0])

    async def versions(self, project_id: str) -> list[KeptVersion]:
        """List the versions that are kept, the newest first."""
        return await versions_of(self._database, project_id)

    async def delete_configuration(
        self, project_id: str, expected_version: int | None = None, actor: str | None = None
    ) -> None:
        """Erase the configuration and its token; `expected_version` as in `save_configuration`."""
        values = {"project_id": project_id, "expected_version": expected_version, "actor": actor}
        if await self._database.fetch(_DELETE_CONFIGURATION, values) or expected_version is None:
            return
        if expected_version or await self.configuration(project_id) is not None:
            raise VersionConflict

    async def take_credit(self, project_id: str) -> date | None:
        """Take one credit and return the month that it was taken from; None if the month's are used up."""
        try:
            rows = await self._database.fetch(_TAKE_CREDIT, {"project_id": project_id})
        except StatementFailed as failure:
            if failure.sqlstate == FOREIGN_KEY_VIOLATION:  # the project was deleted in this moment
                return None
            raise
        return next((row.month for row in rows), None)

    async def return_credit(self, project_id: str, month: date) -> None:
        """Give back one credit of that month."""
        await self._database.fetch(_RETURN_CREDIT, {"project_id": project_id, "month": month})

    async def begin_check(self, project_id: str, seconds: float) -> datetime | None:
        """Take the turn to check this project's endpoint for so long; None while another check has it."""
        rows = await self._database.fetch(_BEGIN_CHECK, {"project_id": project_id, "seconds": seconds})
        until: datetime | None = rows[0].checked_until if rows else None
        return until

    async def end_check(self, project_id: str, until: datetime) -> None:
        """Give the turn back that lasts until then, if it has not passed to another."""
        await self._database.fetch(_END_CHECK, {"project_id": project_id, "until": until})
