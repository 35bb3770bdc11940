"""Messages about changes: one for each, left in the outbox by the transaction that makes the change."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from app.adapters.postgres.condition_store import OVER_SECONDS, ConditionStore
from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.delivery_store import LENT_SECONDS
from app.adapters.postgres.retention_store import RetentionStore
from app.adapters.vault import Vault
from app.domain.breaker import FAILURES_TO_OPEN, EndpointVerdict
from app.domain.outcomes import Outcome
from app.domain.webhooks.event_kinds import Event
from app.domain.webhooks.webhook_messages import Message
from app.runs.conditions import ConditionWatch
from tests.support.stores import CONFIGURATION, PROJECT, TOKEN, Stores, result_of

FAILED, REFUSED, ANSWERED = (
    result_of(Outcome.TIMEOUT),
    result_of(Outcome.CIRCUIT_OPEN, credits_used=0),
    result_of(Outcome.OK),
)


async def told(stores: Stores) -> list[Message]:
    """Return the messages that wait, the oldest first."""
    return sorted(await stores.deliveries.take(100), key=lambda message: message.made_at)


async def kinds(stores: Stores) -> list[str]:
    return [message.event.value for message in await told(stores)]


async def run(stores: Stores, ticket_id: str, verdict: EndpointVerdict) -> None:
    claimed = await stores.claimed(ticket_id)
    claimed = await stores.runs.ask_breaker(claimed) if claimed.breaker_open else claimed
    ending = FAILED if verdict is EndpointVerdict.FAILS else ANSWERED
    assert await stores.runs.finish(claimed, ending, refund=False, verdict=verdict) is not None


async def fails(stores: Stores, name: str, times: int = FAILURES_TO_OPEN) -> None:
    for number in range(times):
        await run(stores, f"{name} {number}", EndpointVerdict.FAILS)


async def test_an_endpoint_that_fails_and_answers_is_told_once_each_time(stores: Stores) -> None:
    await stores.turn_on()
    await fails(stores, "a", FAILURES_TO_OPEN - 1)
    assert await kinds(stores) == []
    await run(stores, "the tenth", EndpointVerdict.FAILS)
    for turn in range(3):  # it stays so, whoever tries
        await stores.behind.breaker_pause_over()
        await fails(stores, f"again {turn}", 1)
    await stores.behind.breaker_pause_over()
    await run(stores, "mended", EndpointVerdict.ANSWERS)
    await run(stores, "well", EndpointVerdict.ANSWERS)
    await fails(stores, "b")

    failing, recovered, again = await told(stores)

    assert [each.event for each in (failing, recovered, again)] == [
        Event.ENDPOINT_FAILING,
        Event.ENDPOINT_RECOVERED,
        Event.ENDPOINT_FAILING,
    ]
    assert failing.data is not None
    assert (failing.project_id, failing.data["failures"]) == ("prj_1", FAILURES_TO_OPEN)
    assert recovered.data == {"failing_since": failing.data["failing_since"]}


async def test_a_test_that_is_answered_tells_that_the_endpoint_has_recovered(stores: Stores) -> None:
    await stores.turn_on()
    await fails(stores, "a", 3)
    await stores.breakers.close("prj_1")
    assert await kinds(stores) == []
    await fails(stores, "b")
    await stores.breakers.close("prj_1")
    await stores.breakers.close("prj_1")
    assert await kinds(stores) == ["endpoint.failing", "endpoint.recovered"]


async def test_a_project_with_another_endpoint_has_recovered_once_that_answers(stores: Stores) -> None:
    await stores.turn_on()
    await fails(stores, "a")
    late = await stores.claimed("late")
    changed = replace(CONFIGURATION, api_url="https://example.com/mended")
    await stores.projects.save_configuration("prj_1", changed, TOKEN, "u1")
    await stores.runs.ask_breaker(late)  # of the endpoint before: it changes nothing
    await stores.runs.finish(late, FAILED, refund=False, verdict=EndpointVerdict.UNKNOWN)
    await fails(stores, "b", 1)
    assert await kinds(stores) == ["endpoint.failing"]
    await fails(stores, "c")  # still failing, as was told
    await stores.behind.breaker_pause_over()
    await run(stores, "mended", EndpointVerdict.ANSWERS)
    assert [message.event for message in await told(stores)] == [Event.ENDPOINT_RECOVERED]


async def test_sixteen_failures_at_once_are_told_once(stores: Stores) -> None:
    await stores.turn_on()
    claims = [await stores.claimed(f"t_{number}") for number in range(16)]
    finish = stores.runs.finish
    await asyncio.gather(*(finish(claim, FAILED, refund=False, verdict=EndpointVerdict.FAILS) for claim in claims))
    assert await kinds(stores) == ["endpoint.failing"]


async def allow(stores: Stores, allowance: int) -> None:
    await stores.projects.put(replace(PROJECT, monthly_ai_credits=allowance))


async def percents(stores: Stores) -> list[tuple[Any, ...]]:
    named = ("percent", "credits_used", "monthly_ai_credits")
    return [tuple(message.data[name] for name in named) for message in await told(stores) if message.data]


async def take(stores: Stores, many: int) -> None:
    for _ in range(many):
        await stores.projects.take_credit("prj_1")


async def test_eighty_and_a_hundred_percent_of_an_allowance_are_told_once_each(stores: Stores) -> None:
    await allow(stores, 10)
    await take(stores, 7)
    assert await percents(stores) == []
    await take(stores, 1)
    assert await percents(stores) == [(80, 8, 10)]
    month = await stores.projects.take_credit("prj_1")
    for _ in range(3):  # given back and taken again
        assert month is not None
        await stores.projects.return_credit("prj_1", month)
        await stores.projects.return_credit("prj_1", month)
        await take(stores, 2)
    assert await percents(stores) == []
    await take(stores, 5)
    assert await percents(stores) == [(100, 10, 10)]


@pytest.mark.parametrize(("allowance", "heard"), [(1, [100]), (2, [100]), (3, [100]), (4, [100]), (5, [80, 100])])
async def test_a_small_allowance_has_few_shares_to_tell(stores: Stores, allowance: int, heard: list[int]) -> None:
    await allow(stores, allowance)
    await take(stores, allowance + 2)
    assert [percent for percent, *_ in await percents(stores)] == heard


async def test_another_allowance_is_told_of_anew_where_less_of_it_is_used(stores: Stores) -> None:
    await allow(stores, 10)
    await take(stores, 10)
    assert len(await percents(stores)) == 2
    await allow(stores, 10)
    await allow(stores, 11)  # 91 % of it, of which 80 % is no news
    await take(stores, 1)
    assert await percents(stores) == [(100, 11, 11)]
    await allow(stores, 100)
    await take(stores, 68)
    assert await percents(stores) == []
    await take(stores, 1)
    assert await percents(stores) == [(80, 80, 100)]
    await allow(stores, 50)  # more is used than may be
    assert await stores.projects.take_credit("prj_1") is None
    assert await stores.projects.take_credit("prj_1") is None
    assert await percents(stores) == [(100, 80, 50)]


async def test_a_hundred_who_take_at_once_tell_each_share_once(stores: Stores) -> None:
    await allow(stores, 60)
    await asyncio.gather(*(stores.projects.take_credit("prj_1") for _ in range(100)))
    assert sorted(percent for percent, *_ in await percents(stores)) == [80, 100]


async def test_a_condition_is_told_when_it_begins_and_anew_once_nobody_has_seen_it_for_long(
    stores: Stores, database: Database
) -> None:
    conditions = ConditionStore(database)
    about = {"problem": "refuses the key (HTTP 401)", "ai_provider": "anthropic", "ai_model": "claude"}
    await asyncio.gather(*(conditions.see(Event.AI_MISCONFIGURED, told=about) for _ in range(10)))
    (message,) = await told(stores)
    assert (message.event, message.project_id, message.data) == (Event.AI_MISCONFIGURED, None, about)
    await aged(database, OVER_SECONDS - 10)
    await conditions.forget()
    await conditions.see(Event.AI_MISCONFIGURED, told=about)
    assert await kinds(stores) == []
    await aged(database, OVER_SECONDS - 10)  # it was seen since
    await conditions.forget()
    assert await kinds(stores) == []
    await aged(database, 20)
    await conditions.forget()
    await conditions.see(Event.AI_MISCONFIGURED, told=about)
    assert await kinds(stores) == ["ai.misconfigured"]


async def aged(database: Database, seconds: int) -> None:
    older = Statement("UPDATE conditions SET seen_at = seen_at - make_interval(secs => CAST(:seconds AS float8))")
    await database.fetch(older, {"seconds": float(seconds)})


async def test_a_token_is_unreadable_for_as_long_as_any_process_cannot_open_it(
    stores: Stores, database: Database
) -> None:
    await stores.turn_on()
    conditions, claimed = ConditionStore(database), await stores.claimed()
    await stores.runs.token_unreadable(claimed)
    await stores.runs.token_unreadable(claimed)
    assert await kinds(stores) == ["token.unreadable"]
    blind = ConditionWatch(conditions, Vault((b"l" * 32,)))
    for _ in range(3):  # no ticket comes for half an hour
        await aged(database, OVER_SECONDS - 10)
        await blind.look()
        await stores.runs.token_unreadable(claimed)
    assert await kinds(stores) == []
    await aged(database, OVER_SECONDS)
    await conditions.forget()
    await stores.runs.token_unreadable(claimed)
    assert await kinds(stores) == ["token.unreadable"]


async def test_a_change_that_cannot_be_told_is_not_made(stores: Stores, other: Any) -> None:
    await stores.turn_on()
    await allow(stores, 10)
    await fails(stores, "a", 7)
    await other.execute("ALTER TABLE deliveries ADD CONSTRAINT full_disk CHECK (event = 'enrichment.completed')")
    with pytest.raises(Exception, match="CheckViolation"):
        await stores.projects.take_credit("prj_1")
    assert await stores.used() == 7
    await other.execute("ALTER TABLE deliveries DROP CONSTRAINT full_disk")
    await stores.projects.take_credit("prj_1")
    assert await percents(stores) == [(80, 8, 10)]


async def test_what_tells_of_an_erased_project_has_nothing_to_tell(stores: Stores) -> None:
    await allow(stores, 1)
    await take(stores, 1)
    await stores.projects.delete("prj_1")
    (message,) = await stores.deliveries.take(100)
    assert (message.event, message.data, message.ticket_id) == (Event.CREDITS_LOW, None, None)


@pytest.mark.parametrize(
    ("seconds", "lent"),
    [pytest.param(LENT_SECONDS - 30, 0, id="soon"), pytest.param(LENT_SECONDS, 1, id="a minute later")],
)
async def test_a_message_that_is_not_settled_is_lent_again_after_a_minute(
    stores: Stores, other: Any, seconds: int, lent: int
) -> None:
    await allow(stores, 1)
    await take(stores, 1)
    (first,) = await stores.deliveries.take(100)
    await other.execute("UPDATE deliveries SET due_at = due_at - make_interval(secs => $1)", seconds)
    assert [message.message_id for message in await stores.deliveries.take(100)] == [first.message_id] * lent


@pytest.mark.parametrize("delivers", [False, True])
async def test_messages_that_nobody_delivers_go_after_a_day(
    stores: Stores, database: Database, other: Any, delivers: bool
) -> None:
    await allow(stores, 5)
    await take(stores, 5)
    await other.execute("UPDATE deliveries SET due_at = due_at - interval '25 hours' WHERE data ->> 'percent' = '80'")
    await RetentionStore(database, 90, delivers=delivers).remove_portion()
    left = [json.loads(row["data"])["percent"] for row in await other.fetch("SELECT data FROM deliveries")]
    assert sorted(left) == ([80, 100] if delivers else [100])
