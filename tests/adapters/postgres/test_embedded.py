"""The embedded PostgreSQL starts, is shared, survives what kills its users, and says what to do where it cannot run."""

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from app.adapters.postgres.embedded import LONGEST_DIRECTORY_BYTES, EmbeddedPostgresFailed, embedded_postgres
from tests.support.database_folders import database_folder

USER = """
import asyncio, sys
from pathlib import Path
from app.adapters.postgres.embedded import embedded_postgres
async def main():
    async with embedded_postgres(Path(sys.argv[1])):
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""
"""A process that uses the server until its stdin ends."""


@pytest.fixture(scope="module")
def initialized() -> Iterator[Path]:
    """A data directory with a cluster in it, stopped."""
    data_dir = database_folder("cc-pg-")

    async def start_and_stop() -> None:
        async with embedded_postgres(data_dir):
            pass

    asyncio.run(start_and_stop())
    yield data_dir
    shutil.rmtree(data_dir)


def another_process(data_dir: Path, **environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-W", "error", "-c", USER, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(Path.cwd()), *sys.path]), **environment},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


async def answers(url: str) -> bool:
    try:
        connection = await asyncpg.connect(url)
    except OSError:
        return False
    assert await connection.fetchval("SELECT 1") == 1
    await connection.close()
    return True


async def test_it_starts_and_stops_when_it_has_one_user(initialized: Path) -> None:
    async with embedded_postgres(initialized) as url:
        connection = await asyncpg.connect(url)
        settings = [
            await connection.fetchval(f"SHOW {name}")
            for name in (
                "max_connections",
                "listen_addresses",
                "server_encoding",
                "unix_socket_permissions",
                "timezone",
            )
        ]
        await connection.close()
        assert settings == ["400", "", "UTF8", "0700", "UTC"]
        assert (initialized / "postgres").stat().st_mode & 0o777 == 0o700
    assert not await answers(url)


async def test_data_are_kept_when_it_is_stopped_and_started(initialized: Path) -> None:
    async with embedded_postgres(initialized) as url:
        connection = await asyncpg.connect(url)
        await connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
        await connection.close()
    async with embedded_postgres(initialized) as url:
        connection = await asyncpg.connect(url)
        assert await connection.fetchval("SELECT n FROM kept") == 7
        await connection.execute("DROP TABLE kept")
        await connection.close()


async def test_processes_share_it_and_the_last_to_leave_stops_it(initialized: Path) -> None:
    first = another_process(initialized)
    second = another_process(initialized)
    async with embedded_postgres(initialized) as url:
        for process in (first, second):
            process.communicate()
            assert process.returncode == 0
            assert await answers(url)
    assert not await answers(url)


async def test_the_last_to_leave_leaves_it_when_another_process_uses_it(initialized: Path) -> None:
    async with embedded_postgres(initialized) as url:
        process = another_process(initialized)
    assert await answers(url)
    process.communicate()
    assert not await answers(url)


async def test_a_killed_user_leaves_it_to_the_next_who_stops_it(initialized: Path) -> None:
    process = another_process(initialized)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    async with embedded_postgres(initialized) as url:
        assert await answers(url)
    assert not await answers(url)


@pytest.mark.parametrize(
    "pid",
    [
        pytest.param(str(os.getpid()), id="now another process's"),
        pytest.param("4194304", id="nobody's: above any pid"),
        pytest.param("", id="cut off"),
    ],
)
async def test_it_starts_when_a_server_left_its_pid_behind(initialized: Path, pid: str) -> None:
    left = initialized / "postgres" / "data" / "postmaster.pid"
    left.write_text(f"{pid}\n{left.parent}\n1700000000\n5432\n{initialized / 'postgres'}\n\n 1 1\nready\n")
    async with embedded_postgres(initialized) as url:
        assert await answers(url)


async def test_the_environment_does_not_move_it(initialized: Path) -> None:
    process = another_process(initialized, PGPORT="6543", PGHOST="/nowhere", PGDATA="/nowhere", LC_ALL="C", PGUSER="x")
    async with embedded_postgres(initialized) as url:
        assert await answers(url)
    process.communicate()
    assert process.returncode == 0


async def test_an_interrupted_first_start_leaves_nothing_in_the_way() -> None:
    data_dir = database_folder("cc-pg-")
    async with embedded_postgres(data_dir):
        pass
    (data_dir / "postgres" / "data").rename(data_dir / "postgres" / "data.new")
    async with embedded_postgres(data_dir) as url:
        assert await answers(url)
    shutil.rmtree(data_dir)


@pytest.mark.parametrize("too_long_by", [0, 1])
async def test_a_path_is_refused_when_it_is_too_long_for_a_socket(too_long_by: int) -> None:
    root = Path(tempfile.mkdtemp(prefix="cc-pg-"))
    data_dir = root / ("d" * (LONGEST_DIRECTORY_BYTES - len("/postgres") - len(f"{root}/") + too_long_by))
    if too_long_by:
        with pytest.raises(EmbeddedPostgresFailed, match=r"CC_DATA_DIR is too long .* at most 79 bytes"):
            await embedded_postgres(data_dir).__aenter__()
    else:
        async with embedded_postgres(data_dir) as url:
            assert await answers(url)
    shutil.rmtree(root)


async def test_a_folder_is_refused_when_others_may_enter_it(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(mode=0o755)
    with pytest.raises(EmbeddedPostgresFailed, match=r"CC_DATA_DIR is open to other users.*chmod 700"):
        await embedded_postgres(tmp_path).__aenter__()


async def test_a_path_is_refused_when_it_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedPostgresFailed, match="CC_DATA_DIR cannot be written"):
        await embedded_postgres(tmp_path / "file").__aenter__()


async def test_a_server_that_runs_but_never_answers_says_where_to_look(initialized: Path, tmp_path: Path) -> None:
    stuck = tmp_path / "postgres"
    shutil.copy(shutil.which("sleep") or "", stuck)
    process = subprocess.Popen([stuck, "60"])  # noqa: ASYNC220, S603 - a process of PostgreSQL's name
    left = initialized / "postgres" / "data" / "postmaster.pid"
    left.write_text(f"{process.pid}\n{left.parent}\n1700000000\n5432\n{initialized / 'postgres'}\n\n 1 1\nready\n")
    try:
        with pytest.raises(EmbeddedPostgresFailed, match="does not answer: see the file postgres/log in CC_DATA_DIR"):
            await embedded_postgres(initialized, patience_seconds=0.1).__aenter__()
    finally:
        process.kill()
        process.wait()
        left.unlink()


async def test_a_start_that_fails_says_where_to_look(initialized: Path) -> None:
    version = initialized / "postgres" / "data" / "PG_VERSION"
    version.write_text("9\n")
    try:
        with pytest.raises(EmbeddedPostgresFailed, match=r"pg_ctl failed .* postgres/log in CC_DATA_DIR"):
            await embedded_postgres(initialized).__aenter__()
    finally:
        version.write_text("18\n")
