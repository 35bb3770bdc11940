"""The two clients: one that waits, one that is awaited. Each only moves bytes; what they mean is shared."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Self, TypeVar

import httpx

from customer_context_client.calls import EVENTS, Call, Event
from customer_context_client.event_reader import EventReader
from customer_context_client.exchanges import (
    Bearer,
    Tries,
    answer_of,
    base_url_of,
    events_in,
    failed,
    raise_for_refusal,
    request_of,
)
from customer_context_client.operations import Operations

T = TypeVar("T")

TIMEOUT_SECONDS = 10.0
"""Longest silence of the service, beyond the time that it was asked to wait or has a customer to look up."""

RETRIES = 2
"""How often a call is repeated that is safe to repeat."""


class _Limits(Operations):
    """What both clients are made with."""

    def __init__(self, base_url: str, timeout: float, retries: int) -> None:
        self._base_url = base_url_of(base_url)
        self._timeout = timeout
        self._retries = retries

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base_url!r})"


class Client(_Limits):
    """Calls the service and waits for its answers; one client may be shared by threads.

    `token` is a service token, or an access token for what that opens. `timeout` bounds connecting and each silence of
    the service, beyond the time that a call asks it to wait. Repeated, at most `retries` times, is only what is safe:
    anything that could not be sent; and reads, replacements, erasures and enriching (once per ticket) after a lost
    connection or a 503 with `Retry-After`. A refresh, a change under `if_match`, a test and a new access token are not.
    `verify` takes an `ssl.SSLContext` that trusts a CA of your own.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        retries: int = RETRIES,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        super().__init__(base_url, timeout, retries)
        self._http = httpx.Client(auth=Bearer(token), verify=verify, transport=transport)

    def send(self, call: Call[T]) -> T:
        """Send a call and return what it answers; raises `CustomerContextError`."""
        return answer_of(call, self._exchange(call))

    @contextmanager
    def listen(self, call: Call[T]) -> Iterator[Iterator[Event[T]]]:
        """Listen while the block runs; what is entered yields events until the service ends the stream."""
        response = self._exchange(call)
        try:
            raise_for_refusal(response)
            yield self._events(response)
        finally:
            response.close()

    def _events(self, response: httpx.Response) -> Iterator[Event[Any]]:
        reader = EventReader()
        try:
            for chunk in response.iter_bytes():
                yield from events_in(chunk, reader, response)
        except httpx.HTTPError as problem:
            raise failed(problem) from problem

    def _exchange(self, call: Call[Any]) -> httpx.Response:
        tries, request = Tries(call, self._retries), request_of(call, self._base_url, self._timeout)
        while True:
            try:
                response = self._http.send(self._http.build_request(**request), stream=call.accept == EVENTS)
                if not response.is_success:
                    response.read()
                pause = tries.after_answer(response)
            except httpx.HTTPError as problem:
                pause = tries.after_failure(problem)
            if pause is None:
                return response
            time.sleep(pause)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient(_Limits):
    """Calls the service from asyncio; everything else is as with `Client`."""

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        timeout: float = TIMEOUT_SECONDS,
        retries: int = RETRIES,
        verify: ssl.SSLContext | bool = True,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        super().__init__(base_url, timeout, retries)
        self._http = httpx.AsyncClient(auth=Bearer(token), verify=verify, transport=transport)

    async def send(self, call: Call[T]) -> T:
        """Send a call and return what it answers; raises `CustomerContextError`."""
        return answer_of(call, await self._exchange(call))

    @asynccontextmanager
    async def listen(self, call: Call[T]) -> AsyncIterator[AsyncIterator[Event[T]]]:
        """Listen while the block runs; what is entered yields events until the service ends the stream."""
        response = await self._exchange(call)
        try:
            raise_for_refusal(response)
            yield self._events(response)
        finally:
            await response.aclose()

    async def _events(self, response: httpx.Response) -> AsyncIterator[Event[Any]]:
        reader = EventReader()
        try:
            async for chunk in response.aiter_bytes():
                for event in events_in(chunk, reader, response):
                    yield event
        except httpx.HTTPError as problem:
            raise failed(problem) from problem

    async def _exchange(self, call: Call[Any]) -> httpx.Response:
        tries, request = Tries(call, self._retries), request_of(call, self._base_url, self._timeout)
        while True:
            try:
                response = await self._http.send(self._http.build_request(**request), stream=call.accept == EVENTS)
                if not response.is_success:
                    await response.aread()
                pause = tries.after_answer(response)
            except httpx.HTTPError as problem:
                pause = tries.after_failure(problem)
            if pause is None:
                return response
            await asyncio.sleep(pause)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()
