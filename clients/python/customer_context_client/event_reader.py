"""Reads server-sent events (WHATWG HTML, 9.2) out of bytes, however they are cut."""

import json
from collections.abc import Iterator
from typing import Any

from customer_context_client.calls import Event


class EventReader:
    """Collects lines until an event is complete.

    Lines end at LF or CRLF and nowhere else: a U+2028 in a customer's name is data, although Python's `splitlines`
    would cut there.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._name = "message"
        self._data: list[bytes] = []

    def read(self, chunk: bytes) -> Iterator[Event[Any]]:
        """Yield the events that this chunk completes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            name, _, value = line.removesuffix(b"\r").partition(b":")
            value = value.removeprefix(b" ")
            if name == b"event":
                self._name = value.decode()
            elif name == b"data":
                self._data.append(value)
            elif not name and not value:
                if self._data:
                    yield Event(self._name, json.loads(b"\n".join(self._data)))
                self._name, self._data = "message", []
