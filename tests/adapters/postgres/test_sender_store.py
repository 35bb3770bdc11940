"""How many customers one sender may ask about: counted by all replicas together."""

import asyncio
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import uuid4

import pytest

from app.adapters.postgres.connection import Database
from app.domain.claims import Claimed
from app.domain.outcomes import Usage
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from tests.support.dump import dump
from tests.support.stores import MOST_IDENTIFIERS, OTHER_PROJECT, RESULT, Stores, postgres_stores

EVE = "eve@evil.test"


async def asks(stores: Stores, *numbers: int, sender: str = EVE, project_id: str = "prj_1") -> list[bool]:
    claimed = await stores.taken(f"t_{uuid4()}", project_id, email=Email("", "", sender))
    return [await admitted(stores, claimed, f"acct_{number}") for number in numbers]


async def admitted(stores: Stores, claimed: Claimed, identifier: str) -> bool:
    answer = await stores.runs.admit(claimed, Extracted(identifier, Usage()), identifier)
    assert answer is not None
    return answer


async def test_a_sender_may_ask_about_20_customers_and_about_no_21st(stores: Stores) -> None:
    assert await asks(stores, *range(21)) == [True] * MOST_IDENTIFIERS + [False]


async def test_the_same_customer_is_free_also_at_the_limit(stores: Stores) -> None:
    assert await asks(stores, *[7] * 30, *range(20), 7, 20) == [True] * 51 + [False]


async def test_a_refused_customer_does_not_count(stores: Stores) -> None:
    await asks(stores, *range(30))
    await stores.behind.forget_slowly(3_601)
    assert await asks(stores, *range(20, 40)) == [True] * 20


@pytest.mark.parametrize(("seconds", "admitted"), [(3_590, False), (3_601, True)])
async def test_a_customer_counts_for_an_hour(stores: Stores, seconds: float, admitted: bool) -> None:
    await asks(stores, *range(20))
    await stores.behind.forget_slowly(seconds)
    assert await asks(stores, 20) == [admitted]


async def test_a_customer_counts_from_when_they_were_first_asked_about(stores: Stores) -> None:
    await asks(stores, *range(20))
    await stores.behind.forget_slowly(3_000)
    await asks(stores, *range(20))
    await stores.behind.forget_slowly(601)
    assert await asks(stores, *range(20, 41)) == [True] * 20 + [False]


async def test_the_hour_slides_and_frees_one_place_after_the_other(stores: Stores) -> None:
    await asks(stores, *range(10))
    await stores.behind.forget_slowly(1_800)
    await asks(stores, *range(10, 20))
    await stores.behind.forget_slowly(1_801)
    assert await asks(stores, *range(20, 31)) == [True] * 10 + [False]


async def test_each_sender_and_each_project_is_counted_apart(stores: Stores) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await asks(stores, *range(20))
    assert await asks(stores, 20, sender="jane@example.com") == [True]
    assert await asks(stores, 20, project_id="prj_2") == [True]
    assert await asks(stores, 20) == [False]


async def test_another_name_or_case_is_the_same_sender(stores: Stores) -> None:
    await asks(stores, *range(20))
    for sender in ("EVE@Evil.test", "Eve <eve@evil.test>", '"jane@example.com" <eve@evil.test>'):
        assert await asks(stores, 20, sender=sender) == [False], sender


async def test_no_sender_is_not_counted(stores: Stores) -> None:
    assert await asks(stores, *range(30), sender="") == [True] * 30
    assert await stores.behind.senders_known("prj_1") == 0


async def test_erasing_a_project_forgets_its_senders_only(stores: Stores) -> None:
    await stores.projects.put(OTHER_PROJECT)
    await asks(stores, 1)
    await asks(stores, 1, project_id="prj_2")
    await stores.projects.delete("prj_1")
    assert [await stores.behind.senders_known(each) for each in ("prj_1", "prj_2")] == [0, 1]


async def test_nobody_is_counted_when_the_limit_is_off(database: Database) -> None:
    stores = await postgres_stores(database, most=0)
    assert await asks(stores, *range(30)) == [True] * 30
    assert await stores.behind.senders_known("prj_1") == 0


@pytest.mark.parametrize("before", [0, 12, 20])
async def test_exactly_20_get_through_when_replicas_ask_for_200_in_the_same_moment(
    stores: Stores, database_url: str, before: int
) -> None:
    await asks(stores, *range(before))
    async with AsyncExitStack() as stack:
        pools = [await stack.enter_async_context(aclosing(Database(database_url, 10))) for _ in range(4)]
        replicas = [await postgres_stores(pool) for pool in pools]
        claims = [await replica.taken(f"t_{n}", email=Email("", "", EVE)) for n, replica in enumerate(replicas)]
        asking = [admitted(replicas[n % 4], claims[n % 4], f"other_{n}") for n in range(200)]
        assert sum(await asyncio.gather(*asking)) == 20 - before


async def test_no_address_and_no_identifier_is_stored(stores: Stores, database_url: str) -> None:
    claimed = await stores.taken(email=Email("", "", "Canary <canary@sender.example>"))
    assert await admitted(stores, claimed, "acct_canary") is True
    assert await stores.behind.senders_known("prj_1") == 1
    await stores.runs.finish(claimed, RESULT, refund=False)
    assert "canary" not in (await dump(database_url)).lower()


async def test_another_key_gives_other_digests(stores: Stores, database: Database) -> None:
    await asks(stores, *range(20))
    assert await asks(await postgres_stores(database, key=b"l" * 32), 20) == [True]


async def test_a_sender_is_forgotten_an_hour_after_the_last_customer(stores: Stores, other: Any) -> None:
    await asks(stores, 1)
    await asks(stores, 1, sender="jane@example.com")
    for seconds, left in ((3_590, 2), (20, 0)):
        await other.execute("UPDATE senders SET seen_at = seen_at - make_interval(secs => $1)", seconds)
        await stores.workload.purge()
        assert await stores.behind.senders_known("prj_1") == left
