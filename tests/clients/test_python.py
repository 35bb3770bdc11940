"""The Python client without a service: what is sent, tried again, refused, and never printed."""

import asyncio
import pickle
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from customer_context_client import AsyncClient, Client, CustomerContextError
from customer_context_client.event_reader import EventReader
from customer_context_client.exchanges import LONGEST_PAUSE_SECONDS

TOKEN = "canary-service-token-0123456789"
URL = "http://service"
TICKET: Any = {"project_id": "prj_1", "body": "Hello"}
LOST = httpx.RemoteProtocolError("Server disconnected")
UNSENT = httpx.ConnectError("refused")


class Scripted(httpx.MockTransport):
    """Answers what a test says, one after the other, and remembers what was asked."""

    def __init__(self, *answers: httpx.Response | Exception | Callable[[], httpx.Response]) -> None:
        super().__init__(self._answer)
        self._answers = list(answers)
        self.asked: list[httpx.Request] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, httpx.Response) else answer()


def answered(status: int, **headers: str) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(status, headers=headers, json={})


BUSY = answered(503, **{"Retry-After": "0"})


def enriched(**named: Any) -> Callable[[Any], Any]:
    return lambda client: client.enrich_ticket("t_1", TICKET, **named)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("customer_context_client.exchanges.FIRST_PAUSE_SECONDS", 0.0)


@pytest.mark.parametrize(
    ("use", "trouble", "tries"),
    [
        pytest.param(enriched(), LOST, 2, id="enriching is once per ticket"),
        pytest.param(enriched(), BUSY, 2, id="the service asked to come back"),
        pytest.param(enriched(refresh=True), LOST, 1, id="a refresh would run twice"),
        pytest.param(enriched(refresh=True), BUSY, 1, id="nor is a refresh repeated after a 503"),
        pytest.param(enriched(refresh=True), UNSENT, 2, id="what never left may be sent again"),
        pytest.param(lambda c: c.enrich_batch({"tickets": [TICKET]}), LOST, 2, id="a batch is once per ticket too"),
        pytest.param(
            lambda c: c.enrich_batch({"tickets": [TICKET | {"refresh": True}]}), LOST, 1, id="unless it refreshes"
        ),
        pytest.param(lambda c: c.get_project("prj_1"), LOST, 2, id="reading"),
        pytest.param(lambda c: c.put_configuration("prj_1", {}), LOST, 2, id="replacing"),
        pytest.param(lambda c: c.put_configuration("prj_1", {}, if_match='"1"'), LOST, 1, id="a guarded change"),
        pytest.param(lambda c: c.patch_configuration("prj_1", {}), LOST, 1, id="changing"),
        pytest.param(lambda c: c.try_configuration("prj_1", {"body": ""}), LOST, 1, id="a test costs a credit"),
        pytest.param(lambda c: c.get_project("prj_1"), httpx.ReadTimeout("slow"), 1, id="time is up"),
        pytest.param(lambda c: c.get_project("prj_1"), answered(500), 1, id="a fault stays one"),
        pytest.param(lambda c: c.get_project("prj_1"), answered(503), 1, id="a 503 that names no time"),
        pytest.param(
            lambda c: c.get_project("prj_1"),
            answered(503, **{"Retry-After": str(int(LONGEST_PAUSE_SECONDS) + 1)}),
            1,
            id="a 503 that asks for too long",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["sync", "async"])
async def test_only_what_is_safe_is_tried_again(kind: str, use: Any, trouble: Any, tries: int) -> None:
    script = Scripted(trouble, httpx.Response(200, json={}))
    if kind == "sync":
        call = asyncio.to_thread(use, Client(URL, TOKEN, transport=script))
    else:
        call = use(AsyncClient(URL, TOKEN, transport=script))

    if tries == 1:
        with pytest.raises(CustomerContextError):
            await call
    else:
        await call

    assert len(script.asked) == tries


@pytest.mark.parametrize("one", ["", ".", ".."])
@pytest.mark.parametrize(
    "use",
    [
        pytest.param(lambda c, one: c.erase_customer("prj_1", one), id="would be the project"),
        pytest.param(lambda c, one: c.get_result(one, project_id="prj_1"), id="would be another ticket"),
        pytest.param(lambda c, one: c.get_project(one), id="would be no project"),
    ],
)
def test_id_that_a_path_cannot_hold_is_never_sent(use: Any, one: str) -> None:
    script = Scripted(httpx.Response(200, json={}))

    with pytest.raises(ValueError, match="must not be empty"):
        use(Client(URL, TOKEN, transport=script), one)

    assert script.asked == []


def test_tries_end_when_none_is_left() -> None:
    script = Scripted(LOST, LOST, LOST)

    with pytest.raises(CustomerContextError) as refused:
        Client(URL, TOKEN, transport=script, retries=2).get_project("prj_1")

    assert (refused.value.code, refused.value.status, len(script.asked)) == ("connection_lost", None, 3)


def test_refusal_carries_all_that_the_service_said() -> None:
    errors = [{"loc": ["body", "api_url"], "msg": "use an https:// URL", "type": "url_refused"}]
    problem = {"code": "validation_error", "title": "Not valid", "detail": "Correct it.", "errors": errors, "new": 1}
    script = Scripted(httpx.Response(422, json=problem, headers={"X-Request-Id": "r_1"}))

    with pytest.raises(CustomerContextError) as refused:
        Client(URL, TOKEN, transport=script).put_configuration("prj_1", {"api_url": "http://x"}, actor_id="u1")

    shown = refused.value
    assert (shown.status, shown.code, shown.title, shown.detail) == (
        422,
        "validation_error",
        "Not valid",
        "Correct it.",
    )
    assert (list(shown.errors), shown.request_id) == (errors, "r_1")
    assert str(shown) == "Not valid. Correct it. body.api_url: use an https:// URL (422 validation_error, request r_1)"
    assert script.asked[0].headers["X-Actor-Id"] == "u1"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(httpx.Response(502, text="<html>"), "http_502", id="a proxy's page"),
        pytest.param(httpx.Response(404, json=["x"]), "http_404", id="somebody else's JSON"),
        pytest.param(httpx.Response(302, headers={"Location": "https://evil.test/"}), "http_302", id="never followed"),
        pytest.param(httpx.Response(200, text="<html>"), "unreadable_answer", id="a page instead of JSON"),
        pytest.param(httpx.ReadTimeout("slow"), "timeout", id="no answer in time"),
        pytest.param(UNSENT, "no_connection", id="nobody listens"),
    ],
)
def test_answer_that_is_none_says_so(answer: Any, code: str) -> None:
    with pytest.raises(CustomerContextError) as refused:
        Client(URL, TOKEN, transport=Scripted(answer), retries=0).get_project("prj_1")

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("use", "seconds"),
    [
        pytest.param(lambda c: c.get_project("prj_1"), 5, id="nothing to wait for"),
        pytest.param(
            lambda c: c.get_result("t_1", project_id="prj_1", wait=20), 25, id="as long as it was asked to wait"
        ),
        pytest.param(enriched(prefer="wait=3"), 8, id="as long as it was preferred"),
        pytest.param(enriched(prefer="respond-async"), 5, id="not waiting"),
        pytest.param(enriched(), 305.0, id="the longest run that a service allows"),
    ],
)
def test_silence_is_bounded_by_what_the_service_was_asked(use: Any, seconds: float) -> None:
    script = Scripted(httpx.Response(200, json={}))

    use(Client(URL, TOKEN, transport=script, timeout=5))

    assert script.asked[0].extensions["timeout"] == {"connect": 5, "read": seconds, "write": 5, "pool": 5}


def test_id_stays_one_segment_whatever_it_holds() -> None:
    script = Scripted(httpx.Response(200, json={}))

    Client(f"{URL}/base/", TOKEN, transport=script).get_project("../x?y=1#z")

    assert script.asked[0].url.raw_path == b"/base/projects/..%2Fx%3Fy%3D1%23z"


def test_query_leaves_out_what_was_not_given() -> None:
    script = Scripted(httpx.Response(200, json={}), httpx.Response(204))
    client = Client(URL, TOKEN, transport=script)

    client.enrich_ticket("t_1", TICKET)
    spam = client.enrich_ticket("t_1", TICKET, refresh=True)

    assert [request.url.query for request in script.asked] == [b"", b"refresh=true"]
    assert spam is None


def test_configuration_comes_with_its_version() -> None:
    script = Scripted(httpx.Response(200, json={"enabled": True}, headers={"ETag": '"7"'}))

    read = Client(URL, TOKEN, transport=script).get_configuration("prj_1")

    assert (read.body["enabled"], read.etag) == (True, '"7"')


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_token_is_sent_and_never_shown(kind: Any) -> None:
    script = Scripted(httpx.Response(401, json={"code": "unauthorized", "title": "No"}))
    client = kind(URL, TOKEN, transport=script)
    with pytest.raises(CustomerContextError) as refused:
        Client(URL, TOKEN, transport=script).get_project("prj_1")

    http = client._http
    shown = [
        repr(client),
        str(vars(client)),
        str(vars(http)),
        str(vars(http.auth)),
        repr(refused.value),
        str(refused.value),
    ]
    assert [text for text in shown if TOKEN in text] == []
    assert script.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"
    with pytest.raises((TypeError, AttributeError, pickle.PicklingError)):
        pickle.dumps(client)


@pytest.mark.parametrize("token", ["", "with space", "line\nend", "ключ"])
def test_token_that_no_header_can_carry_is_refused_unsaid(token: str) -> None:
    with pytest.raises(ValueError, match="the token must be") as refused:
        Client(URL, token)

    assert not token or token not in str(refused.value)


@pytest.mark.parametrize("url", ["", "context.example.com", "ftp://x", "https://user:secret@x", "https://x?y=1"])
def test_address_that_is_none_is_refused_when_the_client_is_made(url: str) -> None:
    with pytest.raises(ValueError, match="base_url must be"):
        Client(url, TOKEN)


STREAM = (
    'retry: 2000\n: hello\n\nevent: completed\ndata: {"name": "A\u2028B\x85"}\n\nevent: completed\r\ndata: {}\r\n\r\n'
)


@pytest.mark.parametrize("size", [1, 2, 7, 1_000])
def test_events_are_read_however_they_are_cut(size: int) -> None:
    reader, raw = EventReader(), STREAM.encode()

    found = [event for at in range(0, len(raw), size) for event in reader.read(raw[at : at + size])]

    assert [(event.name, event.data) for event in found] == [("completed", {"name": "A\u2028B\x85"}), ("completed", {})]


def test_stream_ends_with_the_problem_that_the_service_tells() -> None:
    told = (
        b'event: step\ndata: {"name": "extract"}\n\nevent: problem\ndata: {"code": "internal_error", "title": "Oh"}\n\n'
    )
    client = Client(URL, TOKEN, transport=Scripted(httpx.Response(200, content=told)))

    names = []
    with (
        client.try_configuration_events("prj_1", {"body": ""}) as events,
        pytest.raises(CustomerContextError) as refused,
    ):
        names += [event.name for event in events]

    assert refused.value.code == "internal_error"


async def test_stream_that_breaks_off_says_so() -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield b"event: completed\ndata: {}\n\n"
        raise httpx.ReadError("reset")

    client = AsyncClient(URL, TOKEN, transport=Scripted(httpx.Response(200, content=broken())))

    async with client.get_events() as events:
        first = await anext(events)
        with pytest.raises(CustomerContextError) as refused:
            await anext(events)

    assert (first.name, refused.value.code) == ("completed", "connection_lost")
