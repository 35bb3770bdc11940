import asyncio
import json

import aiohttp
import httpx
import pytest

from app.adapters.telemetry.metrics import Metrics
from app.domain.outcomes import Outcome
from bench.__main__ import main
from bench.latency import IN_FLIGHT, table
from bench.load import Sent, endings_in, problem_of, send
from bench.report import NOTHING, beside, figure, markdown, percentile, ratio
from bench.samples import EMAIL
from bench.stand_ins import CONTROL, STALLING, StandIns
from bench.targets import Target

NOWHERE = Target("nowhere", ("http://first.example", "http://second.example"), "none", ())


class Counting:
    """Enriches nothing; notes what it was asked and how much of it at once, and fails where it is told to."""

    def __init__(self, failing: frozenset[str] = frozenset()) -> None:
        self.asked: list[tuple[str, str]] = []
        self.under_way = self.most_under_way = 0
        self._failing = failing

    async def __call__(self, session: aiohttp.ClientSession, base_url: str, ticket_id: str) -> str:
        self.asked.append((base_url, ticket_id))
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        number = ticket_id.partition("-")[2]
        return "no rows" if number in self._failing else ""


async def test_send_asks_for_each_ticket_once_when_lanes_share_them() -> None:
    counting = Counting()

    sent = await send(NOWHERE, 20, 4, "test", how=counting)

    assert len(sent.seconds) == 20
    assert sorted(int(ticket_id.partition("-")[2]) for _, ticket_id in counting.asked) == list(range(20))


async def test_send_keeps_as_many_under_way_as_asked_for_and_no_more() -> None:
    counting = Counting()

    await send(NOWHERE, 20, 4, "test", how=counting)

    assert counting.most_under_way == 4


async def test_send_turns_to_every_replica_when_there_are_two() -> None:
    counting = Counting()

    await send(NOWHERE, 20, 4, "test", how=counting)

    assert {base_url for base_url, _ in counting.asked} == set(NOWHERE.base_urls)


@pytest.mark.parametrize("tolerated", [0.0, 0.049])
async def test_send_ends_the_bench_when_more_fail_than_tolerated(tolerated: float) -> None:
    failing = Counting(failing=frozenset({"7"}))

    with pytest.raises(SystemExit, match=r"nowhere: 1 of 20 tickets failed \(1 x no rows\)"):
        await send(NOWHERE, 20, 4, "test", how=failing, tolerated=tolerated)


async def test_send_reports_what_failed_and_does_not_time_it_when_so_much_is_tolerated() -> None:
    failing = Counting(failing=frozenset({"7"}))

    sent = await send(NOWHERE, 20, 4, "test", how=failing, tolerated=0.05)

    assert (len(sent.seconds), sent.failures, sent.failed()) == (19, ["no rows"], 0.05)


def test_a_round_in_which_the_machine_stood_still_changes_no_figure_but_what_failed() -> None:
    usual, still = Sent([0.7], [], 100, 1.0), Sent([9.0], ["HTTP 503"], 1, 1.0)
    rounds = {(name, many): [usual, still, usual] for name in ("floor", "synchronous") for many in IN_FLIGHT}

    cells = [
        [cell.strip() for cell in row.strip("| ").split("|")] for row in table(rounds, ["synchronous"]).split("\n")
    ]

    assert ["64 in flight: per second", "100", "100", "1.00 ×"] in cells
    assert ["64 in flight: added latency p99, ms", "20.0", "20.0", "1.00 ×"] in cells
    assert ["64 in flight: **failed**, %", "50.0", "50.0", "1.00 ×"] in cells


@pytest.mark.parametrize(
    ("status", "answer", "problem"),
    [
        pytest.param(200, {"status": "ok", "reason": None, "fields": [1]}, "", id="found and rendered"),
        pytest.param(200, {"status": "ok", "reason": None, "fields": []}, "ok None", id="no rows: not all was done"),
        pytest.param(
            200, {"status": "ok", "reason": "no_data", "fields": [1]}, "ok no_data", id="the second call was saved"
        ),
        pytest.param(
            200, {"status": "fetch_error", "reason": "timeout", "fields": []}, "fetch_error timeout", id="cut"
        ),
        pytest.param(202, {"status": "pending"}, "HTTP 202", id="not done yet"),
        pytest.param(503, {}, "HTTP 503", id="refused"),
    ],
)
def test_answer_is_a_failure_when_it_took_less_work(status: int, answer: dict[str, object], problem: str) -> None:
    assert problem_of(status, json.dumps(answer).encode()) == problem


def test_endings_are_read_as_the_service_writes_them() -> None:
    endings = endings_in(Metrics().render()[0].decode())

    assert endings["ok none"] == endings["fetch_error timeout"] == 0
    assert len(endings) == len(Outcome)


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        pytest.param(50, 50.0, id="the lower of two middles"),
        pytest.param(99, 99.0, id="exactly on a rank"),
        pytest.param(100, 100.0, id="the highest"),
        pytest.param(0, 1.0, id="the lowest"),
    ],
)
def test_percentile_is_one_of_the_values(percent: int, expected: float) -> None:
    assert percentile([float(value) for value in range(100, 0, -1)], percent) == expected


@pytest.mark.parametrize(
    ("value", "shown"),
    [(9.994, "9.99"), (10.0, "10.0"), (99.94, "99.9"), (100.0, "100"), (12345.6, "12,346"), (-3.5, "-3.50")],
)
def test_figure_has_three_digits(value: float, shown: str) -> None:
    assert figure(value) == shown


@pytest.mark.parametrize(
    ("one", "other", "shown"), [(2.0, 5.0, "2.50 ×"), (0.0, 5.0, NOTHING), (-1.0, 5.0, NOTHING), (2.0, -1.0, NOTHING)]
)
def test_ratio_is_left_out_when_it_says_nothing(one: float, other: float, shown: str) -> None:
    assert ratio(one, other) == shown


def test_table_is_markdown_with_columns_that_line_up() -> None:
    assert markdown(["", "floor", "service", "ratio"], [beside("CPU, ms", 2.0, 5.0)]) == (
        "|         | floor | service |  ratio |\n"
        "| ------- | ----: | ------: | -----: |\n"
        "| CPU, ms |  2.00 |    5.00 | 2.50 × |"
    )


async def test_stand_in_holds_every_answer_back_while_its_gate_is_closed() -> None:
    stand_ins = StandIns()
    schema = {"schema": {"properties": {"identifier": None}}}
    question = {"messages": [{"content": EMAIL["body"]}], "output_config": {"format": schema}}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(stand_ins.ai), base_url="http://ai.example") as client:
        await client.put(CONTROL, json={"open": False})
        asking = asyncio.create_task(client.post("/v1/messages", json=question))
        while (await client.put(CONTROL, json={})).json()["asked"] == 0:  # noqa: ASYNC110 - it is another's news
            await asyncio.sleep(0)
        held = not asking.done()
        await client.put(CONTROL, json={"open": True})
        answer = await asking

    assert held
    assert json.loads(answer.json()["content"][0]["text"]) == {"identifier": "acct_12ab34cd"}


async def test_stand_in_endpoint_stalls_for_who_asks_the_stalling_one_and_answers_everybody_else() -> None:
    stand_ins = StandIns()
    async with (
        httpx.AsyncClient(transport=httpx.ASGITransport(stand_ins.ai), base_url="http://ai.example") as ai,
        httpx.AsyncClient(transport=httpx.ASGITransport(stand_ins.endpoint), base_url="https://e.example") as endpoint,
    ):
        await ai.put(CONTROL, json={"stalling": 3600})
        stalled = asyncio.create_task(endpoint.get(STALLING))
        await asyncio.sleep(0)
        answers = [await endpoint.get("/look-up") for _ in range(3)]
        stalls = not stalled.done()
        stalled.cancel()

    assert stalls
    assert [answer.status_code for answer in answers] == [401] * 3


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        pytest.param("CC_DATABASE_POOL=10", "no such setting: CC_DATABASE_POOL\n", id="none of the service's"),
        pytest.param("CC_DATABASE_POOL_SIZE", "give each setting a value", id="without a value"),
    ],
)
def test_a_setting_that_cannot_be_tried_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str, says: str
) -> None:
    monkeypatch.setattr("sys.argv", ["bench", "--set", setting])

    with pytest.raises(SystemExit, match="2"):
        main()

    assert says in capsys.readouterr().err
