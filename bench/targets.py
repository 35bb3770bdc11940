"""What is measured: processes that take tickets, with the CPU time and the memory that they use."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import psutil

from bench.machine import CAN_SEPARATE, CORES

STATISTICS_SECONDS = 10.5
"""After which PostgreSQL's own figures count what a session has done: an idle one tells within ten (`pgstat.c`)."""

WATCH_SECONDS = 0.1
"""Time between two looks at the memory: a peak lasts longer."""


@dataclass(frozen=True, slots=True)
class Target:
    """Something that takes tickets: addresses, token, processes, and where its database lies, if it has one."""

    name: str
    base_urls: tuple[str, ...]
    service_token: str
    pids: tuple[int, ...]
    data_dir: Path | None = None
    database_url: str = ""

    def cpu_seconds(self) -> float:
        """Return the CPU time that its processes have used so far, without PostgreSQL."""
        times = [psutil.Process(pid).cpu_times() for pid in self.pids]
        return float(sum(each.user + each.system for each in times))

    def memory_bytes(self) -> int:
        """Return the resident memory of its processes, without PostgreSQL."""
        return sum(int(psutil.Process(pid).memory_info().rss) for pid in self.pids)

    def database_cpu_seconds(self) -> float:
        """Return the CPU time of PostgreSQL and of all its processes, those that have ended too."""
        postmaster = self._postmaster()
        if postmaster is None:
            return 0.0
        ended = postmaster.cpu_times()
        total = ended.user + ended.system + ended.children_user + ended.children_system
        for child in postmaster.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                total += times.user + times.system
        return float(total)

    async def statements(self) -> float:
        """Return how many statements have run so far: each is a transaction of its own."""
        if not self.database_url:
            return 0.0
        await asyncio.sleep(STATISTICS_SECONDS)
        connection = await asyncpg.connect(self.database_url)
        try:
            counted = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
            return float(await connection.fetchval(counted))
        finally:
            await connection.close()

    def move_database_away(self) -> None:
        """Put PostgreSQL beside the load: in production it has a machine of its own."""
        postmaster = self._postmaster()
        if CAN_SEPARATE and postmaster:
            for process in [postmaster, *postmaster.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    process.cpu_affinity(CORES[:-1])

    def _postmaster(self) -> psutil.Process | None:
        pid_files = sorted(self.data_dir.rglob("postmaster.pid")) if self.data_dir else []
        return psutil.Process(int(pid_files[0].read_text().split()[0])) if pid_files else None


@dataclass(slots=True)
class Spent:
    """CPU seconds that a target used in a stretch of time, and its database, with the statements that this ran."""

    service: float = 0.0
    database: float = 0.0
    statements: float = 0.0

    def over(self, count: float) -> "Spent":
        """Return what that is for each of so many."""
        return Spent(self.service / count, self.database / count, self.statements / count)


class Meter:
    """Counts CPU from the moment that it is started, and `statements` if asked to.

    Reading those takes ten seconds, in which no CPU is counted; a target rests meanwhile, and is slower
    for a while when it begins again.
    """

    def __init__(self, target: Target, statements: float | None) -> None:
        self._target = target
        self._statements = statements
        self._service, self._database = target.cpu_seconds(), target.database_cpu_seconds()

    @classmethod
    async def started(cls, target: Target, *, statements: bool = False) -> "Meter":
        """Start to count."""
        return cls(target, await target.statements() if statements else None)

    async def spent(self) -> Spent:
        """Return what was used since then."""
        service = self._target.cpu_seconds() - self._service
        database = self._target.database_cpu_seconds() - self._database
        statements = 0.0 if self._statements is None else await self._target.statements() - self._statements
        return Spent(service, database, statements)


class MemoryWatch:
    """Remembers the most memory that a target had."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self.highest = target.memory_bytes()

    async def look_for_ever(self) -> None:
        """Look again and again until cancelled."""
        while True:
            self.highest = max(self.highest, self._target.memory_bytes())
            await asyncio.sleep(WATCH_SECONDS)


@asynccontextmanager
async def watched_memory(target: Target) -> AsyncIterator[MemoryWatch]:
    """Watch a target's memory in this block."""
    watch = MemoryWatch(target)
    task = asyncio.create_task(watch.look_for_ever())
    try:
        yield watch
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
