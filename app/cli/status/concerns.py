"""What is wrong with a workload, the gravest first: the sentences that `customer-context status` begins with."""

from collections.abc import Callable, Sequence

from app.domain.outcomes import Outcome, Status
from app.domain.workload import MOST_COUNTED, EndedRuns, WorkloadReport

LONG_WAIT_SECONDS = 60.0
"""A ticket that waits longer is worth a word: an agent has opened it by then."""

LONG_WEBHOOK_SECONDS = 300.0
"""A webhook that waits longer is worth a word: while all is well, each takes a fraction of a second."""

FEW_RUNS = 20
"""Under so many ended runs a share says nothing."""

BAD_SHARE = 0.25
"""The share of the last hour's runs that may end in one kind of failure before it is worth a word."""

_UNITS = ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s"))
"""A time is said in two of them: the size of each in seconds, and the next smaller one."""

NOTHING_IS_WRONG = "Nothing is wrong."
NOTHING_BUT_SOME_RUNS = "Nothing is wrong with the service; not every run ended ok, see below."
NOTHING_TO_JUDGE_BY = "Nothing seems wrong, but no run ended in the last hour: that tells little."
"""What is said where there is no concern, as far as the figures carry it."""


def headline(report: WorkloadReport) -> str:
    """Return the one sentence to read first: the gravest concern, with what to do."""
    for concern in concerns(report):
        return concern
    if not report.last_hour.ended:
        return NOTHING_TO_JUDGE_BY
    return NOTHING_BUT_SOME_RUNS if report.last_hour.failed else NOTHING_IS_WRONG


def concerns(report: WorkloadReport) -> tuple[str, ...]:
    """Return a sentence on each thing that is wrong, the gravest first, with what to do."""
    return tuple(said for concern in _CONCERNS if (said := concern(report)))


def count(number: int) -> str:
    """Write a number that is counted up to a limit."""
    return f"{number:,}{' or more' if number >= MOST_COUNTED else ''}"


def in_two_units(seconds: float) -> str:
    """Write a time in the largest unit that it fills, and the next smaller one."""
    whole = int(seconds)
    for size, unit, part, part_unit in _UNITS:
        if whole >= size:
            return f"{whole // size} {unit} {whole % size // part} {part_unit}"
    return f"{whole} s"


def _nobody_works(report: WorkloadReport) -> str | None:
    if any(seen.worker.seats for seen in report.alive):
        return None
    waiting = report.queue.depth.queued
    tickets = f", tickets waiting: {count(waiting)}" if waiting else ""
    return f"No worker is alive{tickets}. Start one with: customer-context worker"


def _ai_refuses(report: WorkloadReport) -> str | None:
    refused = _failed(report, Outcome.AI_MISCONFIGURED)
    if not refused:
        return None
    return (
        f"The AI provider refused our key, model or settings in {_of_the_hour(refused, report)}. "
        "See what to mend with: customer-context ai check"
    )


def _tokens_unreadable(report: WorkloadReport) -> str | None:
    unreadable = _failed(report, Outcome.TOKEN_UNREADABLE)
    if not unreadable:
        return None
    return (
        f"No key of CC_ENCRYPTION_KEYS opens the token of {_of_the_hour(unreadable, report)}. "
        "See which with: customer-context keys check"
    )


def _service_failed(report: WorkloadReport) -> str | None:
    reasons = {
        Outcome.AI_UNAVAILABLE: "the AI gave no usable answer: look at its provider's status and the logs",
        Outcome.INTERRUPTED: "they were cut off three times, as by a crash: look into the workers' logs",
    }
    for outcome, what in reasons.items():
        failed = _failed(report, outcome)
        if _is_bad(failed, report.last_hour):
            return f"{_of_the_hour(failed, report)} failed because {what}."
    return None


def _long_wait(report: WorkloadReport) -> str | None:
    depth, put_back = report.queue.depth, report.queue.put_back
    if depth.oldest_seconds <= LONG_WAIT_SECONDS:
        return None
    if 2 * put_back > depth.queued:
        why = "most were put back for later, as they are while the AI provider does not answer"
    elif sum(seen.worker.in_flight for seen in report.alive) < sum(seen.worker.seats for seen in report.alive):
        why = "there are free seats, so look into the workers' logs if it stays"
    else:
        why = "every seat is taken, so start another worker or give each more seats"
    return f"The oldest ticket has waited {depth.oldest_seconds:.0f} s: {why}."


def _webhooks_wait(report: WorkloadReport) -> str | None:
    waited = report.queue.oldest_webhook_seconds
    if waited <= LONG_WEBHOOK_SECONDS:
        return None
    return (
        f"{count(report.queue.webhooks)} webhooks wait, the oldest for {in_two_units(waited)}: "
        "see whether the host of CC_WEBHOOK_URL takes them."
    )


def _endpoints_fail(report: WorkloadReport) -> str | None:
    failed = sum(report.last_hour.failed_because.get(reason, 0) for reason in _OF_ENDPOINTS)
    if not _is_bad(failed, report.last_hour):
        return None
    return (
        f"{_of_the_hour(failed, report)} failed at owners' endpoints: where it is every project, look at our own way "
        "out (DNS, network policy, CA file); where it is one, its owner sees the same."
    )


def _left_alone(report: WorkloadReport) -> str | None:
    number = report.queue.depth.open_breakers
    if not number:
        return None
    return f"Endpoints left alone after ten failures in a row: {number:,}. Their owners see it, and what to do."


def _fell_silent(report: WorkloadReport) -> str | None:
    if not report.silent:
        return None
    return (
        f"Workers that fell silent within the hour without leaving: {len(report.silent)}. They were killed or are "
        "frozen, others run their tickets; look for the end of their logs."
    )


_CONCERNS: Sequence[Callable[[WorkloadReport], str | None]] = (
    _nobody_works,
    _ai_refuses,
    _tokens_unreadable,
    _service_failed,
    _long_wait,
    _webhooks_wait,
    _endpoints_fail,
    _left_alone,
    _fell_silent,
)
"""Gravest first: a failure of ours is final, a wait is not, and an owner's trouble is the owner's to mend."""

_OF_ENDPOINTS = tuple(
    outcome.reason
    for outcome in Outcome
    if outcome.status is Status.FETCH_ERROR and outcome.reason and outcome is not Outcome.CIRCUIT_OPEN
)


def _failed(report: WorkloadReport, outcome: Outcome) -> int:
    return report.last_hour.failed_because.get(outcome.reason or "", 0)


def _of_the_hour(number: int, report: WorkloadReport) -> str:
    return f"{number:,} of the last hour's {report.last_hour.ended:,} runs"


def _is_bad(failed: int, runs: EndedRuns) -> bool:
    return runs.ended >= FEW_RUNS and failed >= BAD_SHARE * runs.ended
