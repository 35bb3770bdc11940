"""HTTP/1.1 of a look-up: one request written, one answer read, by the grammar of h11 but in linear time.

As h11 does, it lets pass what servers in the wild send beside RFC 9112: bare line feeds, folded lines, no reason
phrase, control characters in values, blanks after the size of a chunk. A test compares the two byte by byte.
"""

import re
from typing import NamedTuple

import httpx

from support_context.failures import FLOOD, Failure, LookupFailed
from support_context.fetch.phases import Phase, Progress
from support_context.fetch.tls import TlsStream
from support_context.limits import HEAD_BYTES, LONGEST_LOCATION, WIRE_BYTES

KEPT_HEADERS = (b"content-type", b"content-encoding")
"""What httpx may see, beside the length: no cookie to keep, no location to follow."""

MOST_INTERIM_ANSWERS = 100
"""Answers of 1xx before the final one; each costs a parse, and no server has as many hints to give."""

SWITCHING_PROTOCOLS = 101
FIRST_FINAL_STATUS = 200
NO_BODY = (204, 304)
"""Statuses of answers that end with their head, whatever it declares (RFC 9112, 6.3)."""

FIRST_VISIBLE = 0x21
"""The first character that an answer may begin with; one of TLS or an empty line does not."""

TOKEN = re.compile(rb"[-!#$%&'*+.^_`|~0-9a-zA-Z]+")
TARGET = re.compile(rb"[\x21-\x7e]+")
BLANKS = b" \t"
"""What is allowed within a header's value, and not around it."""

NO_VALUE = b"\0\n\v\f\r"
"""What is in no header's value: NUL, and white space that ends a line somewhere."""

STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-9][0-9]{2})(?: [^\0\v\f\r]*)?")
SECTION_END = re.compile(rb"\A\r?\n|\n\r?\n")
LINE_END = re.compile(rb"\r?\n")
FOLD = re.compile(rb"\r?\n[ \t]+")
LENGTH = re.compile(rb"[0-9]{1,20}")
CHUNK_HEAD_END = re.compile(rb"\r\n")
CHUNK_HEAD = re.compile(rb"([0-9a-fA-F]{1,20})(?:;.*|[ \t]*)\r\n")


class Fields(NamedTuple):
    """The header fields of an answer, their names in lower case, and how they delimit its body."""

    lines: list[tuple[bytes, bytes]]
    length: int | None
    is_chunked: bool

    def kept(self) -> list[tuple[bytes, bytes]]:
        """Return the fields that httpx may see, the length once however often it was declared."""
        length = [] if self.length is None else [(b"content-length", b"%d" % self.length)]
        return [each for each in self.lines if each[0] in KEPT_HEADERS] + length


class Exchange(httpx.AsyncByteStream):
    """One request and its answer; iterating gives the body's bytes as they came."""

    def __init__(self, stream: TlsStream, progress: Progress) -> None:
        self._stream = stream
        self._progress = progress
        self._received = 0
        self._unread = bytearray()
        self._left: int | None = 0
        self._is_chunked = False
        self._before_size = b""

    async def answer_to(self, request: httpx.Request) -> httpx.Response:
        """Send the request and read up to the end of the final answer's head."""
        await self._stream.send(encoded(request))
        status, fields = await self._head()
        for _ in range(MOST_INTERIM_ANSWERS):
            if status >= FIRST_FINAL_STATUS or status == SWITCHING_PROTOCOLS:
                break
            status, fields = await self._head()
        if status < FIRST_FINAL_STATUS:
            raise httpx.RemoteProtocolError("there is no final answer")
        if status not in NO_BODY and request.method != "HEAD":
            self._is_chunked = fields.is_chunked
            self._left = 0 if self._is_chunked else fields.length
        response = httpx.Response(status, headers=fields.kept(), stream=self)
        # No header of httpx's response: it would read it as a URL.
        location = next((value for name, value in fields.lines if name == b"location"), b"")
        response.extensions["location"] = location[:LONGEST_LOCATION].decode("latin-1")
        return response

    def __aiter__(self) -> "Exchange":
        return self

    async def __anext__(self) -> bytes:
        if self._left == 0 and self._is_chunked:
            await self._begin_chunk()
        if self._left == 0:
            raise StopAsyncIteration
        if not self._unread and not await self._receive():
            if self._left is None:  # the end of the connection is the body's
                raise StopAsyncIteration
            raise httpx.RemoteProtocolError("the body is incomplete")
        piece = self._taken(self._left)
        if self._left is not None:
            self._left -= len(piece)
        return piece

    async def aclose(self) -> None:
        """Close the connection."""
        self._stream.close()

    async def _head(self) -> tuple[int, Fields]:
        while not self._unread:
            await self._receive_more()
        # At once: what begins so may never come to an end that could be looked for.
        if self._unread[0] < FIRST_VISIBLE:
            raise httpx.RemoteProtocolError("the answer is not HTTP/1.1")
        line, _, lines = (await self._up_to(SECTION_END)).partition(b"\n")
        status = STATUS_LINE.fullmatch(line.removesuffix(b"\r"))
        if status is None:
            raise httpx.RemoteProtocolError("the answer is not HTTP/1.1")
        return int(status[1]), read_fields(lines)

    async def _begin_chunk(self) -> None:
        for expected in self._before_size:
            while not self._unread:
                await self._receive_more()
            if self._unread.pop(0) != expected:
                raise httpx.RemoteProtocolError("a chunk is longer than its size")
        size = CHUNK_HEAD.fullmatch(await self._up_to(CHUNK_HEAD_END))
        if size is None:
            raise httpx.RemoteProtocolError("a chunk has no size")
        self._left, self._before_size = int(size[1], 16), b"\r\n"
        if self._left == 0:
            read_fields(await self._up_to(SECTION_END))
            self._is_chunked = False

    async def _up_to(self, end: re.Pattern[bytes]) -> bytes:
        searched = 0
        while (found := end.search(self._unread, searched)) is None:
            if len(self._unread) > HEAD_BYTES:
                raise httpx.RemoteProtocolError("a head, or what frames a chunk, has no end")
            searched = max(0, len(self._unread) - 2)  # an end that began may go on
            await self._receive_more()
        return self._taken(found.end())

    def _taken(self, most: int | None) -> bytes:
        taken = bytes(self._unread[:most])
        del self._unread[:most]
        return taken

    async def _receive_more(self) -> None:
        if not await self._receive():
            raise httpx.RemoteProtocolError("the answer is incomplete")

    async def _receive(self) -> bool:
        """Receive what has arrived; False at the end."""
        data = await self._stream.receive()
        if data:
            self._progress.phase = Phase.ANSWERING
        self._received += len(data)
        if self._received > WIRE_BYTES:
            raise LookupFailed(Failure.TOO_LARGE, f"more than {WIRE_BYTES} bytes in all", sentence=FLOOD)
        self._unread += data
        return bool(data)


def encoded(request: httpx.Request) -> bytes:
    """Return a request as it is sent; where it cannot be, the exception quotes no header, as that may be the token."""
    method, target, headers = request.method.encode("ascii"), request.extensions["target"], request.headers.raw
    are_fields = all(TOKEN.fullmatch(name) and is_value(value) for name, value in headers)
    if not (TOKEN.fullmatch(method) and TARGET.fullmatch(target) and are_fields):
        raise httpx.LocalProtocolError("the request is not HTTP/1.1")
    lines = b"".join([b"%s: %s\r\n" % each for each in headers])
    return b"%s %s HTTP/1.1\r\n%s\r\n%s" % (method, target, lines, request.content)


def is_value(value: bytes) -> bool:
    """Tell whether bytes can be the value of a header; a regular expression takes several times as long."""
    return value == value.strip(BLANKS) == value.translate(None, NO_VALUE)


def read_fields(section: bytes) -> Fields:
    """Read the header fields of a head, or of what follows the last chunk, up to the empty line that ends them."""
    lines = []
    for line in LINE_END.split(FOLD.sub(b" ", section))[:-2]:
        name, colon, value = line.partition(b":")
        value = value.strip(BLANKS)
        if not colon or not TOKEN.fullmatch(name) or not is_value(value):
            raise httpx.RemoteProtocolError("a header field is not HTTP/1.1")
        lines.append((name.lower(), value))
    lengths = {each.strip() for name, value in lines if name == b"content-length" for each in value.split(b",")}
    codings = [value.lower() for name, value in lines if name == b"transfer-encoding"]
    if len(lengths) > 1 or not all(map(LENGTH.fullmatch, lengths)):
        raise httpx.RemoteProtocolError("the length of the body is none, or not one")
    if codings not in ([], [b"chunked"]):
        raise httpx.RemoteProtocolError("the transfer coding is unknown")
    return Fields(lines, int(lengths.pop()) if lengths else None, bool(codings))
