"""The queue of runs in PostgreSQL: workers take, finish and put back runs, each by one fenced statement."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.claimed import FENCE, claimed_of, fence
from app.adapters.postgres.condition_store import ConditionStore
from app.adapters.postgres.connection import (
    UNFLUSHED_HERE,
    UNIQUE_VIOLATION,
    Database,
    Statement,
    StatementFailed,
)
from app.adapters.postgres.notices import ENDED_CHANNEL, ended_message
from app.adapters.postgres.sender_store import ADMITTED, COUNTED, KNOWN, SenderStore
from app.adapters.postgres.ticket_store import SOMEBODY_WAITS_IN_QUEUE
from app.domain.activity import counted_as
from app.domain.breaker import Admission, EndpointVerdict
from app.domain.claims import Claimed, DatabaseUnavailable, Finished
from app.domain.event_kinds import Event
from app.domain.outcomes import attempt_of
from app.domain.reading.extraction import Extracted
from app.domain.workload import MOST_STRIKES, Taker

_TAKE = Statement("""
    SELECT * FROM take_runs(CAST(:worker_id AS uuid), :fresh_seconds, :want, :slots, :suspects, :most_strikes, :after)
""")

# Who asks about a customer is counted in the statement that keeps whom the AI has named: both, or neither.
_ADMIT = Statement(f"""
    WITH mine AS (
        UPDATE enrichments SET extracted = CAST(:extracted AS jsonb) WHERE {FENCE} RETURNING project_id
    ), known AS ({KNOWN}), counted AS ({COUNTED})
    SELECT {ADMITTED} AS admitted, {UNFLUSHED_HERE} FROM mine
""")  # noqa: S608 - constants, no value

_FINISH = Statement(f"""
    WITH mine AS (
        UPDATE enrichments SET state = 'done',
            result = CASE WHEN keeps_facts(result, :status) THEN result ELSE CAST(:result AS jsonb) END,
            last_attempt = CASE WHEN keeps_facts(result, :status) THEN CAST(:last_attempt AS jsonb) END,
            email = NULL, sender_verified = NULL,
            given_identifier = NULL, extracted = NULL, traceparent = NULL, updated_at = now()
        WHERE {FENCE} RETURNING ticket_id, project_id, slot, credit_month, asynchronous,
            CASE WHEN last_attempt IS NOT NULL THEN shown_result(enrichments) END AS kept
    ), returned AS (
        UPDATE credits c SET used = used - 1 FROM mine
        WHERE :refund AND c.project_id = mine.project_id AND c.month = mine.credit_month AND c.used > 0
    ), noted AS (
        INSERT INTO ended_runs (project_id, ticket_id, status, reason, timings_ms, credits_used, identity, steps)
        SELECT project_id, ticket_id, :status, CAST(:reason AS text), CAST(:timings_ms AS jsonb),
            CAST(:credits_used AS integer), CAST(:identity AS text), CAST(:steps AS jsonb)
        FROM mine
    ), summed AS (
        INSERT INTO daily_runs AS d (project_id, day, slot, status, runs)
        SELECT project_id, CAST(now() AT TIME ZONE 'UTC' AS date), slot, CAST(:counted AS text), 1 FROM mine
        ON CONFLICT (project_id, day, slot, status) DO UPDATE SET runs = d.runs + 1
    ), told AS (
        INSERT INTO deliveries (message_id, ticket_id, project_id)
        SELECT :message_id, ticket_id, project_id FROM mine WHERE asynchronous AND :webhooks
    )
    SELECT mine.kept, {SOMEBODY_WAITS_IN_QUEUE.format(project_id="mine.project_id")} AS others_wait,
        EXISTS (SELECT FROM breakers b WHERE b.project_id = mine.project_id) AS has_breaker
    FROM mine
""")  # noqa: S608 - constants, no value

_REST = Statement(f"""
    UPDATE enrichments SET state = 'resting', due_at = now() + make_interval(secs => CAST(:pause_seconds AS float8)),
        strikes = CASE WHEN :strike THEN strikes ELSE strikes - 1 END, updated_at = now()
    WHERE {FENCE} AND (asynchronous OR :strike)
    RETURNING 1
""")  # noqa: S608 - constants, no value


class RunStore:
    """The rows of runs; with `webhooks`, the end of an asynchronous run leaves a message that tells it.

    `taker` is this process, as it takes runs. `notify` sends a NOTIFY on a channel, soon.
    """

    def __init__(
        self,
        database: Database,
        taker: Taker,
        senders: SenderStore,
        notify: Callable[[str, str], None],
        *,
        webhooks: bool,
    ) -> None:
        self._database = database
        self._taker = taker
        self._senders = senders
        self._breakers = BreakerStore(database)
        self._conditions = ConditionStore(database)
        self._notify = notify
        self._webhooks = webhooks
        self._after = ""  # the project that was served last: the next goes first

    async def take(self, want: int, *, suspects: bool) -> list[Claimed]:
        """Take at most `want` queued runs, each with a credit where it may use one.

        One whose workers have died in all attempts but the last is taken only with `suspects`, and no second one.
        """
        values = {
            "worker_id": self._taker.worker_id,
            "fresh_seconds": self._taker.fresh_seconds,
            "want": want,
            "slots": self._taker.slots,
            "suspects": suspects,
            "most_strikes": MOST_STRIKES,
            "after": self._after,
        }
        try:
            rows = await self._database.fetch(_TAKE, values)
        except StatementFailed as failure:
            if failure.sqlstate == UNIQUE_VIOLATION:  # a ticket that was submitted in this moment has got the slot
                return []
            raise
        if rows:
            self._after = rows[-1].project_id
        return [claimed_of(row) for row in rows]

    async def ask_breaker(self, claimed: Claimed) -> Claimed:
        """Ask the open breaker of the run's endpoint whether it may try, and if so take its credit."""
        return await self._breakers.admit(claimed)

    async def token_unreadable(self, claimed: Claimed) -> None:
        """Note that no key opens the token of the run's project."""
        await self._conditions.see(Event.TOKEN_UNREADABLE, claimed.project_id)

    async def admit(self, claimed: Claimed, extracted: Extracted, identifier: str) -> bool | None:
        """Store the AI's extraction, count this customer for the sender, and tell whether the rate limit lets it pass.

        None if the claim was lost.
        """
        values = fence(claimed) | {"extracted": json.dumps(asdict(extracted))}
        relays = claimed.stored.configuration.relay_senders if claimed.stored else ()
        values |= self._senders.asking(claimed.project_id, claimed.email.sender, identifier, relays)
        rows = await self._database.fetch(_ADMIT, values)
        return rows[0].admitted if rows else None

    async def finish(
        self,
        claimed: Claimed,
        result: dict[str, Any],
        *,
        refund: bool,
        verdict: EndpointVerdict = EndpointVerdict.UNKNOWN,
    ) -> Finished | None:
        """Store the result, erase the email and tell everybody; with `refund`, give the credit back.

        The breaker gets to know the `verdict`, where that is news to it.

        None, and nothing written, if the claim was lost.
        """
        values = fence(claimed) | {
            "result": json.dumps(result, allow_nan=False),
            "last_attempt": json.dumps(attempt_of(result)),
            "refund": refund,
            "status": result["status"],
            "reason": result["reason"],
            "counted": counted_as(result["status"], result["reason"]),
            "identity": result.get("identity"),
            "steps": json.dumps(result.get("steps", [])),
            "timings_ms": json.dumps(result["timings_ms"]),
            "credits_used": result["credits_used"],
            "message_id": f"msg_{uuid4().hex}",
            "webhooks": self._webhooks,
        }
        rows = await self._database.fetch(_FINISH, values)
        if not rows:
            return None
        self._notify(ENDED_CHANNEL, ended_message(claimed.ticket_id, claimed.project_id))
        if verdict is EndpointVerdict.FAILS or rows[0].has_breaker:
            await self._tell_breaker(claimed, verdict)
        return Finished(others_wait=rows[0].others_wait, kept=rows[0].kept)

    async def rest(self, claimed: Claimed, pause_seconds: float, *, strike: bool) -> bool:
        """Put the run back for later, its credit kept; False if that is not to be done.

        Without a `strike`, only if nobody waits for it.
        """
        values = fence(claimed) | {"pause_seconds": pause_seconds, "strike": strike}
        if not await self._database.fetch(_REST, values):
            return False
        if claimed.admission is Admission.PROBES:
            await self._tell_breaker(claimed, EndpointVerdict.UNKNOWN)
        return True

    async def _tell_breaker(self, claimed: Claimed, verdict: EndpointVerdict) -> None:
        with suppress(DatabaseUnavailable):  # the next run tells it as well
            await self._breakers.record(claimed.project_id, claimed.endpoint, claimed.run, verdict)
