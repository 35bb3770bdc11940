"""One embedded PostgreSQL per test session, shared by xdist's workers, and a migrated database of its own per test."""

import asyncio
import fcntl
import gc
import os
import shutil
import uuid
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, asynccontextmanager, contextmanager
from importlib import import_module
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import hypothesis
import pytest
import structlog
from hypothesis.database import DirectoryBasedExampleDatabase

from app.adapters.postgres.connection import Database
from app.adapters.postgres.embedded import embedded_postgres
from app.adapters.postgres.migrations import migrate
from tests.support.database_folders import DATABASE_FOLDER
from tests.support.shared_database import DATABASE, SharedDatabase
from tests.support.skipped import summary

ROOT = Path(__file__).parent.parent

# Left to itself, Hypothesis fails an example that takes 200 ms once, which on a busy machine any may. The examples are
# the same in every run, so that none fails by chance; who looks for new ones takes the other profile.
hypothesis.settings.register_profile(
    "the same each time", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow], derandomize=True
)
hypothesis.settings.register_profile(
    "exploring",
    hypothesis.settings.get_profile("the same each time"),
    derandomize=False,
    max_examples=2_000,
    database=DirectoryBasedExampleDatabase(ROOT / ".hypothesis" / "examples"),
)
hypothesis.settings.load_profile("the same each time")

# Left to itself, structlog draws a traceback with every local variable: half a minute where one holds a whole app.
structlog.configure(processors=[structlog.processors.format_exc_info, structlog.processors.KeyValueRenderer()])

TEMPLATE = "template_migrated"
"""Migrated once; a database made from it takes 30 ms."""

COUNTED = ("app", "support_context")
"""What coverage is measured of (`tool.coverage.run`)."""

WAITING = ("tests/processes/", "tests/guides/")
"""Tests that wait longer than they work: begun last, they would leave the other processes idle at the end."""

UNMEASURED = (
    "tests/browser/",
    "tests/deploy/",
    "tests/domain/drafts/test_check.py::test_evil_draft",
    "tests/examples/",
    "tests/mail/test_visible_text.py::test_a_hostile_megabyte",
    "tests/processes/",
    "tests/test_architecture.py",
    "tests/test_packaging.py",
    "tests/test_worst_case.py",
    "tests/web/http/test_schemathesis.py",
)
"""Tests that look at the service from outside, at its files, or at its worst: counting their lines would double the CPU
of what they run, and every line that they reach in our process has a test of its own."""


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None]:
    """Collect without counting lines and without collecting garbage: each test process collects, for twice as long.

    The lines of imports are counted by the process that asks for coverage. What collecting leaves stays, and is no
    garbage that any test need look through.
    """
    with _uncounted(session.config), _no_garbage_collected():
        yield
    gc.freeze()


@contextmanager
def _uncounted(config: pytest.Config) -> Iterator[None]:
    plugin = config.pluginmanager.get_plugin("_cov")
    coverage = plugin.cov_controller if plugin else None
    if coverage is None:
        yield
        return
    if not hasattr(config, "workerinput"):
        for path in sorted(path for part in COUNTED for path in (ROOT / part).rglob("*.py")):
            # Packages come with their modules, and `__main__` would run the command line.
            if not path.stem.startswith("__"):
                import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    coverage.pause()
    try:
        yield
    finally:
        coverage.resume()


@contextmanager
def _no_garbage_collected() -> Iterator[None]:
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with those that wait, and count no lines where that only costs time."""
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))
    for item in items:
        if item.nodeid.startswith(UNMEASURED):
            item.add_marker(pytest.mark.no_cover)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """End with what was skipped, and what runs it."""
    skipped = [report.nodeid for report in terminalreporter.stats.get("skipped", [])]
    for line in summary(skipped):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def structlog_as_before() -> Iterator[None]:
    """Undo what a test has set up of the log: the tests after it would draw every local variable, too."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of the session's PostgreSQL, on its own database, which holds no tables."""
    session = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12]
    data_dir = DATABASE_FOLDER / f"cc-tests-{session}"
    # On a thread and a loop of its own: the first test that asks for it may be running on the main thread's.
    with ThreadPoolExecutor(max_workers=1) as thread, asyncio.Runner() as runner:
        stack = AsyncExitStack()
        if given := os.environ.get("TEST_DATABASE_URL"):
            data_dir.mkdir(exist_ok=True)
            url = given
        else:
            url = thread.submit(runner.run, stack.enter_async_context(embedded_postgres(data_dir))).result()
        thread.submit(runner.run, _make_template(url, data_dir)).result()
        yield url
        thread.submit(runner.run, stack.aclose()).result()
    if not (data_dir / "postgres" / ".s.PGSQL.5432").exists():  # the last worker has stopped the server
        shutil.rmtree(data_dir, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_database(postgres_url: str) -> Iterator[SharedDatabase]:
    """The migrated database that the tests of this process share; who uses it asks for `emptied`."""
    with DATABASE.opened(postgres_url):
        yield DATABASE


@pytest.fixture
def emptied(shared_database: SharedDatabase) -> SharedDatabase:
    """That database, empty and there, whatever the test before has left."""
    shared_database.empty()
    return shared_database


@pytest.fixture
async def empty_database_url(postgres_url: str) -> AsyncIterator[str]:
    """URL of a database without any tables."""
    async with _database(postgres_url, "template1") as url:
        yield url


@pytest.fixture
async def database_url(postgres_url: str) -> AsyncIterator[str]:
    """URL of a migrated, empty database of this test's own."""
    async with _database(postgres_url, TEMPLATE) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """Pool on a migrated, empty database of this test's own."""
    async with aclosing(Database(database_url, 10)) as pool:
        yield pool


@asynccontextmanager
async def _database(server_url: str, template: str) -> AsyncIterator[str]:
    name = f"test_{uuid.uuid4().hex}"
    # Copied as files: through the log of a server that nobody restores, each would cost half as much CPU again.
    await _execute(server_url, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    try:
        yield server_url.replace("/customer_context?", f"/{name}?")
    finally:
        await _execute(server_url, f"DROP DATABASE {name} WITH (FORCE)")


async def _make_template(server_url: str, data_dir: Path) -> None:
    """Migrate the template once for all workers: nobody may be connected to it when it is copied."""
    with (data_dir / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (data_dir / "template.made").exists():
            return
        # Nothing here need survive a power cut.
        await _execute(server_url, "ALTER SYSTEM SET fsync = off")
        await _execute(server_url, "ALTER SYSTEM SET full_page_writes = off")
        await _execute(server_url, "ALTER SYSTEM SET max_wal_size = '256MB'")  # it may lie in memory
        await _execute(server_url, "SELECT pg_reload_conf()")
        await _execute(server_url, f"CREATE DATABASE {TEMPLATE}")
        await migrate(server_url.replace("/customer_context?", f"/{TEMPLATE}?"))
        (data_dir / "template.made").touch()


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
