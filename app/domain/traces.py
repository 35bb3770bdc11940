"""The traceparent header (W3C Trace Context): read strictly, or not at all."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

_TRACEPARENT = re.compile(
    r"(?P<version>[0-9a-f]{2})-(?P<trace_id>[0-9a-f]{32})-(?P<span_id>[0-9a-f]{16})-(?P<flags>[0-9a-f]{2})(?P<more>-[!-~]*)?"
)

_NO_VERSION = "ff"
_SAMPLED = 0x01


@dataclass(frozen=True, slots=True)
class Trace:
    """A place in a trace: everything that begins there names it as its parent."""

    trace_id: str
    span_id: str
    sampled: bool

    def __str__(self) -> str:
        """Return it as a `traceparent` header."""
        return f"00-{self.trace_id}-{self.span_id}-{_SAMPLED if self.sampled else 0:02x}"


def trace_in(headers: Sequence[str]) -> Trace | None:
    """Return the trace that the `traceparent` headers of a request name; None unless it is exactly one, and valid.

    A later version may say more behind the four parts (section 4.3), the first may not. Of the flags only the sampled
    one is kept, and `tracestate` is not read at all: it is other people's free text.
    """
    found = _TRACEPARENT.fullmatch(headers[0]) if len(headers) == 1 else None
    if found is None or found["version"] == _NO_VERSION or (found["version"] == "00" and found["more"]):
        return None
    if not (found["trace_id"].strip("0") and found["span_id"].strip("0")):
        return None
    return Trace(found["trace_id"], found["span_id"], bool(int(found["flags"], 16) & _SAMPLED))
