"""How a call becomes a request, when it is tried again, and what its answer becomes: the same for both clients."""

import random
import re
from collections.abc import Generator, Iterator
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

import httpx

from customer_context_client.calls import JSON, Call, Event, Tagged
from customer_context_client.errors import CustomerContextError
from customer_context_client.event_reader import EventReader

T = TypeVar("T")

LONGEST_PAUSE_SECONDS = 10.0
"""A service that asks to be left alone for longer than this is reported instead of waited for."""

FIRST_PAUSE_SECONDS = 0.25
"""Pause before the second try, twice as long before the third, shortened by chance: callers must not march in step."""

USER_AGENT = "customer-context-client-python"

CONNECTION_FAILURES = (httpx.ConnectError, httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)
"""The connection was not made, or was lost. A timeout is none of these: it is reported at once, however safe."""


class Bearer(httpx.Auth):
    """Adds the token to a request; it cannot be printed, nor pickled, nor found among the client's attributes."""

    def __init__(self, token: str) -> None:
        if not re.fullmatch(r"[!-~]+", token):
            raise ValueError("the token must be visible ASCII characters, without spaces or line ends")

        def authorization() -> str:
            return f"Bearer {token}"

        self._authorization = authorization

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Send the request with the token."""
        request.headers["Authorization"] = self._authorization()
        yield request


class Tries:
    """Counts the tries of one call, and says how long to pause before the next or raises what ended it."""

    def __init__(self, call: Call[Any], retries: int) -> None:
        self._call = call
        self._left = retries
        self._pause = FIRST_PAUSE_SECONDS

    def after_answer(self, response: httpx.Response) -> float | None:
        """Return the pause before the next try, or None where this is the answer to take."""
        asked = response.headers.get("Retry-After", "")
        if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or not asked.isdecimal():
            return None
        again = self._call.repeatable and self._left > 0 and int(asked) <= LONGEST_PAUSE_SECONDS
        return self._next_pause(float(asked)) if again else None

    def after_failure(self, problem: httpx.HTTPError) -> float:
        """Return the pause before the next try; raises where there is none."""
        # What never left may be sent again, whatever it is.
        unsent = isinstance(problem, httpx.ConnectError)
        safe = unsent or (self._call.repeatable and isinstance(problem, CONNECTION_FAILURES))
        if not safe or self._left <= 0:
            raise failed(problem) from problem
        return self._next_pause(0.0)

    def _next_pause(self, at_least: float) -> float:
        self._left -= 1
        self._pause *= 2
        return max(at_least, self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - no secret


def base_url_of(url: str) -> str:
    """Return the address of the service as requests need it; raises `ValueError` where it is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
        raise ValueError("base_url must be the service's address, such as https://context.example.com")
    return url.rstrip("/")


def request_of(call: Call[Any], base_url: str, timeout: float) -> dict[str, Any]:
    """Return the arguments of httpx's `build_request`."""
    query = {name: _word(value) for name, value in call.query.items() if value is not None}
    headers = {name: value for name, value in call.headers.items() if value is not None}
    return {
        "method": call.method,
        "url": base_url + call.url,
        "params": query,
        "headers": headers | {"Accept": call.accept, "User-Agent": USER_AGENT},
        "json": call.body,
        "timeout": httpx.Timeout(timeout, read=timeout + call.patience_seconds),
    }


def answer_of(call: Call[T], response: httpx.Response) -> T:
    """Return what the service answered, or raise what it refused."""
    raise_for_refusal(response)
    content: Any = None
    if response.status_code != httpx.codes.NO_CONTENT:
        content = _json_of(response) if call.accept == JSON else response.text
    return cast("T", Tagged(content, response.headers.get("ETag", "")) if call.tagged else content)


def events_in(chunk: bytes, reader: EventReader, response: httpx.Response) -> Iterator[Event[Any]]:
    """Yield the events that a chunk completes; raises the problem that the service ends a stream with."""
    for event in reader.read(chunk):
        if event.name == "problem":
            raise refusal_of(event.data, event.data.get("status"), response.headers.get("X-Request-Id"))
        yield event


def raise_for_refusal(response: httpx.Response) -> None:
    """Raise the service's refusal, where it is one."""
    if response.is_success:
        return
    try:
        problem = response.json()
    except ValueError:
        problem = None
    raise refusal_of(problem, response.status_code, response.headers.get("X-Request-Id"))


def refusal_of(problem: Any, status: int | None, request_id: str | None) -> CustomerContextError:
    """Return a problem of the service (RFC 9457), or of what stands before it, as the exception."""
    if not isinstance(problem, dict) or not isinstance(problem.get("code"), str):
        problem = {"code": f"http_{status}", "title": f"The service answered {status} without saying why"}
    title, detail = str(problem.get("title", "")), str(problem.get("detail", ""))
    return CustomerContextError(problem["code"], title, detail, status, problem.get("errors") or (), request_id)


def failed(problem: httpx.HTTPError) -> CustomerContextError:
    """Return a failure of the transport as the exception; its own words may hold what nobody should print."""
    if isinstance(problem, httpx.TimeoutException):
        return CustomerContextError("timeout", "The service did not answer in time", "Raise timeout, or ask later")
    if isinstance(problem, httpx.ConnectError):
        return CustomerContextError(
            "no_connection", "The service cannot be reached", "Check base_url, and that it runs"
        )
    return CustomerContextError(
        "connection_lost", "The connection broke off", "Ask again: enriching is once per ticket"
    )


def _json_of(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        title, request_id = "The answer is not JSON", response.headers.get("X-Request-Id")
        detail = "Check that base_url leads to Customer Context"
        raise CustomerContextError("unreadable_answer", title, detail, response.status_code, (), request_id) from None


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
