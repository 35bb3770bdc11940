"""The breakers of all projects in PostgreSQL, shared by all replicas; a project whose endpoint answers has none.

A breaker belongs to one endpoint: URL, method, parameter and token as they were. When an owner changes one of them it
holds no more, and what still runs against the old endpoint tells nothing of the new one. Each decision is made by
`app.domain.breaker` on a row that nobody else can change meanwhile.
"""

import json
from dataclasses import asdict, replace
from datetime import datetime

import structlog

from app.adapters.postgres.connection import Database, Row, Statement, Transaction
from app.adapters.postgres.rows.ticket_rows import FENCE, fence
from app.domain.breaker import CLOSED, Admission, Breaker, EndpointVerdict, SeenBreaker
from app.domain.claims import Claimed
from app.domain.webhooks.event_kinds import Event, written

_TIMES = ("opened_at", "next_probe_at", "failing_since")
"""What JSON has as text of a stored breaker."""

_FIND = Statement("""
    SELECT breaker, endpoint, now() AS now FROM projects WHERE project_id = :project_id AND configuration IS NOT NULL
""")

_LOCK = Statement("""
    SELECT breaker, endpoint, clock_timestamp() AS now FROM projects
    WHERE project_id = :project_id AND endpoint = coalesce(:endpoint, endpoint) FOR NO KEY UPDATE
""")

_WRITE = Statement("UPDATE projects SET breaker = :breaker WHERE project_id = :project_id")

_TELL = Statement("SELECT tell(:event, :project_id, CAST(:told AS jsonb))")

_PAY = Statement(f"""
    UPDATE enrichments e SET credit_month = coalesce(e.credit_month, take_credit(p.project_id, p.monthly_ai_credits))
    FROM projects p WHERE {FENCE} AND p.project_id = e.project_id
    RETURNING e.credit_month IS NOT NULL AS charged
""")  # noqa: S608 - constants, no value


class BreakerStore:
    """The column `projects.breaker`; every method may raise `DatabaseUnavailable`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_project(self, project_id: str) -> SeenBreaker:
        """Return the breaker of the project's endpoint, and the time at which it was seen."""
        rows = await self._database.fetch(_FIND, {"project_id": project_id})
        return SeenBreaker(_breaker_of(rows[0]), rows[0].now) if rows else SeenBreaker(CLOSED, None)

    async def admit(self, claimed: Claimed) -> Claimed:
        """Ask the breaker whether the run may call its endpoint, and take its credit if it may."""

        async def decide(transaction: Transaction) -> Claimed:
            endpoint = {"project_id": claimed.project_id, "endpoint": claimed.endpoint}
            rows = await transaction.fetch(_LOCK, endpoint)
            admission = Admission.PASSES  # of an endpoint that the project has no more, nothing is known
            if rows:
                after, admission = _breaker_of(rows[0]).admit(claimed.run, rows[0].now)
                await _replace(transaction, claimed.project_id, rows[0], after)
            if admission is Admission.REFUSED:
                return replace(claimed, admission=admission)
            paid = await transaction.fetch(_PAY, fence(claimed))
            return replace(claimed, admission=admission, charged=bool(paid) and paid[0].charged)

        return await self._database.transact(decide)

    async def record(self, project_id: str, endpoint: str, run: int, verdict: EndpointVerdict) -> None:
        """Tell the breaker whether a run's endpoint answered or failed, if it still is the project's endpoint."""

        async def decide(transaction: Transaction) -> tuple[Breaker, Breaker]:
            rows = await transaction.fetch(_LOCK, {"project_id": project_id, "endpoint": endpoint})
            if not rows:
                return CLOSED, CLOSED
            seen = _breaker_of(rows[0])
            after = seen.after(verdict, run, rows[0].now)
            await _replace(transaction, project_id, rows[0], after)
            await _tell(transaction, project_id, seen, after)
            return seen, after

        _log(project_id, *await self._database.transact(decide))

    async def close(self, project_id: str) -> None:
        """Close the project's breaker: its endpoint has just answered."""

        async def decide(transaction: Transaction) -> Breaker:
            rows = await transaction.fetch(_LOCK, {"project_id": project_id, "endpoint": None})
            if not rows:
                return CLOSED
            seen = _breaker_of(rows[0])
            await _replace(transaction, project_id, rows[0], CLOSED)
            await _tell(transaction, project_id, seen, CLOSED)
            return seen

        _log(project_id, await self._database.transact(decide), CLOSED)


async def _replace(transaction: Transaction, project_id: str, row: Row, after: Breaker) -> None:
    document = None
    if after != CLOSED:
        document = json.dumps(asdict(after) | {"endpoint": row.endpoint}, default=datetime.isoformat)
    if document or row.breaker:
        await transaction.fetch(_WRITE, {"project_id": project_id, "breaker": document})


async def _tell(transaction: Transaction, project_id: str, seen: Breaker, after: Breaker) -> None:
    """Leave a message to the helpdesk where the endpoint begins to fail, or answers again."""
    if seen.failing_since is None and after.failing_since is not None:
        told = {"failing_since": written(after.failing_since), "failures": after.failures}
        event = Event.ENDPOINT_FAILING
    elif seen.failing_since is not None and after.failing_since is None:
        told, event = {"failing_since": written(seen.failing_since)}, Event.ENDPOINT_RECOVERED
    else:
        return
    await transaction.fetch(_TELL, {"event": event, "project_id": project_id, "told": json.dumps(told)})


def _breaker_of(row: Row) -> Breaker:
    stored = row.breaker
    if stored is None:
        return CLOSED
    times = {name: stored[name] and datetime.fromisoformat(stored[name]) for name in _TIMES}
    if stored["endpoint"] != row.endpoint:  # which the project had before
        return Breaker(failing_since=times["failing_since"])
    return Breaker(stored["failures"], pause_seconds=stored["pause_seconds"], probe_run=stored["probe_run"], **times)


def _log(project_id: str, seen: Breaker, after: Breaker) -> None:
    log = structlog.get_logger()
    if seen.opened_at is None and after.opened_at is not None:
        log.info("breaker_opened", project_id=project_id, failures=after.failures)
    if seen.opened_at is not None and after.opened_at is None:
        log.info("breaker_closed", project_id=project_id, failures=seen.failures)
