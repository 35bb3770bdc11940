"""Sends tickets, never more at once than asked for, and notes how long each took."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

import aiohttp

from bench.report import say
from bench.samples import EMAIL, PROJECTS, TICKETS, place_of
from bench.targets import Target

REQUEST_SECONDS = 150.0
"""A request that takes longer has failed: more than the deadline that the service has here."""

BATCH = 500
"""Tickets in one request: the most that the service takes."""

WAIT_SECONDS = 30
"""How long one request may wait for a result: the most that the service lets it."""

MOST_KINDS_SHOWN = 3

Ask = Callable[[aiohttp.ClientSession, str, str], Awaitable[str]]
"""Has one ticket enriched at a base URL; returns what was wrong, `""` if nothing was."""


@dataclass(slots=True)
class Sent:
    """Seconds per ticket, what was wrong, and how many ended while the target was fully loaded, in what time."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    steady_count: int = 0
    steady_seconds: float = 0.0

    def per_second(self) -> float:
        """Return the tickets per second while the target was fully loaded."""
        return self.steady_count / self.steady_seconds

    def failed(self) -> float:
        """Return the part that failed."""
        return len(self.failures) / (len(self.failures) + len(self.seconds))


async def ask(session: aiohttp.ClientSession, base_url: str, ticket_id: str) -> str:
    """Wait for the result in the request that asks for it."""
    async with session.post(f"{base_url}/tickets/{ticket_id}/enrich", data=TICKETS[place_of(ticket_id)]) as response:
        return problem_of(response.status, await response.read())


async def ask_and_come_back(session: aiohttp.ClientSession, base_url: str, ticket_id: str) -> str:
    """Ask, be told that it will be done, and read the result as soon as it is stored."""
    project_id, body = PROJECTS[place_of(ticket_id)], TICKETS[place_of(ticket_id)]
    async with session.post(
        f"{base_url}/tickets/{ticket_id}/enrich", data=body, headers={"Prefer": "respond-async"}
    ) as response:
        await response.read()
        if response.status != 202:  # noqa: PLR2004 - accepted
            return f"HTTP {response.status} to respond-async"
    where = f"{base_url}/tickets/{ticket_id}/customer-context"
    while True:
        async with session.get(where, params={"project_id": project_id, "wait": WAIT_SECONDS}) as response:
            body = await response.read()
            if response.status != 200 or json.loads(body)["status"] != "pending":  # noqa: PLR2004 - found
                return problem_of(response.status, body)


async def send(
    target: Target,
    count: int,
    in_flight: int,
    title: str,
    ramp_seconds: float = 0.0,
    how: Ask = ask,
    tolerated: float = 0.0,
) -> Sent:
    """Send `count` new tickets with `in_flight` of them under way at any time.

    Ends the bench if more than the `tolerated` part of them fail. The first ones start evenly over `ramp_seconds`:
    stand-ins that always take the same time would otherwise keep all tickets in step for ever, and each wave would wait
    for itself.
    """
    say(f"{target.name:<8} {title}: {count:,} tickets …")
    sent, numbers, prefix, ended = Sent(), iter(range(count)), uuid4().hex[:8], list[float]()
    started = last_start = perf_counter()

    async def one_after_the_other(session: aiohttp.ClientSession, lane: int) -> None:
        nonlocal last_start
        base_url = target.base_urls[lane % len(target.base_urls)]
        await asyncio.sleep(ramp_seconds * lane / in_flight)
        for number in numbers:
            begun = last_start = perf_counter()
            try:
                problem = await how(session, base_url, f"{prefix}-{number}")
            except (aiohttp.ClientError, TimeoutError) as failure:
                problem = type(failure).__name__
            if problem:
                sent.failures.append(problem)
            else:
                ended.append(perf_counter())
                sent.seconds.append(ended[-1] - begun)

    async with _session(target, in_flight) as session:
        await asyncio.gather(*(one_after_the_other(session, lane) for lane in range(in_flight)))
    full_from = started + ramp_seconds
    sent.steady_count = sum(full_from <= moment <= last_start for moment in ended)
    sent.steady_seconds = last_start - full_from
    if len(sent.failures) > tolerated * count:
        _refuse(target.name, sent.failures, count)
    return sent


async def queue(
    target: Target, count: int, expected: str = "accepted", prefix: str | None = None, project_id: str | None = None
) -> str:
    """Hand tickets in by hundreds, which all must have the `expected` outcome; return what their ids begin with."""
    prefix = prefix or uuid4().hex[:8]
    async with _session(target, 1) as session:
        for first in range(0, count, BATCH):
            numbers = range(first, min(first + BATCH, count))
            body = {
                "tickets": [
                    {
                        **EMAIL,
                        "project_id": project_id or PROJECTS[number % len(PROJECTS)],
                        "ticket_id": f"{prefix}-{number}",
                    }
                    for number in numbers
                ]
            }
            async with session.post(f"{target.base_urls[0]}/tickets/enrich-batch", json=body) as response:
                response.raise_for_status()
                rows = (await response.json())["tickets"]
            _refuse(target.name, [row["outcome"] for row in rows if row["outcome"] != expected], count)
    return prefix


async def ended_runs(target: Target) -> int:
    """Return how many runs have ended well since the processes started; end the bench if one did not."""
    endings = await endings_of(target)
    well = endings.pop("ok none", 0)
    _refuse(target.name, list(endings.elements()), well + endings.total())
    return well


async def endings_of(target: Target) -> Counter[str]:
    """Return how often a run ended how since the processes started."""
    endings: Counter[str] = Counter()
    async with _session(target, 1) as session:
        for base_url in target.base_urls:
            async with session.get(f"{base_url}/metrics") as response:
                endings.update(endings_in(await response.text()))
    return endings


def endings_in(metrics: str) -> dict[str, int]:
    """Return how often a run ended how, from what the service tells Prometheus."""
    endings = {}
    for line in metrics.splitlines():
        name, _, rest = line.partition("{")
        if name == "customer_context_enrichments_total":
            labels, _, value = rest.partition("} ")
            named = dict(label.split("=") for label in labels.replace('"', "").split(","))
            endings[f"{named['status']} {named['reason']}"] = int(float(value))
    return endings


def problem_of(status: int, body: bytes) -> str:
    """Return what is wrong with an answer, `""` if nothing is: a fast failure must not look like speed."""
    if status != 200:  # noqa: PLR2004 - the one status of a result
        return f"HTTP {status}"
    answer = json.loads(body)
    if (answer["status"], answer["reason"]) == ("ok", None) and answer["fields"]:
        return ""
    return f"{answer['status']} {answer['reason']}"


def _refuse(name: str, failures: list[str], count: int) -> None:
    if failures:
        worst = ", ".join(f"{times} x {problem}" for problem, times in Counter(failures).most_common(MOST_KINDS_SHOWN))
        raise SystemExit(f"{name}: {len(failures)} of {count} tickets failed ({worst}); nothing is reported")


@asynccontextmanager
async def _session(target: Target, in_flight: int) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {target.service_token}", "Content-Type": "application/json"},
        timeout=aiohttp.ClientTimeout(total=REQUEST_SECONDS),
        connector=aiohttp.TCPConnector(limit=in_flight),
    ) as session:
        yield session
