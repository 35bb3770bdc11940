"""Runs as workers know them, in PostgreSQL: claimed, charged, finished or put back.

Every write of a row in flight is fenced on owner, attempt and state, so that a worker that was frozen while another
took its ticket over can change nothing when it wakes.
"""

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.adapters.postgres.breaker_store import ENDPOINT, PROBE, BreakerStore
from app.adapters.postgres.connection import UNFLUSHED_HERE, fetch
from app.adapters.postgres.line import HAS_PLACES, OTHERS_WAIT, Line, free_places
from app.adapters.postgres.project_store import THIS_MONTH, configuration_of, project_of
from app.adapters.postgres.queue import ENRICH, WEBHOOK, insert_jobs, payload
from app.adapters.postgres.ticket_store import ENDED_CHANNEL, ended_message, unpacked
from app.domain.breaker import Admission, Verdict
from app.domain.claims import Claimed, DatabaseUnavailable, InLine, Suspect
from app.domain.configuration import BUSINESS_PLAN
from app.domain.extraction import Extracted
from app.domain.outcomes import Usage
from app.domain.traces import trace_in

_FENCE = "ticket_id = :ticket_id AND owner = :owner AND attempt = :attempt AND state = 'running'"
"""Holds only while the claim is the caller's."""

# The row is locked first: a place and a credit are only taken for a row that will be marked with them, and once for
# each run. Where nothing can be run, no credit is taken; the code decides the rest. A run that was given up needs none,
# nor does one whose endpoint is left alone, unless it is the one that tries.
# One that may be what kills its workers is only claimed by who asks for such. One that finds no place stands in line,
# and its job gives up its name: whoever lets it in leaves another.
_CLAIM = text(f"""
    WITH mine AS (
        SELECT e.ticket_id, e.credit_month, e.strikes = :most_strikes - 1 AND NOT :suspects AS suspect,
            e.strikes < :most_strikes AND lower(p.plan) = '{BUSINESS_PLAN}' AND c.enabled AS runnable,
            coalesce({
    ENDPOINT
}, '') AS endpoint, b.opened_at IS NOT NULL AS is_open, e.run, e.asynchronous, e.place AS held,
            {OTHERS_WAIT.format(project_id="e.project_id")} AS others_wait,
            {HAS_PLACES.format(project_id="e.project_id")} AS has_places,
            p.project_id, p.plan, p.owner_ids, p.monthly_ai_credits, c.method, c.api_url, c.identifier_parameter,
            c.identify_instructions, c.display_instructions, c.enabled, c.match_path, c.identity_policy,
            c.token_sealed, c.token_origin, c.token_updated_at, c.version, c.created_at, c.updated_at, c.updated_by
        FROM enrichments e JOIN projects p ON p.project_id = e.project_id
            LEFT JOIN configurations c ON c.project_id = e.project_id
            LEFT JOIN breakers b ON b.project_id = c.project_id AND b.endpoint = {ENDPOINT}
        WHERE e.ticket_id = :ticket_id AND e.run = :run AND e.state <> 'done'
        FOR NO KEY UPDATE OF e
    ), free AS ({
    free_places("(SELECT project_id FROM mine WHERE held IS NULL AND NOT suspect AND NOT others_wait)", "1")
}
    ), placed AS (
        UPDATE project_places p SET ticket_id = mine.ticket_id, run = mine.run, takings = takings + 1
        FROM mine, free WHERE p.project_id = free.project_id AND p.place = free.place RETURNING p.place
    ), turn AS (
        SELECT held AS its_place FROM mine WHERE held IS NOT NULL AND NOT suspect UNION ALL SELECT place FROM placed
    ), probe AS ({PROBE}
    ), taken AS (
        INSERT INTO credits AS c (project_id, month, used)
        SELECT project_id, {THIS_MONTH}, 1 FROM mine, turn
        WHERE runnable AND credit_month IS NULL AND monthly_ai_credits > 0
            AND (NOT is_open OR EXISTS (SELECT FROM probe))
        ON CONFLICT (project_id, month) DO UPDATE SET used = c.used + 1
        WHERE c.used < (SELECT monthly_ai_credits FROM mine)
        RETURNING c.month
    ), claimed AS (
        UPDATE enrichments e SET state = 'running', owner = :owner, attempt = e.attempt + 1, strikes = e.strikes + 1,
            credit_month = coalesce(e.credit_month, (SELECT month FROM taken)), place = its_place, updated_at = now()
        FROM mine, turn WHERE e.ticket_id = mine.ticket_id
        RETURNING e.attempt, e.strikes, e.email, e.sender_verified, e.extracted, e.traceparent,
            e.credit_month IS NOT NULL AS charged,
            CAST(extract(epoch FROM now() - e.submitted_at) AS float8) AS age_seconds
    ), late AS (
        SELECT * FROM mine WHERE has_places AND NOT suspect AND NOT EXISTS (SELECT FROM turn)
    ), lined_up AS (
        INSERT INTO waiting_runs (run, ticket_id, project_id, waited_for)
        SELECT run, ticket_id, project_id, NOT asynchronous FROM late ON CONFLICT DO NOTHING
    ), unnamed AS (
        UPDATE pgqueuer SET dedupe_key = NULL FROM late
        WHERE dedupe_key = 'run ' || run AND status = ANY (ARRAY['queued'::pgqueuer_status, 'picked'::pgqueuer_status])
    )
    SELECT mine.*, claimed.*, EXISTS (SELECT FROM probe) AS probes, {UNFLUSHED_HERE}
    FROM mine LEFT JOIN claimed ON true
""")  # noqa: S608 - constants, no value

_KEEP = text(f"""
    UPDATE enrichments SET extracted = CAST(:extracted AS jsonb) WHERE {_FENCE} RETURNING {UNFLUSHED_HERE}
""")  # noqa: S608 - constants, no value

_TELL = insert_jobs(f"""
    SELECT '{WEBHOOK}', {payload("CAST(:message_id AS text)", "ticket_id", "project_id")}, NULL, 0, now()
    FROM mine WHERE asynchronous AND :webhooks
""")  # noqa: S608 - constants, no value
"""Leaves the job that tells of a run for which nobody waits."""

_FINISH = text(f"""
    WITH mine AS (
        UPDATE enrichments SET state = 'done', result = CAST(:result AS jsonb), email = NULL, sender_verified = NULL,
            extracted = NULL, traceparent = NULL, updated_at = now()
        WHERE {_FENCE} RETURNING ticket_id, project_id, credit_month, asynchronous
    ), returned AS (
        UPDATE credits c SET used = used - 1 FROM mine
        WHERE :refund AND c.project_id = mine.project_id AND c.month = mine.credit_month AND c.used > 0
    ), noted AS (
        INSERT INTO ended_runs (project_id, status, reason, timings_ms, credits_used)
        SELECT project_id, :status, CAST(:reason AS text), CAST(:timings_ms AS jsonb), :credits_used FROM mine
    ), told AS ({_TELL})
    SELECT {OTHERS_WAIT.format(project_id="mine.project_id")} AS others_wait,
        EXISTS (SELECT FROM breakers b WHERE b.project_id = mine.project_id) AS has_breaker
    FROM mine
""")  # noqa: S608 - constants, no value

# Who is put back as its process ends comes again at once, and keeps its place.
_PUT_BACK = text(f"""
    UPDATE enrichments SET state = 'queued', owner = '', strikes = strikes - 1, updated_at = now(),
        place = CASE WHEN :if_asynchronous THEN NULL ELSE place END
    WHERE {_FENCE} AND (asynchronous OR NOT :if_asynchronous)
    RETURNING {OTHERS_WAIT.format(project_id="enrichments.project_id")} AS others_wait
""")  # noqa: S608 - constants, no value


_LOOK_AGAIN = text(
    insert_jobs(f"""
        SELECT '{ENRICH}', {payload("CAST(:ticket_id AS text)", "CAST(:run AS bigint)")},
            'second look ' || CAST(:run AS bigint), 0, now() + make_interval(secs => CAST(:after_seconds AS float8))
    """)
)


class RunStore:
    """The rows of runs; with `webhooks`, the end of an asynchronous run leaves a job that tells it.

    `notify` sends a NOTIFY on a channel, soon.
    """

    def __init__(
        self, engine: AsyncEngine, line: Line, most_strikes: int, notify: Callable[[str, str], None], *, webhooks: bool
    ) -> None:
        self._engine = engine
        self._line = line
        self._breakers = BreakerStore(engine)
        self._notify = notify
        self._most_strikes = most_strikes
        self._webhooks = webhooks

    async def claim(
        self, ticket_id: str, run: int, owner: str, *, suspects: bool = True
    ) -> Claimed | Suspect | InLine | None:
        """Take the run, and one credit of the month unless an earlier attempt has; None where it is settled.

        `InLine` where its project has no place for it: then its job is done, and whoever leaves lets it in. Without
        `suspects`, a run on its last attempt is left as it is. Whoever comes with the job of a run that is not done may
        claim it: the queue hands a job to one worker, and again only when that one gives no sign of life.
        """
        values = {"ticket_id": ticket_id, "run": run, "owner": owner, "most_strikes": self._most_strikes}
        values |= {"suspects": suspects, "places": self._line.places}
        rows = await fetch(self._engine, _CLAIM, values)
        if rows and not rows[0].has_places:  # its first run, or the first since there may be more
            await self._line.make_places(rows[0].project_id)
            if rows[0].attempt is None:
                rows = await fetch(self._engine, _CLAIM, values)
        if not rows:
            return None
        if rows[0].suspect:
            return Suspect()
        if rows[0].attempt is None:
            await self._line.try_to_let_in(rows[0].project_id)
            return InLine()
        return _claimed_of(rows[0], ticket_id, run, owner)

    async def keep(self, claimed: Claimed, extracted: Extracted) -> bool:
        """Note what the first AI call found; False if the claim was lost."""
        values = _fence(claimed) | {"extracted": json.dumps(asdict(extracted))}
        return bool(await fetch(self._engine, _KEEP, values))

    async def finish(
        self, claimed: Claimed, result: dict[str, Any], *, refund: bool, verdict: Verdict = Verdict.UNKNOWN
    ) -> bool:
        """Store the result, erase the email and tell everybody; with `refund`, give the credit back.

        The breaker gets to know the `verdict`, where that is news to it.

        False, and nothing written, if the claim was lost.
        """
        values = _fence(claimed) | {
            "result": json.dumps(result, allow_nan=False),
            "refund": refund,
            "status": result["status"],
            "reason": result["reason"],
            "timings_ms": json.dumps(result["timings_ms"]),
            "credits_used": result["credits_used"],
            "message_id": f"msg_{uuid4().hex}",
            "webhooks": self._webhooks,
        }
        rows = await fetch(self._engine, _FINISH, values)
        if rows:
            self._notify(ENDED_CHANNEL, ended_message(claimed.ticket_id, claimed.project_id))
            if verdict is Verdict.FAILS or rows[0].has_breaker:
                await self._tell_breaker(claimed, verdict)
            await self._place_left(claimed, rows)
        return bool(rows)

    async def put_back(self, claimed: Claimed, *, if_asynchronous: bool) -> bool:
        """Return the ticket to the queue without a strike, its credit kept; False if that is not to be done."""
        rows = await fetch(self._engine, _PUT_BACK, _fence(claimed) | {"if_asynchronous": if_asynchronous})
        if if_asynchronous and rows:
            if claimed.admission is Admission.PROBES:
                await self._tell_breaker(claimed, Verdict.UNKNOWN)
            await self._place_left(claimed, rows)
        return bool(rows)

    async def look_again(self, claimed: Claimed, after_seconds: float) -> None:
        """Leave a second job for the run: the first may end with the claim, and its heir with no job at all."""
        values = {"ticket_id": claimed.ticket_id, "run": claimed.run, "after_seconds": after_seconds}
        await fetch(self._engine, _LOOK_AGAIN, values)

    async def _tell_breaker(self, claimed: Claimed, verdict: Verdict) -> None:
        with suppress(DatabaseUnavailable):  # the next run tells it as well
            await self._breakers.record(claimed.project_id, claimed.endpoint, claimed.run, verdict)

    async def _place_left(self, claimed: Claimed, rows: Sequence[Row[Any]]) -> None:
        if rows[0].others_wait:
            await self._line.try_to_let_in(claimed.project_id)


def _claimed_of(row: Row[Any], ticket_id: str, run: int, owner: str) -> Claimed:
    return Claimed(
        ticket_id=ticket_id,
        project_id=row.project_id,
        run=run,
        owner=owner,
        attempt=row.attempt,
        strikes=row.strikes,
        project=project_of(row),
        stored=None if row.version is None else configuration_of(row),
        email=replace(unpacked(row.email), sender_verified=row.sender_verified),
        extracted=row.extracted and Extracted(row.extracted["identifier"], Usage(**row.extracted["usage"])),
        charged=row.charged,
        age_seconds=row.age_seconds,
        trace=trace_in([row.traceparent]) if row.traceparent else None,
        admission=_admission(row),
        endpoint=row.endpoint,
    )


def _admission(row: Row[Any]) -> Admission:
    if row.probes:
        return Admission.PROBES
    return Admission.REFUSED if row.is_open else Admission.PASSES


def _fence(claimed: Claimed) -> dict[str, object]:
    return {"ticket_id": claimed.ticket_id, "owner": claimed.owner, "attempt": claimed.attempt}
