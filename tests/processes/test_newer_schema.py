"""The next release's migration is applied while this release serves, and this release starts on what it made."""

import shutil
from pathlib import Path

from tests.support.customers import CustomerEndpoint, credits_used, set_up
from tests.support.ledger import Ledger
from tests.support.load import Load
from tests.support.processes import ROOT, running, serving

PER_SECOND = 20

NEXT_REVISION = """
'A step of a release to come: only adds.'
import time

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = {head!r}
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("projects", "credits", "enrichments", "ended_runs"):
        time.sleep(0.05)  # meanwhile a ticket holds a table that comes later, and waits for one that is held here
        op.add_column(table, sa.Column("added", sa.Text, nullable=False, server_default="nothing"))
    op.create_table("added", sa.Column("ticket_id", sa.Text, sa.ForeignKey("enrichments.ticket_id")))
    op.create_index("enrichments_added_idx", "enrichments", ["added"])
"""


def next_release(folder: Path) -> Path:
    """Make a copy of the project with one more migration."""
    for part in ("app", "migrations"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    versions = folder / "migrations" / "versions"
    head = max(file.name.partition("_")[0] for file in versions.glob("[0-9]*.py"))
    (versions / "9999_added.py").write_text(NEXT_REVISION.format(head=head))
    return folder


async def test_no_request_fails_when_the_next_release_migrates_under_this_one(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    ledger, settings = Ledger(database_url), {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    root = next_release(tmp_path / "next")
    async with serving(tmp_path / "before", settings) as replica, replica.client() as client:
        await set_up(client, origin)
        async with Load(client, PER_SECOND).running() as load:
            await load.goes_on(1.0)
            async with running(tmp_path / "migrate", settings, "migrate", cold=True, root=root) as migration:
                migrated = await migration.ended()
            await load.goes_on(2.0)
            async with serving(tmp_path / "after", settings) as started, started.client() as other:
                answer = await other.post("/projects/prj_1/customer-context/test", json={"body": "Account ID: acct_1"})
            await load.goes_on(1.0)
        await ledger.until_all_are_done()
        used = await credits_used(client)
    [revision] = await ledger.rows("SELECT version_num FROM alembic_version")
    [taken] = await ledger.rows("SELECT max(attempt) AS times FROM enrichments")

    assert migrated == 0
    # A run may hold a table for longer than a migration waits for it: then that tries again, and says so.
    assert all("waiting_for_database" in line for line in migration.stderr.splitlines())
    assert revision == {"version_num": "9999"}
    assert (load.failures, load.put_off) == ([], 0)
    assert taken["times"] == 1  # each run was started by who took it
    assert await ledger.endings() == {("ok", None): load.tickets}
    assert (await ledger.ended_runs(), used) == (load.tickets, load.tickets + 1)
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")
    assert "schema_is_newer" in started.program.stderr
    assert "Traceback" not in replica.program.stderr + started.program.stderr
