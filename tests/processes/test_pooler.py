"""The whole service behind a real PgBouncer in transaction mode: two processes on three sessions."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.customers import CustomerEndpoint, credits_used, numbered, set_up
from tests.support.ledger import Ledger
from tests.support.pooler import PROGRAM, transaction_pooler
from tests.support.processes import serving, working

SESSIONS, MANY = 3, 60
DIRECTLY = """
    SELECT count(*) AS many FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""


@pytest.mark.skipif(PROGRAM is None, reason="needs PgBouncer: apt-get install pgbouncer")
async def test_server_and_worker_run_every_ticket_once_when_a_pooler_stands_before_the_database(
    tmp_path: Path, empty_database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    ledger = Ledger(empty_database_url)
    async with AsyncExitStack() as stack:
        settings = {
            "CC_DATABASE_URL": await stack.enter_async_context(transaction_pooler(empty_database_url, SESSIONS)),
            "CC_DATABASE_DIRECT_URL": empty_database_url,  # the migrations of the start go there as well
            "CC_EGRESS_CA_FILE": str(ca_file),
        }
        replica = await stack.enter_async_context(serving(tmp_path / "server", settings, "--no-worker"))
        worker = await stack.enter_async_context(working(tmp_path / "worker", settings))
        client = await stack.enter_async_context(replica.client())
        await set_up(client, origin)

        async def post(number: int) -> int:
            headers = {"Prefer": "respond-async"} if number % 2 else {}
            answer = await client.post(f"/tickets/t_{number}/enrich", json=numbered(number), headers=headers)
            return answer.status_code

        statuses = Counter(await asyncio.gather(*(post(number) for number in range(MANY))))
        [sessions] = await ledger.rows(DIRECTLY)
        await ledger.until_all_are_done()
        used, endings, runs = await credits_used(client), await ledger.endings(), await ledger.ended_runs()
        logs = replica.program.stderr + worker.stderr

    assert statuses == {200: MANY // 2, 202: MANY // 2}
    assert (endings, runs, used) == ({("ok", None): MANY}, MANY, MANY)
    assert sorted(endpoint.asked) == sorted(set(endpoint.asked))
    # The pooler's, and one of each process for LISTEN and the queue.
    assert sessions["many"] <= SESSIONS + 2
    assert [line for line in logs.splitlines() if '"error"' in line] == []
    assert "database_limits_missing" in logs
