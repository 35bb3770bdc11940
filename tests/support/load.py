"""Steady load: so many requests a second, whether or not the ones before have been answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Self

import httpx

from tests.support.customers import numbered

MIX = ("post", "get", "post-async", "get", "get")
"""What a helpdesk sends: new tickets, with and without somebody who waits, and twice as many looks at older ones."""


@dataclass
class Load:
    """Sends the mix and keeps what became of each request; `tickets` counts the new ones.

    Who is told to come back after some seconds does so, which `put_off` counts.
    """

    client: httpx.AsyncClient
    per_second: float
    sent: int = 0
    tickets: int = 0
    answered: int = 0
    put_off: int = 0
    failures: list[str] = field(default_factory=list)
    known: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Self]:
        """Send while the block runs; on exit, wait for the answers that are missing."""
        async with asyncio.TaskGroup() as requests:
            sending = asyncio.create_task(self._send_for_ever(requests))
            try:
                yield self
            finally:
                sending.cancel()

    async def goes_on(self, seconds: float) -> None:
        """Wait until so many seconds' worth of requests have been answered from now on."""
        enough = self.answered + seconds * self.per_second
        while self.answered < enough:  # noqa: ASYNC110 - counted in many places
            await asyncio.sleep(0.05)

    async def _send_for_ever(self, requests: asyncio.TaskGroup) -> None:
        started = monotonic()
        while True:
            requests.create_task(self._send(MIX[self.sent % len(MIX)]))
            self.sent += 1
            await asyncio.sleep(max(0.0, started + self.sent / self.per_second - monotonic()))

    async def _send(self, kind: str) -> None:
        request = self._look() if kind == "get" and self.known else self._post(kind == "post-async")
        try:
            answer = await self.client.send(request)
            while answer.status_code == httpx.codes.SERVICE_UNAVAILABLE and "retry-after" in answer.headers:
                self.put_off += 1
                await asyncio.sleep(float(answer.headers["retry-after"]))
                answer = await self.client.send(request)
        except httpx.TransportError as error:
            self.failures.append(repr(error))
        else:
            if answer.status_code not in (200, 202):
                self.failures.append(f"{answer.status_code} {answer.text}")
            elif request.method == "POST":
                self.known.append(request.url.path.split("/")[2])
        self.answered += 1

    def _post(self, asynchronous: bool) -> httpx.Request:
        self.tickets += 1
        headers = {"Prefer": "respond-async"} if asynchronous else {}
        path = f"/tickets/t_{self.tickets}/enrich"
        return self.client.build_request("POST", path, json=numbered(self.tickets), headers=headers)

    def _look(self) -> httpx.Request:
        ticket_id = self.known[self.sent % len(self.known)]
        return self.client.build_request(
            "GET", f"/tickets/{ticket_id}/customer-context", params={"project_id": "prj_1"}
        )
