"""Runs the sample customer endpoint on real TLS: a free loopback port, a throw-away CA, a thread of its own."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import trustme
import uvicorn
from starlette.types import ASGIApp

LOOPBACK = "127.0.0.1"
"""The address and not `localhost`: that name also leads to ::1, which is outside the range that the demo opens."""

ANY_PORT = 0
"""Lets the system choose a port."""

STOP_SECONDS = 5.0
"""Longest wait for the thread at the end; it is a daemon, so it cannot keep the process."""


@contextmanager
def hosted(
    application: ASGIApp, ca_file: Path, port: int = ANY_PORT, certificate_ends: datetime | None = None
) -> Iterator[str]:
    """Serve the application while the block runs; yields its origin and writes the CA to trust into `ca_file`.

    Raises `OSError` where the port is taken.
    """
    authority = trustme.CA(organization_name="Customer Context demo, throw-away")
    authority.cert_pem.write_to_path(str(ca_file))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(LOOPBACK, not_after=certificate_ends).configure_cert(context)
    server = uvicorn.Server(
        uvicorn.Config(
            application,
            ssl_context_factory=lambda config, default: context,
            log_config=None,
            access_log=False,
            server_header=False,
        )
    )
    # Listening before the thread starts: from here on, a connection waits in the backlog instead of being refused.
    with socket.create_server((LOOPBACK, port)) as listener:
        thread = threading.Thread(target=server.run, args=([listener],), name="sample-endpoint", daemon=True)
        thread.start()
        try:
            yield f"https://{LOOPBACK}:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS)
