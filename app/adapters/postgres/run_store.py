"""The queue of runs in PostgreSQL: workers take, finish and put back runs, each by one fenced statement."""

import json
from collections.abc import Callable, Set
from contextlib import suppress
from dataclasses import asdict
from typing import Any
from uuid import uuid4

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.condition_store import ConditionStore
from app.adapters.postgres.connection import UNIQUE_VIOLATION, Database, Statement, StatementFailed
from app.adapters.postgres.notify.notices import ENDED_CHANNEL, ended_message
from app.adapters.postgres.rows.packing import pack, unpack
from app.adapters.postgres.rows.ticket_rows import FENCE, claimed_of, fence
from app.adapters.postgres.sender_store import SenderStore
from app.domain.activity import TIMED
from app.domain.breaker import Admission, EndpointVerdict
from app.domain.claims import Claimed, DatabaseUnavailable
from app.domain.outcomes import attempt_of
from app.domain.reading.extraction import Extracted
from app.domain.webhooks.event_kinds import Event
from app.domain.workload import MOST_STRIKES, Taker

LOOKS = 5
"""How often one `take` looks at the queue, where a ticket that is submitted in that moment gets the slot each time."""

_TAKE = Statement("""
    SELECT (
        take_runs(CAST(:worker_id AS uuid), :takes_until, :want, :slots, :suspects, :most_strikes, :after)
    ) AS taken
""")

_ADMIT = Statement("""
    SELECT admit_run(:ticket_id, :run, :attempt, :extracted, :sender, :identifier, :most, :window_seconds) AS admitted
""")

_FINISH = Statement("""
    SELECT (
        finish_run(:ticket_id, :run, :attempt, :status, :reason, :identifier, :result, :attempt_told, :identity,
            :extract, :fetch, :summarize, :total, :steps, :credits_used, :refund, :message_id)
    ) AS finished
""")

_REST = Statement(f"""
    UPDATE enrichments SET state = 'queued', due_at = now() + make_interval(secs => CAST(:pause_seconds AS float8)),
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
        self.waiting: Set[str] = frozenset()
        """The projects of which runs were queued when the last look could take none: one that ends may make room."""

    async def take(self, want: int, *, suspects: bool) -> list[Claimed]:
        """Take at most `want` queued runs, each with a credit where it may use one.

        One whose workers have died in all attempts but the last is taken only with `suspects`, and no second one.
        """
        values = {
            "worker_id": self._taker.worker_id,
            "takes_until": self._taker.takes_until,
            "want": want,
            "slots": self._taker.slots,
            "suspects": suspects,
            "most_strikes": MOST_STRIKES,
            "after": self._after,
        }
        for _ in range(LOOKS):
            try:
                [row] = await self._database.fetch(_TAKE, values)
                break
            except StatementFailed as failure:
                if failure.sqlstate != UNIQUE_VIOLATION:
                    raise
        else:
            return []
        runs, self.waiting = row.taken["runs"], frozenset(row.taken["waiting"])
        if runs:
            self._after = runs[-1]["terms"]["project_id"]
        return [claimed_of(run) for run in runs]

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
        relays = claimed.configuration.relay_senders if claimed.configuration else ()
        values |= self._senders.asking(claimed.project_id, claimed.email.sender, identifier, relays)
        [row] = await self._database.fetch(_ADMIT, values)
        admitted: bool | None = row.admitted
        return admitted

    async def finish(
        self,
        claimed: Claimed,
        result: dict[str, Any],
        *,
        refund: bool,
        verdict: EndpointVerdict = EndpointVerdict.UNKNOWN,
    ) -> dict[str, Any] | None:
        """Store the result, erase the email and tell everybody; with `refund`, give the credit back.

        The breaker gets to know the `verdict`, where that is news to it.

        Returns what is shown of the ticket now: the result, or the facts of an earlier run where this one has none.
        None, and nothing written, if the claim was lost.
        """
        told = attempt_of(result)
        values = fence(claimed) | {
            **{name: result[name] for name in ("status", "reason", "identifier", "identity", "credits_used")},
            **{step: result["timings_ms"].get(step) for step in TIMED},
            "result": pack(result),
            "attempt_told": json.dumps(told),
            "steps": pack(result["steps"]),
            "refund": refund,
            "message_id": f"msg_{uuid4().hex}" if self._webhooks else None,
        }
        [row] = await self._database.fetch(_FINISH, values)
        if row.finished is None:
            return None
        if verdict is EndpointVerdict.FAILS or row.finished["has_breaker"]:
            await self._tell_breaker(claimed, verdict)
        self._notify(ENDED_CHANNEL, ended_message(claimed.ticket_id, claimed.project_id))
        kept = row.finished["kept"]
        return result if kept is None else unpack(kept) | {"last_attempt": told}

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
