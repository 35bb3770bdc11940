"""DNS resolution in threads of its own: a slow name server must not hold up anything else."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor

LOOKUPS_AT_ONCE = 32
"""Threads: one waits per name that is being resolved, and each costs little while it does."""


class Resolver:
    """The operating system's resolver, hosts file included."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, thread_name_prefix="resolver")

    async def __call__(self, host: str, port: int) -> list[str]:
        """Return every address of a name in the order to try them; `OSError` where there is none."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, _addresses, host, port)

    def close(self) -> None:
        """Let the threads go; one that still waits for a name server ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _addresses(host: str, port: int) -> list[str]:
    # As bytes, because a text would go through Python's IDNA 2003 codec first.
    found = socket.getaddrinfo(host.encode("ascii"), port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return list(dict.fromkeys(written(sockaddr) for *_, sockaddr in found))


def written(sockaddr: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> str:
    """Return the IP address of a socket address, with the scope that makes it refusable."""
    address = str(sockaddr[0])
    scope = sockaddr[3] if len(sockaddr) == 4 else 0  # noqa: PLR2004 - host, port, flow, scope
    return f"{address}%{scope}" if scope and "%" not in address else address
