"""Access tokens and the streamed test on real processes: nothing is remembered, nothing is written down."""

import asyncio
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import httpx

from tests.support.customers import CustomerEndpoint, credits_used, set_up, ticket
from tests.support.exchanges import events_of
from tests.support.messages_api import API_KEY, MessagesApi, Reply, listening
from tests.support.processes import Replica, serving
from tests.support.service import access_token

CONTEXT = "/projects/prj_1/customer-context"
SAMPLE = {"subject": "", "body": ticket()["body"]}

PATIENCE_SECONDS = 30.0


def browser(replica: Replica, token: str) -> httpx.AsyncClient:
    """Return a client that has an access token and nothing else."""
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(base_url=replica.base_url, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False)


async def test_token_is_dead_on_every_replica_when_one_has_revoked_it(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
    async with (
        serving(tmp_path / "a", settings) as one,
        serving(tmp_path / "b", settings) as another,
        one.client() as owner,
    ):
        await set_up(owner, origin)
        token = await access_token(owner)
        async with browser(another, token) as person:
            before = [(await person.get(CONTEXT)).status_code for _ in range(3)]
            (known,) = (await owner.get("/projects/prj_1/access-tokens")).json()["access_tokens"]
            (await owner.delete(f"/projects/prj_1/access-tokens/{known['token_id']}")).raise_for_status()
            after = (await person.get(CONTEXT)).status_code

    assert (before, after) == ([200] * 3, 401)


async def test_steps_arrive_as_they_happen_and_the_run_ends_when_the_client_leaves(
    tmp_path: Path, database_url: str, endpoint: CustomerEndpoint, origin: str, ca_file: Path
) -> None:
    api = MessagesApi([Reply(seconds=PATIENCE_SECONDS)])
    with listening(api.application()) as api_url:
        settings = {"CC_AI_PROVIDER": "anthropic", "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": api_url}
        settings |= {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file)}
        async with serving(tmp_path / "service", settings) as replica, replica.client() as owner:
            await set_up(owner, origin)
            accept = {"Accept": "text/event-stream"}
            async with owner.stream("POST", f"{CONTEXT}/test", json=SAMPLE, headers=accept) as answer:
                parts = answer.aiter_text()  # a name of its own: dropped, it would close the connection
                first = events_of(await anext(parts))
                async with asyncio.timeout(PATIENCE_SECONDS / 2):
                    while not api.requests:  # noqa: ASYNC110 - another thread, there is no event
                        await asyncio.sleep(0.05)
                during = await credits_used(owner)
            # The stand-in would answer, and the credit stay used, long after this has given up.
            async with asyncio.timeout(PATIENCE_SECONDS / 2):
                while await credits_used(owner):  # noqa: ASYNC110 - another process, there is no event
                    await asyncio.sleep(0.05)
            async with owner.stream("POST", f"{CONTEXT}/test", json=SAMPLE, headers=accept) as answer:
                whole = events_of("".join([part async for part in answer.aiter_text()]))

    assert [(name, step["name"], step["outcome"]) for name, step in first] == [("step", "extract", "running")]
    assert during == 1
    assert [name for name, _ in whole] == ["step"] * 6 + ["result"]
    assert whole[-1][1]["status"] == "ok"
    assert endpoint.asked == ["acct_12ab34cd"]


async def test_token_is_found_nowhere_after_every_use_and_misuse(
    tmp_path: Path, database_url: str, origin: str, ca_file: Path
) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(ca_file), "CC_LOG_LEVEL": "DEBUG"}
    async with serving(tmp_path / "service", settings) as replica, replica.client() as owner:
        await set_up(owner, origin)
        token = await access_token(owner)
        database = await asyncpg.connect(database_url)
        async with browser(replica, token) as person:
            answers = [
                await person.get(CONTEXT),
                await person.post(f"{CONTEXT}/test", json=SAMPLE),
                await person.post(f"{CONTEXT}/test", json=SAMPLE | {"config": {"api_url": "https://10.0.0.1/"}}),
                await person.get("/projects/prj_1"),
                await person.get(f"{CONTEXT}?token={token}", headers={"X-Actor-Id": "u2"}),
                await person.get(CONTEXT, headers={"Authorization": f"Bearer {token}{token}"}),
                await person.post("/projects/prj_1/access-tokens", json={"label": token, "expires_in": 300}),
            ]
            stored = await database.fetch("SELECT * FROM access_tokens")
            await database.execute("ALTER TABLE access_tokens RENAME TO gone")
            answers.append(await person.get(CONTEXT))
            await database.execute("ALTER TABLE gone RENAME TO access_tokens")
        await database.close()
    log = replica.program.stdout + replica.program.stderr

    assert [answer.status_code for answer in answers] == [200, 200, 422, 403, 403, 401, 403, 500]
    random_part = token.removeprefix("cct_")
    assert not [answer.text for answer in answers if random_part in answer.text + repr(answer.headers)]
    assert random_part not in log
    assert random_part.encode() not in b"".join(row["token_hash"] for row in stored)
    assert random_part not in repr(stored)
    # The places were really looked into.
    assert len(stored) == 1
    assert '"internal_error"' in log
