"""What an operator reads: the gravest trouble first, then every figure, aligned."""

import json
from collections.abc import Mapping
from dataclasses import replace

import pytest

from app import __version__
from app.cli.status.concerns import (
    NOTHING_BUT_SOME_RUNS,
    NOTHING_IS_WRONG,
    NOTHING_TO_JUDGE_BY,
    concerns,
    headline,
)
from app.cli.status.status_report import as_document, as_line, as_text
from app.domain.workload import (
    MOST_COUNTED,
    Depth,
    EndedRuns,
    ProjectRuns,
    Queue,
    SeenWorker,
    WorkerBeat,
    WorkloadReport,
)


def worker(host: str = "web-1", *, seats: int = 200, in_flight: int = 200, unseen: float = 2.0) -> SeenWorker:
    return SeenWorker(WorkerBeat("0b5e", host, 4711, seats, in_flight), 8_052.0, unseen, unseen <= 15)


def queue(
    queued: int = 12,
    oldest: float = 3.0,
    put_back: int = 0,
    webhooks: float = 0.2,
    *,
    in_line: int = 0,
    left_alone: int = 0,
) -> Queue:
    """Return a queue; `webhooks` is how long the oldest of its three has waited."""
    return Queue(Depth(queued, oldest, in_line, left_alone), put_back, 200, 3, webhooks)


def ended(runs: int, **because: int) -> EndedRuns:
    return EndedRuns(runs, sum(because.values()), because, 1, ())


BUSY = WorkloadReport(queue(), (worker(),), ended(100))
IDLE = worker(in_flight=199)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({}, NOTHING_IS_WRONG, id="busy"),
        pytest.param({"last_hour": ended(0)}, NOTHING_TO_JUDGE_BY, id="no run says anything"),
        pytest.param({"last_hour": ended(100, not_found=90)}, NOTHING_BUT_SOME_RUNS, id="emails without an identifier"),
        pytest.param({"last_hour": ended(100, timeout=24)}, NOTHING_BUT_SOME_RUNS, id="some endpoints fail"),
        pytest.param(
            {"last_hour": ended(100, timeout=20, dns_error=5)}, "failed at owners' endpoints", id="many endpoints fail"
        ),
        pytest.param({"last_hour": ended(9, token_unreadable=1)}, "customer-context keys check", id="a token"),
        pytest.param({"queue": queue(left_alone=2)}, "left alone after ten failures in a row: 2", id="breakers"),
        pytest.param(
            {"workers": (worker(), worker(unseen=99))}, "Workers that fell silent within the hour", id="one died"
        ),
        pytest.param({"workers": ()}, "No worker is alive, tickets waiting: 12.", id="nobody at all"),
        pytest.param({"workers": (), "queue": queue(0)}, "No worker is alive. Start one", id="nobody, nothing waits"),
        pytest.param({"workers": (worker(unseen=15.1),)}, "No worker is alive", id="silent for longer than 15 s"),
        pytest.param({"workers": (worker(unseen=15.0),)}, NOTHING_IS_WRONG, id="silent for 15 s"),
        pytest.param({"workers": (worker(seats=0),)}, "No worker is alive", id="alive, but without a seat"),
        pytest.param({"queue": queue(oldest=60.0)}, NOTHING_IS_WRONG, id="a minute's wait"),
        pytest.param({"queue": queue(oldest=60.1)}, "has waited 60 s: every seat is taken", id="a longer wait"),
        pytest.param({"queue": queue(oldest=312, put_back=6)}, "every seat is taken", id="half were put back"),
        pytest.param({"queue": queue(oldest=312, put_back=7)}, "has waited 312 s: most were put back", id="most were"),
        pytest.param({"queue": queue(oldest=312), "workers": (IDLE,)}, "there are free seats", id="a wait, free seats"),
        pytest.param({"queue": queue(webhooks=300)}, NOTHING_IS_WRONG, id="webhooks on their way"),
        pytest.param(
            {"queue": queue(webhooks=301)}, "3 webhooks wait, the oldest for 5 min 1 s", id="webhooks that nobody takes"
        ),
        pytest.param({"last_hour": ended(100, ai_unavailable=24)}, NOTHING_BUT_SOME_RUNS, id="the AI failed some"),
        pytest.param(
            {"last_hour": ended(100, ai_unavailable=25)}, "25 of the last hour's 100 runs failed", id="a quarter"
        ),
        pytest.param({"last_hour": ended(19, ai_unavailable=19)}, NOTHING_BUT_SOME_RUNS, id="too few runs to say"),
        pytest.param({"last_hour": ended(20, ai_unavailable=20)}, "the AI gave no usable answer", id="enough runs"),
        pytest.param({"last_hour": ended(20, interrupted=5)}, "cut off three times", id="runs that crash"),
        pytest.param(
            {"last_hour": ended(20, ai_unavailable=5), "queue": queue(oldest=312)},
            "the AI gave no",
            id="AI before wait",
        ),
        pytest.param({"last_hour": ended(900, ai_misconfigured=1)}, "with: customer-context ai check", id="a refusal"),
        pytest.param(
            {"last_hour": ended(20, ai_unavailable=10, ai_misconfigured=2)}, "refused our key", id="refusal before all"
        ),
        pytest.param({"last_hour": ended(20, interrupted=5), "workers": ()}, "No worker", id="no worker before all"),
    ],
)
def test_the_gravest_trouble_is_said_first(change: Mapping[str, object], said: str) -> None:
    report = replace(BUSY, **change)  # type: ignore[arg-type]
    assert said in headline(report)
    assert as_text(report).startswith(headline(report) + "\n")


def test_everything_that_is_wrong_is_said_and_not_only_the_gravest() -> None:
    report = replace(BUSY, queue=queue(oldest=312, webhooks=4_000), last_hour=ended(100, ai_unavailable=50, timeout=50))

    said = concerns(report)
    assert [sentence.split()[0] for sentence in said] == ["50", "The", "3", "50"]
    assert as_text(report).startswith("\n".join(said) + "\n\nTickets\n")
    assert as_document(report)["concerns"] == list(said)


def test_a_page_shows_every_figure_aligned() -> None:
    projects = (
        ProjectRuns("prj_acme", 120, 30, {"ok": 90, "fetch_error": 25, "no_identifier": 5}),
        ProjectRuns("prj_b", 1190, 2, {"ok": 1188, "no_identifier": 2}),
    )
    report = WorkloadReport(
        queue(1204, 312.4, put_back=37, webhooks=3_700, in_line=384, left_alone=2),
        (worker(), worker("a-long-name", in_flight=0), worker("web-3", unseen=301)),
        EndedRuns(1310, 32, {"not_found": 7, "timeout": 25}, 40, projects),
    )
    assert as_text(report).split("\n\n", 1)[1].split("\n") == [
        "Tickets",
        "  waiting            1,204 (37 put back for later)",
        "  oldest has waited  5 min 12 s",
        "  in line            384 (their projects have as many in flight as they may)",
        "  in flight          200",
        "  webhooks waiting   3 (the oldest for 1 h 1 min)",
        "  left alone         2 (endpoints that failed ten times in a row)",
        "",
        "Workers alive: 2",
        "  host          pid  seats  in flight          up",
        "  web-1        4711    200        200  2 h 14 min",
        "  a-long-name  4711    200          0  2 h 14 min",
        "  web-3        4711    200        200  2 h 14 min  silent for 5 min 1 s",
        "",
        "Runs ended in the last hour: 1,310, of them 32 not ok: timeout 25, not_found 7",
        "  project   ended  not ok  statuses",
        "  prj_acme    120      30  ok 90, fetch_error 25, no_identifier 5",
        "  prj_b     1,190       2  ok 1,188, no_identifier 2",
        "  and 38 more projects",
        "",
        f"customer-context {__version__}",
    ]


def test_a_page_says_so_when_there_is_nothing() -> None:
    report = WorkloadReport(Queue(Depth(0, 0.0), 0, 0, 0), (), EndedRuns(0, 0, {}, 0, ()))
    assert as_text(report).split("\n")[1:] == [
        "",
        "Tickets",
        "  waiting            0",
        "  oldest has waited  -",
        "  in line            0",
        "  in flight          0",
        "  webhooks waiting   0",
        "  left alone         0",
        "",
        "Workers alive: 0",
        "",
        "Runs ended in the last hour: 0, of them 0 not ok",
        "",
        f"customer-context {__version__}",
    ]


@pytest.mark.parametrize(("queued", "said"), [(MOST_COUNTED - 1, "99,999\n"), (MOST_COUNTED, "100,000 or more\n")])
def test_a_count_that_reached_its_limit_says_so(queued: int, said: str) -> None:
    assert f"  waiting            {said}" in as_text(replace(BUSY, queue=queue(queued)))


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.4, "0 s"),
        (59.9, "59 s"),
        (60, "1 min 0 s"),
        (3_599, "59 min 59 s"),
        (3_600, "1 h 0 min"),
        (86_399, "23 h 59 min"),
        (86_400, "1 d 0 h"),
        (1_000_000, "11 d 13 h"),
    ],
)
def test_a_time_is_said_in_two_units(seconds: float, said: str) -> None:
    assert f"oldest has waited  {said}\n" in as_text(replace(BUSY, queue=queue(oldest=seconds)))


def test_json_holds_the_same_for_programs() -> None:
    content = json.loads(as_line(as_document(BUSY)))
    assert list(content) == ["headline", "concerns", "version", "queue", "workers", "last_hour"]
    assert (content["headline"], content["concerns"]) == (NOTHING_IS_WRONG, [])
    assert content["version"] == __version__
    assert content["queue"]["depth"] == {"queued": 12, "oldest_seconds": 3.0, "in_line": 0, "open_breakers": 0}
    assert content["queue"]["oldest_webhook_seconds"] == 0.2
    assert content["workers"][0]["worker"]["host"] == "web-1"
    assert content["last_hour"]["ended"] == 100
