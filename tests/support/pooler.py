"""A real PgBouncer in transaction mode before the tests' PostgreSQL, with few sessions that its clients share."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")
"""PgBouncer, or None where it is not installed."""

START_SECONDS = 30.0
"""Longest wait for its first answer: it takes milliseconds, on a busy machine seconds."""


@asynccontextmanager
async def transaction_pooler(server_url: str, sessions: int) -> AsyncIterator[str]:
    """Run a pooler before the server behind a socket's URL; yields the URL that leads through it."""
    target = make_url(server_url)
    folder = Path(tempfile.mkdtemp(prefix="cc-pooler-"))
    process = _start(folder, Path(str(target.query["host"])), str(target.username), sessions)
    try:
        url = target.update_query_dict({"host": str(folder)}).render_as_string(hide_password=False)
        await _until_it_answers(url)
        yield url
    finally:
        process.kill()
        await asyncio.to_thread(process.wait)
        shutil.rmtree(folder)


def _start(folder: Path, server: Path, user: str, sessions: int) -> "subprocess.Popen[bytes]":
    assert PROGRAM is not None
    settings = folder / "pgbouncer.ini"
    settings.write_text(f"""
        [databases]
        * = host={server} user={user}
        [pgbouncer]
        unix_socket_dir = {folder}
        listen_port = 5432
        auth_type = any
        pool_mode = transaction
        default_pool_size = {sessions}
        server_round_robin = 1
    """)
    # It must reach PostgreSQL's socket, which its owner can, and refuses to run as root.
    owner, as_root = server.stat(), os.geteuid() == 0
    if as_root:
        for path in (folder, settings):
            os.chown(path, owner.st_uid, owner.st_gid)
    with (folder / "log").open("wb") as log:
        return subprocess.Popen(  # noqa: S603 - a program of the system with a file of ours
            [PROGRAM, str(settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            user=owner.st_uid if as_root else None,
            group=owner.st_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )


async def _until_it_answers(url: str) -> None:
    async with asyncio.timeout(START_SECONDS):
        while True:
            with suppress(OSError):
                connection = await asyncpg.connect(url, statement_cache_size=0)
                await connection.close()
                return
            await asyncio.sleep(0.02)
