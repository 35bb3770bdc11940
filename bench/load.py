"""Sends tickets, never more at once than asked for, and notes how long each took."""

import asyncio
import json
from dataclasses import dataclass, field
from time import perf_counter
from uuid import uuid4

import aiohttp

from bench.samples import TICKET

REQUEST_SECONDS = 60.0
"""A request that takes longer has failed."""


@dataclass(slots=True)
class Sent:
    """What came back: seconds per request, the time of the whole, and what was wrong."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    failures: list[str] = field(default_factory=list)


async def send_tickets(base_url: str, service_token: str, count: int, in_flight: int, ramp_seconds: float) -> Sent:
    """Send `count` new tickets with `in_flight` of them under way at any time.

    The first ones start evenly over `ramp_seconds`: stand-ins that always take the same time would otherwise keep all
    tickets in step for ever, and each wave would wait for itself.
    """
    sent, numbers, prefix = Sent(), iter(range(count)), uuid4().hex[:8]
    headers = {"Authorization": f"Bearer {service_token}", "Content-Type": "application/json"}
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    connector = aiohttp.TCPConnector(limit=in_flight)

    async def one_after_the_other(session: aiohttp.ClientSession, lane: int) -> None:
        await asyncio.sleep(ramp_seconds * lane / in_flight)
        for number in numbers:
            started = perf_counter()
            try:
                async with session.post(f"{base_url}/tickets/{prefix}-{number}/enrich", data=TICKET) as response:
                    problem = _problem(response.status, await response.read())
            except (aiohttp.ClientError, TimeoutError) as failure:
                problem = type(failure).__name__
            if problem:
                sent.failures.append(problem)
            else:
                sent.seconds.append(perf_counter() - started)

    async with aiohttp.ClientSession(headers=headers, timeout=timeout, connector=connector) as session:
        started = perf_counter()
        await asyncio.gather(*(one_after_the_other(session, lane) for lane in range(in_flight)))
        sent.elapsed = perf_counter() - started
    return sent


def _problem(status: int, body: bytes) -> str:
    """Return what is wrong with an answer, `""` if nothing is: a fast failure must not look like speed."""
    if status != 200:  # noqa: PLR2004 - the one status of an enrichment
        return f"HTTP {status}"
    answer = json.loads(body)
    if (answer["status"], answer["reason"]) == ("ok", None) and answer["fields"]:
        return ""
    return f"{answer['status']} {answer['reason']}"
