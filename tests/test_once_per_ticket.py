"""Once per ticket: what happens when a run is lost, erased, cancelled or late, over the memory store."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.domain.claims import Claimed, DatabaseUnavailable
from app.domain.refusals import Refusal, Refused
from app.domain.tickets import Email
from app.once_per_ticket import LEASE_SECONDS, OncePerTicket
from tests.support.endpoints import ScriptedEndpoint
from tests.support.service import CUSTOMER, World, set_up

EMAIL = Email.of("Seats", "Account ID: acct_12ab34cd", "jane@example.com")


async def ready(seconds: float = 0.0, deadline_seconds: float = 30.0) -> tuple[World, OncePerTicket]:
    world = World(
        endpoint=ScriptedEndpoint({"acct_12ab34cd": CUSTOMER}, seconds=seconds), deadline_seconds=deadline_seconds
    )
    async with world.client() as client:
        await set_up(client)
    return world, world.services().tickets


def used(world: World) -> int:
    return sum(world.database.used.values())


def expire(world: World, ticket_id: str) -> None:
    world.database.rows[ticket_id].lease_until = datetime.now(UTC) - timedelta(seconds=1)


async def test_dead_process_leaves_a_ticket_that_another_runs_with_its_credit() -> None:
    world, tickets = await ready()
    enrichments = world.services().enrichments
    dead = await enrichments.claim("t_1", "prj_1", "dead", refresh=False, lease_seconds=LEASE_SECONDS)
    assert isinstance(dead, Claimed)
    assert await enrichments.charge(dead)
    expire(world, "t_1")

    result = await tickets.enrich("t_1", "prj_1", EMAIL)

    assert result.document["status"] == "ok"
    assert used(world) == 1


async def test_run_that_lost_its_claim_gives_the_winners_result() -> None:
    world, tickets = await ready(seconds=0.1)
    frozen = asyncio.create_task(tickets.enrich("t_1", "prj_1", EMAIL))
    await asyncio.sleep(0.02)
    expire(world, "t_1")
    world.endpoint.seconds = 0
    world.endpoint.customers["acct_12ab34cd"] = CUSTOMER | {"plan": "Winner"}
    winner = await world.services().tickets.enrich("t_1", "prj_1", EMAIL)

    loser = await frozen

    assert winner.document["fields"][0]["value"] == "Winner"
    assert loser.document == winner.document
    assert used(world) == 1


async def test_ticket_erased_during_its_run_still_gets_an_answer_and_stays_erased() -> None:
    world, tickets = await ready(seconds=0.1)
    running = asyncio.create_task(tickets.enrich("t_1", "prj_1", EMAIL))
    await asyncio.sleep(0.02)
    await world.services().enrichments.erase("t_1", "prj_1")

    assert (await running).document["status"] == "ok"
    assert world.database.rows == {}


async def test_cancelled_run_gives_ticket_and_credit_back() -> None:
    world, tickets = await ready(seconds=60)
    running = asyncio.create_task(tickets.enrich("t_1", "prj_1", EMAIL))
    await asyncio.sleep(0.02)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running

    assert (world.database.rows, used(world)) == ({}, 0)


async def test_waiter_gives_up_when_the_other_run_outlasts_every_deadline() -> None:
    world, tickets = await ready(deadline_seconds=0.1)
    await world.services().enrichments.claim("t_1", "prj_1", "other", refresh=False, lease_seconds=3600)

    with pytest.raises(Refused) as refused:
        await tickets.enrich("t_1", "prj_1", EMAIL)

    assert refused.value.refusal is Refusal.ENRICHMENT_RUNNING


async def test_leases_of_runs_in_flight_are_renewed_and_of_no_others() -> None:
    world, tickets = await ready(seconds=0.2)
    async with tickets.keeping_leases(every_seconds=0.01):
        running = asyncio.create_task(tickets.enrich("t_1", "prj_1", EMAIL))
        await asyncio.sleep(0.02)
        expire(world, "t_1")
        await asyncio.sleep(0.05)
        renewed = world.database.rows["t_1"].lease_until
        await running

    assert renewed > datetime.now(UTC)
    assert world.endpoint.asked == ["acct_12ab34cd"]


async def test_renewal_survives_a_lost_database() -> None:
    world, tickets = await ready(seconds=0.1)
    async with tickets.keeping_leases(every_seconds=0.01):
        running = asyncio.create_task(tickets.enrich("t_1", "prj_1", EMAIL))
        await asyncio.sleep(0.02)
        world.database.available = False
        await asyncio.sleep(0.03)
        world.database.available = True
        result = await running

    assert result.document["status"] == "ok"


async def test_database_lost_at_the_end_is_told_and_the_ticket_can_be_run_again() -> None:
    world, tickets = await ready(seconds=0.05)
    running = asyncio.create_task(tickets.enrich("t_1", "prj_1", EMAIL))
    await asyncio.sleep(0.02)
    world.database.available = False
    with pytest.raises(DatabaseUnavailable):
        await running
    world.database.available = True
    expire(world, "t_1")

    again = await tickets.enrich("t_1", "prj_1", EMAIL)

    assert again.document["status"] == "ok"
    assert used(world) == 1


async def test_result_and_flight_are_observed_once_per_run() -> None:
    world, _ = await ready()
    seen: list[tuple[str, Any]] = []
    services = world.services()
    tickets = OncePerTicket(
        services.enrichments,
        services.tickets._tokens,
        services.tickets._enricher,
        30.0,
        lambda claimed, result: seen.append((claimed.ticket_id, result.outcome.status)),
    )
    await tickets.enrich("t_1", "prj_1", EMAIL)
    await tickets.enrich("t_1", "prj_1", EMAIL)

    assert seen == [("t_1", "ok")]
