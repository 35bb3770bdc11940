"""The stream of results: what ends from now on, heartbeats between, and nothing left behind by who goes away."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from starlette.types import Message

from app.domain.claims import DatabaseUnavailable
from app.runs.waiting import STREAM_BACKLOG, Completions, Ended
from app.web.app import create_app
from app.web.http.services import Services
from app.web.tickets.bodies import BEFORE_IDENTITY
from app.web.tickets.events import FIRST_LINES, HEARTBEAT, ResultStream
from support_context.secrets import Secret
from tests.support.service import EMAIL, SERVICE_TOKEN, World, set_up

TICKET: dict[str, Any] = {"project_id": "prj_1", **EMAIL}
RESULT = {"status": "ok", "message": "two\nlines, a \r return and a \u2028 separator"}


class WatchedCompletions(Completions):
    """Knows how many streams are open."""

    def __init__(self) -> None:
        super().__init__()
        self.open = 0

    @contextmanager
    def stream(self, project_id: str | None = None) -> Iterator[asyncio.Queue[Ended | None]]:
        self.open += 1
        try:
            with super().stream(project_id) as stream:
                yield stream
        finally:
            self.open -= 1


class Reader:
    """The other end of a response: keeps what it is sent, may refuse to read, and goes away when told."""

    def __init__(self, *, reads: bool = True) -> None:
        self.sent = b""
        self.status: int | None = None
        self.ended = False
        self.gone = asyncio.Event()
        self._reads = reads
        self._news = asyncio.Event()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if not self._reads and message.get("body"):
            await asyncio.Event().wait()
        self.status = message.get("status", self.status)
        self.sent += message.get("body", b"")
        self.ended = message["type"] == "http.response.body" and not message["more_body"]
        self._news.set()

    async def until(self, text: bytes) -> None:
        """Wait until this has been sent."""
        async with asyncio.timeout(30):
            while text not in self.sent:
                await self._news.wait()
                self._news.clear()


@asynccontextmanager
async def listening(reader: Reader, world: World, **options: Any) -> AsyncIterator[asyncio.Task[None]]:
    """Send a stream of the world's results to the reader while the block runs."""
    intake = world.services().intake
    stream = ResultStream(world.completions, options.pop("last_result", intake.last_result), None, **options)
    task = asyncio.create_task(stream({"type": "http"}, reader.receive, reader.send))
    try:
        yield task
    finally:
        reader.gone.set()
        async with asyncio.timeout(30):
            await task


@pytest.fixture
def world() -> World:
    world = World()
    world.completions = WatchedCompletions()
    return world


def open_streams(world: World) -> int:
    assert isinstance(world.completions, WatchedCompletions)
    return world.completions.open


async def found(ticket_id: str, project_id: str) -> dict[str, Any]:
    return RESULT


async def test_stream_begins_with_a_pause_for_retries_and_beats_while_nothing_ends(world: World) -> None:
    reader = Reader()
    async with listening(reader, world, heartbeat_seconds=0.01):
        await reader.until(HEARTBEAT + HEARTBEAT)

    assert reader.status == 200
    assert reader.sent.startswith(b"retry: 2000\n:")
    assert reader.sent.removeprefix(FIRST_LINES).replace(HEARTBEAT, b"") == b""
    assert open_streams(world) == 0


async def test_result_is_one_event_on_one_line_whatever_is_in_it(world: World) -> None:
    reader = Reader()
    async with listening(reader, world, last_result=found):
        await reader.until(FIRST_LINES)
        world.completions.ended(Ended("t_1", "prj_1"))
        await reader.until(b"event: completed\ndata: {")

    event, data, *rest = reader.sent.removeprefix(FIRST_LINES).decode().split("\n")
    assert (event, rest) == ("event: completed", ["", ""])
    assert "\r" not in data
    assert json.loads(data.removeprefix("data: ")) == {
        "ticket_id": "t_1", "project_id": "prj_1", **BEFORE_IDENTITY, **RESULT, "reused": False,
    }  # fmt: skip


async def test_reader_that_goes_away_leaves_nothing_behind(world: World) -> None:
    reader = Reader()
    async with listening(reader, world) as task:
        await reader.until(FIRST_LINES)
        during = open_streams(world)
        reader.gone.set()
        async with asyncio.timeout(30):
            await task

    assert (during, open_streams(world), reader.ended) == (1, 0, False)


async def test_reader_that_stops_reading_is_cut_off(world: World) -> None:
    reader = Reader(reads=False)
    async with listening(reader, world, heartbeat_seconds=0.01) as task, asyncio.timeout(30):
        await task

    assert (open_streams(world), reader.ended) == (0, False)


async def test_reader_that_falls_behind_is_cut_off(world: World) -> None:
    slow = asyncio.Event()

    async def found_slowly(ticket_id: str, project_id: str) -> dict[str, Any]:
        await slow.wait()
        return RESULT

    reader = Reader()
    async with listening(reader, world, last_result=found_slowly) as task:
        await reader.until(FIRST_LINES)
        for _ in range(STREAM_BACKLOG + 2):
            world.completions.ended(Ended("t_1", "prj_1"))
        slow.set()
        async with asyncio.timeout(30):
            await task

    assert reader.ended
    assert reader.sent.count(b"event: completed") == STREAM_BACKLOG


@pytest.mark.parametrize("end", ["close_streams", "cut_streams"])
async def test_stream_ends_when_the_process_does_or_something_was_missed(world: World, end: str) -> None:
    reader = Reader()
    async with listening(reader, world) as task:
        await reader.until(FIRST_LINES)
        getattr(world.completions, end)()
        async with asyncio.timeout(30):
            await task
        later = Reader()
        async with listening(later, world):
            await later.until(FIRST_LINES)

    assert reader.ended
    assert later.ended is (end == "close_streams")
    assert open_streams(world) == 0


async def test_stream_ends_when_a_result_cannot_be_read(world: World) -> None:
    async def lost(ticket_id: str, project_id: str) -> dict[str, Any]:
        raise DatabaseUnavailable

    reader = Reader()
    async with listening(reader, world, last_result=lost) as task:
        await reader.until(FIRST_LINES)
        world.completions.ended(Ended("t_1", "prj_1"))
        async with asyncio.timeout(30):
            await task

    assert reader.ended
    assert reader.sent == FIRST_LINES


@asynccontextmanager
async def served(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """Serve the world by a real server on loopback: the client of the other tests reads an answer only as a whole."""

    @asynccontextmanager
    async def opening() -> AsyncIterator[Services]:
        yield world.services()

    app = create_app((Secret(SERVICE_TOKEN),), opening)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
    headers = {"Authorization": f"Bearer {SERVICE_TOKEN}", "X-Actor-Id": "u1"}
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve([listener]))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30) as client:
            yield client
        world.completions.close_streams()
        server.should_exit = True
        await serving


async def next_result(lines: AsyncIterator[str]) -> dict[str, Any]:
    """Return the data of the next event."""
    async for line in lines:
        if line.startswith("data: "):
            result: dict[str, Any] = json.loads(line.removeprefix("data: "))
            return result
    raise AssertionError("the stream has ended")


async def test_completed_runs_are_streamed_as_enrich_answers_them(world: World) -> None:
    async with served(world) as client:
        await set_up(client)
        await client.put("/projects/prj_2", json={"plan": "team", "owner_ids": ["u2"], "monthly_ai_credits": 5})
        async with (
            client.stream("GET", "/events") as everything,
            client.stream("GET", "/events?project_id=prj_2") as of_2,
        ):
            all_lines, lines_of_2 = everything.aiter_lines(), of_2.aiter_lines()
            assert await anext(all_lines) == await anext(lines_of_2) == "retry: 2000"
            first = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
            reused = (await client.post("/tickets/t_1/enrich", json=TICKET)).json()
            second = (await client.post("/tickets/t_2/enrich", json=TICKET | {"project_id": "prj_2"})).json()
            streamed = [await next_result(all_lines) for _ in range(2)]
            filtered = await next_result(lines_of_2)

    assert (first["status"], reused["reused"], second["status"]) == ("ok", True, "disabled")
    assert streamed == [first, second]
    assert filtered == second
    assert everything.headers["Content-Type"].startswith("text/event-stream")
    assert everything.headers["Cache-Control"] == "no-store"
    assert everything.headers["X-Accel-Buffering"] == "no"


async def test_erased_ticket_produces_nothing_and_a_refresh_keeps_what_had_ended(world: World) -> None:
    world.seats = 0
    async with served(world) as client:
        await set_up(client)
        async with client.stream("GET", "/events") as events:
            lines = events.aiter_lines()
            assert await anext(lines) == "retry: 2000"
            await client.post("/tickets/t_1/enrich", json=TICKET, headers={"Prefer": "respond-async"})
            await client.delete("/tickets/t_1/customer-context?project_id=prj_1")
            await client.post("/tickets/t_2/enrich", json=TICKET, headers={"Prefer": "respond-async"})
            await world.work_off()
            ended = await next_result(lines)
            await client.post("/tickets/t_2/enrich?refresh=true", json=TICKET, headers={"Prefer": "respond-async"})
            world.completions.ended(Ended("t_2", "prj_1"))  # as it is heard when the refresh was quicker
            again = await next_result(lines)

    assert ended["ticket_id"] == "t_2"
    assert again == ended


async def test_client_that_hangs_up_is_forgotten(world: World) -> None:
    async with served(world) as client:
        async with client.stream("GET", "/events") as events:
            await anext(events.aiter_lines())
            during = open_streams(world)
        async with asyncio.timeout(30):
            while open_streams(world):  # noqa: ASYNC110 - nothing tells that the server has noticed
                await asyncio.sleep(0.01)

    assert during == 1


async def test_stream_needs_a_token_and_a_project_id_that_can_be_one() -> None:
    async with World().client(Authorization="") as client:
        refused = await client.get("/events")
    async with World().client() as client:
        malformed = await client.get("/events?project_id=a%20b")

    assert (refused.status_code, refused.json()["code"]) == (401, "unauthorized")
    assert (malformed.status_code, malformed.json()["code"]) == (422, "validation_error")


async def test_database_is_read_once_for_each_ended_run_however_many_listen() -> None:
    world, asked = World(), []

    async def last_result(ticket_id: str, project_id: str) -> dict[str, Any]:
        asked.append(ticket_id)
        await asyncio.sleep(0)
        return RESULT

    async with contextlib.AsyncExitStack() as stack:
        readers = [Reader() for _ in range(500)]
        for reader in readers:
            await stack.enter_async_context(listening(reader, world, last_result=last_result))
        for reader in readers:
            await reader.until(FIRST_LINES)
        for number in range(3):
            world.completions.ended(Ended(f"t_{number}", "prj_1"))
        for reader in readers:
            await reader.until(b"t_2")

    assert asked == ["t_0", "t_1", "t_2"]
    assert len({reader.sent for reader in readers}) == 1
