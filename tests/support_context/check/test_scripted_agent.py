"""A coding agent that only follows the check's mend texts (docs/SKILL.md) brings every bad twin to a pass."""

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from app.demo.hosting import hosted
from app.demo.records import open_records
from support_context.check.connection_rules import Circumstances
from support_context.check.observing import observe
from support_context.check.plan import plan
from support_context.check.report import as_document, report_of
from support_context.check.target import Target
from support_context.check.verdicts import judge
from support_context.fetch.network import tls_context
from support_context.fetch.probe import ProbedEndpoint
from support_context.limits import FETCH_SECONDS
from support_context.secrets import Secret
from tests.support_context.check.conftest import TOKEN
from tests.support_context.check.test_bad_twins import LOOPBACK, OF_ITS_OWN, bad_endpoint

LIMITS = {"time": 0.5}
"""Seconds until a call is given up, where nobody wants to wait for the five of the contract."""

MOST_ROUNDS = 4
"""Checks after which an agent that has not come to an end follows words that lead nowhere."""

MENDS = {
    "authorizes": ("Compare the whole token", "constant-time compare may throw", "with 401, before anything"),
    "refuses": ("with 401", "answer 401"),
    "methods": ("Route this method", "Route GET or POST only"),
    "answers": (
        "without Content-Encoding",
        "redirects are never followed",
        "Configure the URL",
        "the URL that it leads to",
        "Content-Type: application/json",
        "Answer with an object",
        "in UTF-8",
        "Let this URL through",
        "Answer a known id with 200",
        "200 with {}",
        "200 and {}",
        "Answer 200",
    ),
    "finds": (
        "as a parameter",
        "Answer a known id with 200",
        "Return only the fields",
        "an id that nobody has",
        "Answer an empty id",
        "an id may have 256",
        "Make links an array",
        "Leave the field out",
        'Add "type"',
        "Only read",
        "the email address",
        "use a Map",
        "minor units",
        "in cents",
        "ISO 8601",
        "588.00",
        "Never echo",
    ),
}
"""What an agent mends by each phrase: the part of the endpoint that it is about."""


class Mended:
    """The twins side by side, each made of parts that the agent replaces by good ones."""

    def __init__(self, parts: dict[str, Any]) -> None:
        self.parts = parts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        name = scope["path"].strip("/")
        await Starlette(routes=[bad_endpoint.route(self.parts[name], f"/{name}")])(scope, receive, send)


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Mended, Any, str, ssl.SSLContext]]:
    ca_file = tmp_path_factory.mktemp("agent") / "ca.pem"
    with closing(open_records()) as records:
        made = {name: bad_endpoint.broken(name, records, TOKEN) for name in bad_endpoint.BAD if name not in OF_ITS_OWN}
        mended, good = Mended(made), bad_endpoint.good(records, TOKEN)
        with hosted(mended, ca_file) as origin:
            yield mended, good, origin, tls_context(ca_file)


async def checked(
    url: str, tls: ssl.SSLContext, allowed: tuple[Any, ...] = LOOPBACK, seconds: float = FETCH_SECONDS
) -> dict[str, Any]:
    """Return what `customer-context check --json` prints: all that an agent knows."""
    pointer = "/email" if "/match_path" in url else ""
    target, token = Target(url, tuple(bad_endpoint.IDS), match_path=pointer), Secret(TOKEN)
    endpoint = ProbedEndpoint(tls, allowed, seconds=seconds)
    try:
        observed = await observe(endpoint, plan(target, token), token)
    finally:
        await endpoint.aclose()
    circumstances = Circumstances(target, allowed, opened_by_option=False, now=datetime.now(UTC))
    return as_document(report_of(target, judge(observed, circumstances), observed))


def to_do(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in report["requirements"] if each["verdict"] in ("fail", "warn")]


@pytest.mark.parametrize("name", [name for name in bad_endpoint.BAD if name not in OF_ITS_OWN])
async def test_agent_that_follows_the_mends_comes_to_a_pass(
    twins: tuple[Mended, Any, str, ssl.SSLContext], name: str
) -> None:
    mended, good, origin, tls = twins
    followed: list[str] = []
    for _ in range(MOST_ROUNDS):
        report = await checked(f"{origin}/{name}", tls)
        todo = to_do(report)
        if not todo:
            break
        mend = todo[0]["mend"]
        touched = [part for part, phrases in MENDS.items() if any(phrase in mend for phrase in phrases)]
        assert touched, f"the mend of {todo[0]['id']} tells an agent nothing: {mend}"
        followed.append(mend)
        mended.parts[name] = replace(mended.parts[name], **{part: getattr(good, part) for part in touched})

    assert (report["passed"], todo) == (True, []), followed
    assert followed


class SlowAtFirst:
    """An endpoint whose first answer takes its time, as one behind a cold start."""

    def __init__(self, behind: ASGIApp, seconds: float) -> None:
        self.behind = behind
        self.seconds = seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await asyncio.sleep(self.seconds)
            self.seconds = 0.0
        await self.behind(scope, receive, send)


@dataclass(frozen=True)
class Server:
    """What stands around an endpoint, of which an agent mends one part at a time."""

    seconds: float
    certificate_ends: datetime | None
    listens: bool
    is_public: bool

    @contextmanager
    def serving(self, parts: Any, ca_file: Path) -> Iterator[str]:
        application = SlowAtFirst(bad_endpoint.application(replace(parts, seconds=0.0)), self.seconds)
        with hosted(application, ca_file, certificate_ends=self.certificate_ends) as origin:
            yield origin + bad_endpoint.PATH if self.listens else "https://127.0.0.1:1024/"


MENDS_OF_THE_SERVER: dict[str, dict[str, Any]] = {
    "Check that the server runs": {"listens": True},
    "Install a certificate": {"certificate_ends": None},
    "Renew the certificate": {"certificate_ends": None},
    "Make the look-up faster": {"seconds": 0.0},
    "Serve the endpoint under a public host name": {"is_public": True},
}
"""What an agent mends by each phrase, where it is not the code of the endpoint."""


@pytest.mark.parametrize("name", OF_ITS_OWN)
async def test_agent_that_follows_the_mends_sets_the_server_right(name: str, tmp_path: Path) -> None:
    ca_file, followed = tmp_path / "ca.pem", []
    with closing(open_records()) as records:
        parts = bad_endpoint.broken(name, records, TOKEN)
        server = Server(parts.seconds, parts.certificate_ends, parts.listens, is_public=name != "public_address")
        for _ in range(MOST_ROUNDS):
            with server.serving(parts, ca_file) as url:
                report = await checked(
                    url, tls_context(ca_file), LOOPBACK if server.is_public else (), LIMITS.get(name, FETCH_SECONDS)
                )
            todo = to_do(report)
            if not todo:
                break
            mend = todo[0]["mend"]
            (changes,) = [changes for phrase, changes in MENDS_OF_THE_SERVER.items() if phrase in mend]
            followed.append(mend)
            server = replace(server, **changes)

    assert (report["passed"], todo, len(followed)) == (True, [], 1), followed
