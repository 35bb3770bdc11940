"""What the two clients share: a call as a value, and operations that each client makes in its own way."""

import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Concatenate, Generic, ParamSpec, TypeVar, overload
from urllib.parse import quote

if TYPE_CHECKING:
    from customer_context_client.clients import AsyncClient, Client

P = ParamSpec("P")
T = TypeVar("T")

JSON = "application/json"
EVENTS = "text/event-stream"

LONGEST_RUN_SECONDS = 300.0
"""What a service may take at most to look a customer up, however it is set up, and then answers."""

SILENCE_SECONDS = 45.0
"""A stream of results that has been silent for so long is dead: a sign of life comes every 15 s."""


@dataclass(frozen=True, slots=True)
class Tagged(Generic[T]):
    """An answer with its version: `etag` given as `if_match` guards a change against somebody else's."""

    body: T
    etag: str


@dataclass(frozen=True, slots=True)
class Event(Generic[T]):
    """One event of a stream."""

    name: str
    data: T


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request, and what is to be made of its answer."""

    method: str
    template: str
    path: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: Any = None
    accept: str = JSON
    tagged: bool = False
    once: bool = False

    @property
    def url(self) -> str:
        """The path; whatever an id holds, it stays one segment. Raises `ValueError` for an id that cannot."""
        segments = {name: _segment(name, value) for name, value in self.path.items()}
        return self.template.format(**segments)

    @property
    def repeatable(self) -> bool:
        """Whether doing it twice leaves what doing it once leaves, so that a lost answer may be asked for again.

        A change under `if_match` is not: the second would be refused because of the first. Nor is a refresh, which
        would run twice.
        """
        if self.headers.get("If-Match") is not None or self.query.get("refresh"):
            return False
        if self.once:
            return not any(each.get("refresh") for each in self.body.get("tickets", ()))
        return self.method in {"GET", "PUT", "DELETE"}

    @property
    def patience_seconds(self) -> float:
        """How long the service may be silent because it was asked to wait, or has a customer to look up."""
        if self.accept == EVENTS and self.method == "GET":
            return SILENCE_SECONDS
        if self.query.get("wait"):
            return float(self.query["wait"])
        if not self.template.endswith(("/enrich", "/refresh", "/look-up", "/test")):
            return 0.0
        prefer = self.headers.get("Prefer") or ""
        wait = re.search(r"\bwait=(\d{1,3})\b", prefer)
        return float(wait[1]) if wait else 0.0 if "respond-async" in prefer else LONGEST_RUN_SECONDS


class Operation(Generic[P, T]):
    """A method that its function only describes: on a `Client` it returns the answer, on an `AsyncClient` awaits it."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> "Operation[P, T]": ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: "AsyncClient", owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...

    def __get__(self, client: Any, owner: type) -> Any:
        """Return what sends the call that the function describes."""
        return self if client is None else lambda *args, **named: client.send(self.describe(client, *args, **named))


class Stream(Generic[P, T]):
    """A method that its function only describes; what it returns is entered, and then yields events as they come."""

    def __init__(self, describe: Callable[Concatenate[Any, P], Call[T]]) -> None:
        self.describe = describe
        self.__doc__ = describe.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> "Stream[P, T]": ...
    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, AbstractContextManager[Iterator[Event[T]]]]: ...
    @overload
    def __get__(
        self, client: "AsyncClient", owner: type
    ) -> Callable[P, AbstractAsyncContextManager[AsyncIterator[Event[T]]]]: ...

    def __get__(self, client: Any, owner: type) -> Any:
        """Return what listens to the call that the function describes."""
        return self if client is None else lambda *args, **named: client.listen(self.describe(client, *args, **named))


def _segment(name: str, value: str) -> str:
    # Both are resolved on the way, escaped or not: `customers/..` would be the project.
    if value in ("", ".", ".."):
        raise ValueError(f"{name} must not be empty, . or ..: the path would mean another resource")
    return quote(value, safe="")


operation = Operation
stream = Stream
