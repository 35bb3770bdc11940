"""Claims and results in PostgreSQL: single flight and once per ticket hold here, across processes and replicas.

Every write of a row in flight is fenced on owner, attempt and state, so that a process that was frozen past its lease
can change nothing when it wakes.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.database import FOREIGN_KEY_VIOLATION, StatementFailed, fetch
from app.adapters.project_store import THIS_MONTH, configuration_of, project_of
from app.domain.claims import Busy, Claim, Claimed, Erased, ForeignTicket, Stored, UnknownProject

_FENCE = "ticket_id = :ticket_id AND owner = :owner AND attempt = :attempt AND state = 'running'"
"""Holds only while the claim is the caller's."""

# One round trip answers everything that a run needs to know. A row that is not to be had is seen by `existing` and left
# untouched: even a losing ON CONFLICT would lock, and so write, the row. A credit on a finished row has been spent.
_CLAIM = text("""
    WITH project AS (
        SELECT p.project_id, p.plan, p.owner_ids, p.monthly_ai_credits, c.method, c.api_url, c.identifier_parameter,
            c.identify_instructions, c.display_instructions, c.enabled, c.token_sealed, c.token_origin,
            c.token_updated_at, c.version, c.created_at, c.updated_at, c.updated_by
        FROM projects p LEFT JOIN configurations c ON c.project_id = p.project_id
        WHERE p.project_id = :project_id
    ), existing AS (
        SELECT project_id, result, state = 'running' AND lease_until >= now() AS running,
            CASE state WHEN 'done' THEN :refresh ELSE lease_until < now() AND (:refresh OR result IS NULL) END AS free
        FROM enrichments WHERE ticket_id = :ticket_id
    ), claimed AS (
        INSERT INTO enrichments AS e (ticket_id, project_id, state, owner, attempt, lease_until)
        SELECT :ticket_id, project_id, 'running', :owner, 1,
            now() + make_interval(secs => CAST(:lease_seconds AS float8))
        FROM project
        WHERE NOT EXISTS (SELECT FROM existing WHERE NOT free OR existing.project_id <> project.project_id)
        ON CONFLICT (ticket_id) DO UPDATE SET state = 'running', owner = excluded.owner, attempt = e.attempt + 1,
            lease_until = excluded.lease_until, updated_at = now(),
            credit_month = CASE e.state WHEN 'running' THEN e.credit_month END
        WHERE e.project_id = excluded.project_id AND CASE e.state WHEN 'done' THEN :refresh
            ELSE e.lease_until < now() AND (:refresh OR e.result IS NULL) END
        RETURNING attempt, credit_month
    )
    SELECT project.*, existing.project_id AS holder, existing.running,
        CASE WHEN claimed.attempt IS NULL THEN existing.result END AS result,
        claimed.attempt, claimed.credit_month
    FROM (SELECT) AS one LEFT JOIN project ON true LEFT JOIN existing ON true LEFT JOIN claimed ON true
""")

# The claim is locked first: a credit is only taken for a row that will be marked with it.
_CHARGE = text(f"""
    WITH mine AS (
        SELECT project_id FROM enrichments WHERE {_FENCE} FOR UPDATE
    ), taken AS (
        INSERT INTO credits AS c (project_id, month, used)
        SELECT p.project_id, {THIS_MONTH}, 1 FROM mine JOIN projects p ON p.project_id = mine.project_id
        WHERE p.monthly_ai_credits > 0
        ON CONFLICT (project_id, month) DO UPDATE SET used = c.used + 1
        WHERE c.used < (SELECT monthly_ai_credits FROM projects p WHERE p.project_id = c.project_id)
        RETURNING c.month
    )
    UPDATE enrichments SET credit_month = taken.month FROM taken WHERE {_FENCE} RETURNING 1
""")  # noqa: S608 - constants, no value

_FINISH = text(f"""
    WITH mine AS (
        UPDATE enrichments SET state = 'done', result = CAST(:result AS jsonb), updated_at = now()
        WHERE {_FENCE} RETURNING project_id, credit_month
    ), returned AS (
        UPDATE credits c SET used = used - 1 FROM mine
        WHERE :refund AND c.project_id = mine.project_id AND c.month = mine.credit_month AND c.used > 0
    )
    SELECT 1 FROM mine
""")  # noqa: S608 - constants, no value

_RELEASE = text(f"""
    WITH removed AS (
        DELETE FROM enrichments WHERE {_FENCE} AND result IS NULL RETURNING project_id, credit_month
    ), restored AS (
        UPDATE enrichments SET state = 'done', updated_at = now()
        WHERE {_FENCE} AND result IS NOT NULL RETURNING project_id, credit_month
    ), mine AS (
        SELECT * FROM removed UNION ALL SELECT * FROM restored
    )
    UPDATE credits c SET used = used - 1 FROM mine
    WHERE :refund AND c.project_id = mine.project_id AND c.month = mine.credit_month AND c.used > 0
""")  # noqa: S608 - constants, no value

_RENEW = text("""
    UPDATE enrichments SET lease_until = now() + make_interval(secs => CAST(:lease_seconds AS float8))
    WHERE ticket_id = ANY(:ticket_ids) AND owner = :owner AND state = 'running'
""")

_FIND = text("""
    SELECT project_id AS holder, result, state = 'running' AND lease_until >= now() AS running
    FROM enrichments WHERE ticket_id = :ticket_id
""")

_ERASE = text("""
    WITH existing AS (
        SELECT project_id FROM enrichments WHERE ticket_id = :ticket_id
    ), erased AS (
        DELETE FROM enrichments WHERE ticket_id = :ticket_id AND project_id = :project_id
    )
    SELECT project_id AS holder FROM existing
""")


class EnrichmentStore:
    """The rows of enrichments; every method may raise `DatabaseUnavailable`."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, ticket_id: str, project_id: str, owner: str, *, refresh: bool, lease_seconds: float) -> Claim:
        """Ask to run this ticket, with the project and its configuration as they are at that moment.

        A first run, and one whose runner let its lease run out, is for whoever asks; a finished one for who asks with
        `refresh`, and its result stays readable until the new one is stored.
        """
        values = {
            "ticket_id": ticket_id,
            "project_id": project_id,
            "owner": owner,
            "refresh": refresh,
            "lease_seconds": lease_seconds,
        }
        row = await self._claim(values)
        if row is not None and row.project_id is not None and row.holder is None and row.attempt is None:
            # Another's new row came in between, too late for this statement to see: now it can.
            row = await self._claim(values)
        return UnknownProject() if row is None else _claim_of(row, ticket_id, project_id, owner, refresh=refresh)

    async def charge(self, claimed: Claimed) -> bool:
        """Take one credit for this run and note it on the row; False if the month's are used up or the claim is lost.

        Takes none where an earlier attempt, which died, has left its own.
        """
        if claimed.charged:
            return True
        return bool(await fetch(self._engine, _CHARGE, _fence(claimed)))

    async def finish(self, claimed: Claimed, result: dict[str, Any], *, refund: bool) -> bool:
        """Store the result and, with `refund`, give the credit back; False, and no write, if the claim is lost."""
        values = _fence(claimed) | {"result": json.dumps(result, allow_nan=False), "refund": refund}
        return bool(await fetch(self._engine, _FINISH, values))

    async def release(self, claimed: Claimed, *, refund: bool) -> None:
        """Give the ticket back as it was before the claim; nothing happens if the claim is lost."""
        await fetch(self._engine, _RELEASE, _fence(claimed) | {"refund": refund})

    async def renew(self, owner: str, ticket_ids: Sequence[str], lease_seconds: float) -> None:
        """Renew the leases of these tickets as far as `owner` still has them."""
        values = {"owner": owner, "ticket_ids": list(ticket_ids), "lease_seconds": lease_seconds}
        await fetch(self._engine, _RENEW, values)

    async def find(self, ticket_id: str, project_id: str) -> Stored | Busy | ForeignTicket | None:
        """Return the result, or `Busy` where a first run is under way, or None where nothing ever was."""
        rows = await fetch(self._engine, _FIND, {"ticket_id": ticket_id})
        if not rows:
            return None
        row = rows[0]
        if row.holder != project_id:
            return ForeignTicket()
        return Busy() if row.result is None else Stored(row.result, refreshing=row.running)

    async def erase(self, ticket_id: str, project_id: str) -> Erased | ForeignTicket | None:
        """Erase the ticket's row, running or not; None if there is none."""
        rows = await fetch(self._engine, _ERASE, {"ticket_id": ticket_id, "project_id": project_id})
        if not rows:
            return None
        return Erased() if rows[0].holder == project_id else ForeignTicket()

    async def _claim(self, values: dict[str, object]) -> Row[Any] | None:
        try:
            return (await fetch(self._engine, _CLAIM, values))[0]
        except StatementFailed as failure:
            if failure.sqlstate == FOREIGN_KEY_VIOLATION:  # the project was deleted in this moment
                return None
            raise


def _claim_of(row: Row[Any], ticket_id: str, project_id: str, owner: str, *, refresh: bool) -> Claim:
    if row.project_id is None:
        return UnknownProject()
    if row.attempt is not None:
        stored = None if row.version is None else configuration_of(row)
        charged = row.credit_month is not None
        return Claimed(ticket_id, project_id, owner, row.attempt, project_of(row), stored, charged)
    if row.holder not in (None, project_id):
        return ForeignTicket()
    if row.result is None or refresh:
        return Busy()
    return Stored(row.result, refreshing=row.running)


def _fence(claimed: Claimed) -> dict[str, object]:
    return {"ticket_id": claimed.ticket_id, "owner": claimed.owner, "attempt": claimed.attempt}
