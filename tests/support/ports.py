"""Ports of loopback for servers that are named before they listen, or that never do."""

import itertools
import os
import random
import socket

WORKERS = 32
"""Test processes that have ports of their own."""

_NUMBER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))

_MINE = range(20_000 + _NUMBER % WORKERS, 32_000, WORKERS)
"""Below those that the system gives by itself (32,768 and up on Linux): for a connection, or to who asks for any."""

_IN_TURN = itertools.cycle(random.sample(_MINE, len(_MINE)))


def free_port() -> int:
    """Return a port on which nobody listens until this test does, between two starts of its server too.

    A port that the system gives is given anew as soon as it is closed: once HAProxy got the one of a replica that was
    never started, and sent requests to itself.
    """
    return next(port for port in _IN_TURN if _is_free(port))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
