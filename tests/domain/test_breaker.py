from datetime import UTC, datetime, timedelta

import pytest

from app.domain.breaker import (
    CLOSED,
    FAILURES_TO_OPEN,
    PROBE_SECONDS,
    Admission,
    Breaker,
    EndpointVerdict,
    SeenBreaker,
    State,
    verdict_of,
)
from app.domain.outcomes import Outcome, Status

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def failed(times: int, breaker: Breaker = CLOSED) -> Breaker:
    for run in range(times):
        breaker = breaker.after(EndpointVerdict.FAILS, run, NOON)
    return breaker


OPEN = failed(FAILURES_TO_OPEN)


@pytest.mark.parametrize(
    ("failures", "state"),
    [(0, State.CLOSED), (FAILURES_TO_OPEN - 1, State.CLOSED), (FAILURES_TO_OPEN, State.OPEN), (26, State.OPEN)],
)
def test_a_breaker_opens_after_ten_failures_in_a_row(failures: int, state: State) -> None:
    breaker = failed(failures)
    assert (breaker.state(NOON), breaker.failures) == (state, failures)
    assert breaker.admit(99, at(1))[1] is (Admission.PASSES if state is State.CLOSED else Admission.REFUSED)


def test_an_answer_in_between_begins_the_count_anew() -> None:
    breaker = failed(FAILURES_TO_OPEN - 1).after(EndpointVerdict.ANSWERS, 50, NOON)
    assert breaker == CLOSED
    assert failed(FAILURES_TO_OPEN - 1, breaker).state(NOON) is State.CLOSED


def test_what_tells_nothing_of_the_endpoint_changes_nothing() -> None:
    for breaker in (CLOSED, failed(3), OPEN):
        assert breaker.after(EndpointVerdict.UNKNOWN, 50, NOON) == breaker


@pytest.mark.parametrize(("seconds", "admission"), [(29.9, Admission.REFUSED), (30, Admission.PROBES)])
def test_one_may_try_after_thirty_seconds(seconds: float, admission: Admission) -> None:
    assert OPEN.admit(50, at(seconds))[1] is admission


def test_nobody_else_may_while_one_tries() -> None:
    trying, _ = OPEN.admit(50, at(30))
    assert trying.state(at(31)) is State.HALF_OPEN
    assert trying.admit(51, at(31)) == (trying, Admission.REFUSED)
    assert trying.admit(50, at(45))[1] is Admission.PROBES  # its worker died, and another took it over


def test_a_probe_that_is_never_heard_of_again_wedges_nothing() -> None:
    trying, _ = OPEN.admit(50, at(30))
    lost = at(30 + PROBE_SECONDS)
    assert trying.state(lost) is State.OPEN
    assert trying.admit(51, lost - timedelta(seconds=1))[1] is Admission.REFUSED
    again, admission = trying.admit(51, lost)
    assert (admission, again.probe_run) == (Admission.PROBES, 51)
    assert again.after(EndpointVerdict.FAILS, 50, lost).probe_run == 51  # it comes back late: it is the probe no more


def test_each_try_that_fails_doubles_the_pause_up_to_ten_minutes() -> None:
    breaker, now, pauses = OPEN, NOON, []
    for run in range(7):
        assert breaker.next_probe_at is not None
        pauses.append((breaker.next_probe_at - now).total_seconds())
        now = breaker.next_probe_at
        trying, admission = breaker.admit(run, now)
        assert admission is Admission.PROBES
        breaker = trying.after(EndpointVerdict.FAILS, run, now)
    assert pauses == [30, 60, 120, 240, 480, 600, 600]
    assert (breaker.opened_at, breaker.failures) == (NOON, FAILURES_TO_OPEN + 7)


def test_a_failure_of_who_asked_before_it_opened_prolongs_nothing() -> None:
    assert OPEN.after(EndpointVerdict.FAILS, 50, at(5)).next_probe_at == OPEN.next_probe_at


@pytest.mark.parametrize(
    "run", [pytest.param(50, id="the one that tries"), pytest.param(7, id="one that had asked before it opened")]
)
def test_it_closes_when_anybody_gets_an_answer(run: int) -> None:
    trying, _ = OPEN.admit(50, at(30))
    assert trying.after(EndpointVerdict.ANSWERS, run, at(31)) == CLOSED


def test_the_next_may_try_at_once_when_the_one_that_tries_never_asked() -> None:
    trying, _ = OPEN.admit(50, at(30))
    assert trying.after(EndpointVerdict.UNKNOWN, 50, at(31)).admit(51, at(31))[1] is Admission.PROBES


def test_what_was_told_of_one_endpoint_holds_until_any_answers() -> None:
    other = Breaker(failing_since=OPEN.failing_since)  # the owner has named another endpoint
    assert OPEN.failing_since == NOON
    assert other.state(at(1)) is State.CLOSED
    assert other.admit(50, at(1)) == (other, Admission.PASSES)
    assert other.after(EndpointVerdict.FAILS, 50, at(1)).failing_since == NOON
    assert failed(FAILURES_TO_OPEN, other).failing_since == NOON
    assert other.after(EndpointVerdict.ANSWERS, 50, at(1)) == CLOSED


def test_a_breaker_that_is_not_there_is_closed() -> None:
    assert SeenBreaker(CLOSED, None).state is State.CLOSED
    assert SeenBreaker(OPEN, at(1)).state is State.OPEN


ALIVE = {Outcome.OK, Outcome.NO_DATA, Outcome.SUMMARY_FALLBACK, Outcome.TOO_LARGE}
"""Endings after an answer; that it is too large is one customer's matter."""


@pytest.mark.parametrize("outcome", Outcome)
def test_every_ending_tells_something_or_nothing_of_the_endpoint(outcome: Outcome) -> None:
    asked = outcome.status is Status.FETCH_ERROR and outcome is not Outcome.CIRCUIT_OPEN
    expected = (
        EndpointVerdict.ANSWERS if outcome in ALIVE else EndpointVerdict.FAILS if asked else EndpointVerdict.UNKNOWN
    )
    assert verdict_of(outcome, None) is expected


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        *((status, EndpointVerdict.ANSWERS) for status in (400, 404, 409, 410, 414, 422)),
        *((status, EndpointVerdict.FAILS) for status in (401, 403, 405, 407, 408, 429, 500, 502, 503, 504)),
    ],
)
def test_an_error_about_one_identifier_is_an_answer_and_one_about_all_is_a_failure(
    status: int, verdict: EndpointVerdict
) -> None:
    assert verdict_of(Outcome.HTTP_STATUS, status) is verdict
