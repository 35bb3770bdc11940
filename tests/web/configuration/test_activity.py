"""The activity route: what owners see of their look-ups, and that nobody's data is in it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.rows import EndedRun, open_breaker, put_ended_runs
from tests.support.service import World, set_up

ROUTE = "/projects/prj_1/customer-context/activity"


def ended(days_ago: int = 0, status: str = "ok", reason: str | None = None, **timings: int) -> EndedRun:
    return EndedRun("prj_1", datetime.now(UTC) - timedelta(days=days_ago), status, reason, timings)


async def test_activity_is_summed_up_for_an_owner() -> None:
    world = World()
    put_ended_runs(
        world.database,
        *(ended(extract=extract, fetch=50, summarize=200, total=extract + 250) for extract in (100, 300)),
        ended(1, "fetch_error", "timeout", extract=200, fetch=5_000, total=5_200),
        ended(29, "disabled", "plan", total=0),
        ended(30, "ok", total=1),
    )
    async with world.client() as client:
        await set_up(client)
        await world.projects.take_credit("prj_1")
        body = (await client.get(ROUTE)).json()

    assert (body["project_id"], body["lookups"], body["ok_share"]) == ("prj_1", 4, 0.5)
    assert len(body["per_day"]) == 30
    assert [sum(day["by_status"].values()) for day in body["per_day"]] == [1, *[0] * 27, 1, 2]
    none = {"ok": 0, "no_data": 0, "no_identifier": 0, "fetch_error": 0, "skipped_credits": 0, "disabled": 0}
    assert body["per_day"][-1] == {"day": datetime.now(UTC).date().isoformat(), "by_status": none | {"ok": 2}}
    assert body["steps"]["extract"] == {"p50_ms": 200, "p95_ms": 290}
    assert body["steps"]["summarize"] == {"p50_ms": 200, "p95_ms": 200}
    assert [(run["status"], run["reason"], run["duration_ms"]) for run in body["recent"]] == [
        ("ok", None, 550),
        ("ok", None, 350),
        ("fetch_error", "timeout", 5_200),
        ("disabled", "plan", 0),
    ]
    assert (body["monthly_ai_credits"], body["credits_used_this_month"]) == (100, 1)
    assert datetime.fromisoformat(body["credits_reset_at"]) > datetime.now(UTC)
    assert body["breaker"] == {"state": "closed", "failures": 0, "opened_at": None, "next_probe_at": None}


async def test_project_without_look_ups_has_no_share_and_no_times() -> None:
    async with World().client() as client:
        await set_up(client)
        body = (await client.get(ROUTE)).json()

    assert (body["lookups"], body["ok_share"], body["recent"]) == (0, None, [])
    never = {"p50_ms": None, "p95_ms": None}
    assert body["steps"] == {"extract": never, "fetch": never, "summarize": never, "total": never}


@pytest.mark.parametrize(
    ("days", "status"),
    [("0", 422), ("1", 200), ("90", 200), ("91", 422), ("-1", 422), ("x", 422), ("1.5", 422), ("", 422)],
)
async def test_days_are_one_to_ninety(days: str, status: int) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.get(ROUTE, params={"days": days})

    assert answer.status_code == status
    assert status == 422 or len(answer.json()["per_day"]) == int(days)


async def test_other_projects_are_not_counted() -> None:
    world = World()
    put_ended_runs(world.database, EndedRun("prj_2", datetime.now(UTC), "ok", None, {"total": 1}))
    async with world.client() as client:
        await set_up(client)

        assert (await client.get(ROUTE)).json()["lookups"] == 0


@pytest.mark.parametrize(
    ("actor", "changed", "status", "code"),
    [
        pytest.param("", {}, 400, "actor_required", id="nobody"),
        pytest.param("u2", {}, 403, "not_owner", id="a member"),
        pytest.param("u1", {"plan": "team"}, 403, "plan_required", id="another plan"),
        pytest.param("u1", None, 404, "project_not_found", id="no project"),
    ],
)
async def test_only_owners_of_a_business_project_see_it(
    actor: str, changed: dict[str, Any] | None, status: int, code: str
) -> None:
    async with World().client() as client:
        if changed is not None:
            known = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1}
            await client.put("/projects/prj_1", json=known | changed)
        answer = await client.get(ROUTE, headers={"X-Actor-Id": actor})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_an_open_breaker_is_shown_and_a_test_of_what_is_stored_closes_it() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        await open_breaker(world.database)
        shown = (await client.get(ROUTE)).json()["breaker"]
        email = {"subject": "Seats", "body": "Account ID: acct_12ab34cd"}
        test, states = ROUTE.replace("activity", "test"), []
        for config in ({"api_url": "https://api.example.com/another"}, {"identify_instructions": "`Account ID:`"}):
            answer = await client.post(test, json=email | {"config": config})
            assert answer.json()["status"] == "ok"  # no breaker stops a test
            states.append((await client.get(ROUTE)).json()["breaker"]["state"])

    assert (shown["state"], shown["failures"]) == ("open", 10)
    assert datetime.fromisoformat(shown["next_probe_at"]) > datetime.fromisoformat(shown["opened_at"])
    assert states == ["open", "closed"]
