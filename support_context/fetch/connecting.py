"""Connects to the first of several addresses that answers, trying them staggered and families in turn (RFC 8305)."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from itertools import chain, zip_longest
from typing import TypeVar

from support_context.fetch.tls import TlsStream

STAGGER_SECONDS = 0.25
"""Seconds before the next address is tried beside those that have not answered (RFC 8305, 5)."""

MOST_ADDRESSES = 16
"""Addresses that are tried; a name with more of them cannot make this service knock at every one."""

S = TypeVar("S", bound=TlsStream)


async def connect(new_stream: Callable[[], S], addresses: Sequence[str], port: int) -> tuple[S, str]:
    """Return a stream that is connected to one of the addresses, and which; raises the last `OSError` if none is."""
    waiting = in_turn(addresses)[:MOST_ADDRESSES]
    if len(waiting) == 1:
        return await _connect_one(new_stream, waiting[0], port)
    trying: set[asyncio.Task[tuple[S, str]]] = set()
    failed: OSError | None = None
    try:
        while waiting or trying:
            if waiting:
                trying.add(asyncio.create_task(_connect_one(new_stream, waiting.pop(0), port)))
            patience = STAGGER_SECONDS if waiting else None
            ended, _ = await asyncio.wait(trying, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            for task in ended:
                trying.discard(task)
                fault = task.exception()
                if fault is None:
                    return task.result()
                if not isinstance(fault, OSError):
                    raise fault
                failed = fault
    finally:
        await _close(trying)
    raise failed or OSError("no address")


def in_turn(addresses: Sequence[str]) -> list[str]:
    """Order addresses so that families take turns, the first one's first (RFC 8305, 4)."""
    first = ":" in addresses[0]
    families = ([a for a in addresses if (":" in a) is first], [a for a in addresses if (":" in a) is not first])
    return [address for address in chain.from_iterable(zip_longest(*families)) if address is not None]


async def _connect_one(new_stream: Callable[[], S], address: str, port: int) -> tuple[S, str]:
    loop = asyncio.get_running_loop()
    # A name would be looked up a second time, and lead elsewhere than to what was judged: only an address is taken.
    _, stream = await loop.create_connection(new_stream, address, port, flags=socket.AI_NUMERICHOST)
    return stream, address


async def _close(losers: set[asyncio.Task[tuple[S, str]]]) -> None:
    for loser in losers:
        loser.cancel()
    for ended in await asyncio.gather(*losers, return_exceptions=True):
        if not isinstance(ended, BaseException):
            ended[0].close()
