"""Access tokens over HTTP: made once in clear, good for a few doors, dead at once."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.adapters.postgres.connection import Row
from app.domain.access_tokens import SCOPE
from app.domain.configuration import BUSINESS_PLAN
from tests.support.service import EMAIL, SERVICE_TOKEN, World, access_token, set_up

ROUTE = "/projects/prj_1/access-tokens"
CONTEXT = "/projects/prj_1/customer-context"
RESULT = "/tickets/t_1/customer-context?project_id=prj_1"
GOOD = {"label": "Jane, integration tests", "expires_in": 3_600}


def with_token(token: str, **others: str) -> dict[str, str]:
    """Return the headers of somebody who has nothing else; the client's own actor is taken away."""
    return {"Authorization": f"Bearer {token}", "X-Actor-Id": "u1"} | others


def stored(world: World) -> list[list[Row]]:
    return [list(world.database.rows(f"TABLE {name}")) for name in ("projects", "enrichments")]


def project(**changes: Any) -> dict[str, Any]:
    return {"plan": BUSINESS_PLAN, "owner_ids": ["u1"], "monthly_ai_credits": 100} | changes


async def enriched(client: httpx.AsyncClient) -> None:
    await set_up(client)
    (await client.post("/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL})).raise_for_status()


async def test_token_is_shown_once_and_never_again() -> None:
    async with World().client() as client:
        await set_up(client)
        made = await client.post(ROUTE, json=GOOD)
        listed = await client.get(ROUTE)

    body = made.json()
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert body.keys() == {"token_id", "token", "label", "scope", "expires_at", "settings_url"}
    assert body["label"] == GOOD["label"]
    assert body["settings_url"] == f"/settings#token={body['token']}&project=prj_1"
    assert datetime.fromisoformat(body["expires_at"]) - datetime.now(UTC) <= timedelta(seconds=3_600)
    (known,) = listed.json()["access_tokens"]
    assert known.keys() == {"token_id", "label", "scope", "created_by", "created_at", "expires_at", "last_used_at"}
    assert (known["token_id"], known["created_by"], known["last_used_at"]) == (body["token_id"], "u1", None)
    assert body["token"] not in listed.text


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"expires_in": 299}, 422, id="299 s"),
        pytest.param({"expires_in": 300}, 201, id="300 s"),
        pytest.param({"expires_in": 7_776_000}, 201, id="90 days"),
        pytest.param({"expires_in": 7_776_001}, 422, id="90 days and a second"),
        pytest.param({"expires_in": "300"}, 422, id="a text"),
        pytest.param({"expires_in": True}, 422, id="a bool"),
        pytest.param({"expires_in": 300.5}, 422, id="a fraction"),
        pytest.param({"expires_in": None}, 422, id="never"),
        pytest.param({"label": ""}, 422, id="no label"),
        pytest.param({"label": "x"}, 201, id="1 character"),
        pytest.param({"label": "ä" * 80}, 201, id="80 characters"),
        pytest.param({"label": "ä" * 81}, 422, id="81 characters"),
        pytest.param({"label": " \u00a0"}, 422, id="only spaces"),
        pytest.param({"label": "two\nlines"}, 422, id="two lines"),
        pytest.param({"label": "a\tb"}, 422, id="a tab"),
        pytest.param({"label": "a\x00b"}, 422, id="NUL"),
        pytest.param({"label": "safe \u202egpj.exe"}, 422, id="turned around"),
        pytest.param({"label": "a\u200bb"}, 422, id="an invisible character"),
        pytest.param({"label": 7}, 422, id="a number"),
        pytest.param({"scope": "everything"}, 422, id="an unknown field"),
    ],
)
async def test_limits_of_a_token(change: dict[str, Any], status: int) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json=GOOD | change)
        listed = (await client.get(ROUTE)).json()["access_tokens"]

    assert answer.status_code == status, answer.text
    assert [each["label"] for each in listed] == ([(GOOD | change)["label"]] if status == 201 else [])


@pytest.mark.parametrize("missing", ["label", "expires_in"])
async def test_both_fields_are_needed(missing: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.post(ROUTE, json={name: value for name, value in GOOD.items() if name != missing})

    assert [(error["loc"], error["type"]) for error in answer.json()["errors"]] == [(["body", missing], "missing")]


@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("DELETE", "/tok_1")])
@pytest.mark.parametrize(
    ("actor", "changed", "status", "code"),
    [
        pytest.param("", {}, 400, "actor_required", id="nobody"),
        pytest.param("u2", {}, 403, "not_owner", id="a member"),
        pytest.param("u1", {"plan": "team"}, 403, "plan_required", id="another plan"),
        pytest.param("u1", None, 404, "project_not_found", id="no project"),
    ],
)
async def test_only_owners_of_a_business_project_manage_tokens(
    method: str, path: str, actor: str, changed: dict[str, Any] | None, status: int, code: str
) -> None:
    async with World().client() as client:
        if changed is not None:
            await client.put("/projects/prj_1", json=project(**changed))
        body = GOOD if method == "POST" else None
        answer = await client.request(method, ROUTE + path, json=body, headers={"X-Actor-Id": actor})

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_any_owner_sees_and_revokes_what_another_made() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json=project(owner_ids=["u1", "u2"]))
        made = (await client.post(ROUTE, json=GOOD)).json()
        other = {"X-Actor-Id": "u2"}
        (known,) = (await client.get(ROUTE, headers=other)).json()["access_tokens"]
        revoked = await client.delete(f"{ROUTE}/{made['token_id']}", headers=other)

    assert known["created_by"] == "u1"
    assert (revoked.status_code, revoked.content) == (204, b"")


OPENED = [
    pytest.param("GET", CONTEXT, None, id="GET configuration"),
    pytest.param("PUT", CONTEXT, {}, id="PUT configuration"),
    pytest.param("PATCH", CONTEXT, {"display_instructions": "Show Plan."}, id="PATCH configuration"),
    pytest.param("DELETE", CONTEXT, None, id="DELETE configuration"),
    pytest.param("POST", f"{CONTEXT}/test", EMAIL, id="test"),
    pytest.param("GET", f"{CONTEXT}/activity", None, id="activity"),
    pytest.param("GET", RESULT, None, id="a stored result"),
]


@pytest.mark.parametrize(("method", "path", "body"), OPENED)
@pytest.mark.parametrize("named", [pytest.param({}, id="nobody named"), pytest.param({"X-Actor-Id": "u1"}, id="named")])
async def test_token_stands_for_its_maker(
    method: str, path: str, body: dict[str, Any] | None, named: dict[str, str]
) -> None:
    async with World().client() as client:
        await enriched(client)
        token = await access_token(client)
        del client.headers["X-Actor-Id"]
        answer = await client.request(method, path, json=body, headers={"Authorization": f"Bearer {token}", **named})

    assert answer.is_success, answer.text


async def test_change_with_a_token_is_its_makers() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json=project(owner_ids=["u1", "u2"]))
        client.headers["X-Actor-Id"] = "u2"
        token = await access_token(client)
        del client.headers["X-Actor-Id"]
        saved = await client.put(CONTEXT, json={}, headers={"Authorization": f"Bearer {token}"})

    assert saved.json()["updated_by"] == "u2"


@pytest.mark.parametrize(("method", "path", "body"), OPENED)
@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param({"owner_ids": ["u2"]}, "not_owner", id="no owner any more"),
        pytest.param({"plan": "team"}, "plan_required", id="plan ended"),
    ],
)
async def test_rights_end_with_the_owner_and_the_plan_and_come_back(
    method: str, path: str, body: dict[str, Any] | None, changed: dict[str, Any], code: str
) -> None:
    async with World().client() as client:
        await enriched(client)
        headers = with_token(await access_token(client))
        await client.put("/projects/prj_1", json=project(**changed))
        refused = await client.request(method, path, json=body, headers=headers)
        await client.put("/projects/prj_1", json=project())
        again = await client.request(method, path, json=body, headers=headers)

    assert (refused.status_code, refused.json()["code"]) == (403, code)
    assert again.is_success


@pytest.mark.parametrize(
    ("method", "path", "others"),
    [
        pytest.param("GET", "/projects/prj_1", {}, id="the project"),
        pytest.param("PUT", "/projects/prj_1", {}, id="replacing the project"),
        pytest.param("DELETE", "/projects/prj_1", {}, id="erasing the project"),
        pytest.param("GET", f"{ROUTE}/tok_1", {}, id="reading one token"),
        pytest.param("GET", "/projects/prj_2/access-tokens", {}, id="another project's tokens"),
        pytest.param("GET", "/projects/prj_2/audit", {}, id="another project's audit trail"),
        pytest.param("GET", "/projects/prj_2/customer-context", {}, id="another project"),
        pytest.param("GET", "/projects/prj_2/customer-context/activity", {}, id="another project's activity"),
        pytest.param("GET", "/projects/prj_9/customer-context", {}, id="a project that is not there"),
        pytest.param("POST", "/tickets/t_1/enrich", {}, id="enriching"),
        pytest.param("DELETE", RESULT, {}, id="erasing a result"),
        pytest.param("GET", "/tickets/t_1/customer-context", {}, id="a result of no project"),
        pytest.param("GET", "/tickets/t_1/customer-context?project_id=prj_2", {}, id="of another project"),
        pytest.param("GET", f"{RESULT}&project_id=prj_2", {}, id="of two projects"),
        pytest.param("GET", "/tickets/t_1/customer-context?project_id=prj_2&project_id=prj_1", {}, id="in turn"),
        pytest.param("GET", f"{CONTEXT}/", {}, id="a slash behind it"),
        pytest.param("GET", "/nowhere", {}, id="an unknown route"),
        pytest.param("HEAD", CONTEXT, {}, id="a method that is not there"),
        pytest.param("GET", CONTEXT, {"X-Actor-Id": "u2"}, id="another owner named"),
    ],
)
async def test_everything_else_is_out_of_scope(method: str, path: str, others: dict[str, str]) -> None:
    world = World()
    async with world.client() as client:
        await enriched(client)
        await client.put("/projects/prj_1", json=project(owner_ids=["u1", "u2"]))
        await client.put("/projects/prj_2", json=project())
        headers = with_token(await access_token(client), **others)
        before = stored(world)
        answer = await client.request(method, path, headers=headers)

    assert answer.status_code == 403
    assert method == "HEAD" or answer.json()["code"] == "out_of_scope"
    assert stored(world) == before


async def test_every_route_of_the_description_is_closed_but_those_of_the_scope() -> None:
    async with World().client() as client:
        await enriched(client)
        description = (await client.get("/openapi.json")).json()
        headers = with_token(await access_token(client))
        opened = set()
        for path, item in description["paths"].items():
            for method, operation in item.items():
                filled = path.format(
                    project_id="prj_1", ticket_id="t_1", token_id="tok_1", identifier="acct_1", version=1
                )
                answer = await client.request(method, f"{filled}?project_id=prj_1", headers=headers)
                if operation["security"] and answer.status_code != 403:
                    opened.add((method.upper(), path))
                assert ({"accessToken": []} in operation["security"]) is ((method.upper(), path) in SCOPE)

    assert opened == SCOPE - {("POST", "/mcp")}  # a protocol that describes itself


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda token: token[:-1], id="one character short"),
        pytest.param(lambda token: token + "x", id="one too many"),
        pytest.param(lambda token: token[:-1] + ("a" if token[-1] != "a" else "b"), id="last character wrong"),
        pytest.param(lambda token: token.swapcase(), id="other case"),
        pytest.param(lambda token: token.removeprefix("cct_"), id="without its prefix"),
        pytest.param(lambda token: f"{token}, {SERVICE_TOKEN}", id="two"),
        pytest.param(lambda token: f"{token}é", id="beyond ASCII"),
    ],
)
@pytest.mark.parametrize("path", [CONTEXT, RESULT, "/projects/prj_1", "/nowhere"])
async def test_unknown_token_is_401_whatever_it_asks_for(spoil: Any, path: str) -> None:
    async with World().client() as client:
        await enriched(client)
        token = spoil(await access_token(client))
        answer = await client.get(path, headers={b"Authorization": f"Bearer {token}".encode("latin-1")})

    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert token not in answer.text


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Basic {token}", id="another scheme"),
        pytest.param("{token}", id="no scheme"),
        pytest.param("Bearer", id="no token"),
    ],
)
async def test_token_counts_as_a_bearer_only(header: str) -> None:
    async with World().client() as client:
        await set_up(client)
        token = await access_token(client)
        answer = await client.get(f"{CONTEXT}?token={token}", headers={"Authorization": header.format(token=token)})

    assert answer.status_code == 401


async def test_revoked_token_is_401_with_the_next_request() -> None:
    async with World().client() as client:
        await set_up(client)
        made = (await client.post(ROUTE, json=GOOD)).json()
        headers = with_token(made["token"])
        before = await client.get(CONTEXT, headers=headers)
        await client.delete(f"{ROUTE}/{made['token_id']}")
        after = await client.get(CONTEXT, headers=headers)
        again = await client.delete(f"{ROUTE}/{made['token_id']}")
        listed = (await client.get(ROUTE)).json()["access_tokens"]

    assert [before.status_code, after.status_code, again.status_code] == [200, 401, 404]
    assert again.json()["code"] == "access_token_not_found"
    assert listed == []


async def test_token_is_not_revoked_under_another_project() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.put("/projects/prj_2", json=project())
        made = (await client.post(ROUTE, json=GOOD)).json()
        answer = await client.delete(f"/projects/prj_2/access-tokens/{made['token_id']}")
        still = await client.get(CONTEXT, headers=with_token(made["token"]))

    assert (answer.json()["code"], still.status_code) == ("access_token_not_found", 200)


async def test_expired_token_is_401() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        headers = with_token(await access_token(client))
        good = await client.get(CONTEXT, headers=headers)
        world.database.rows("UPDATE access_tokens SET expires_at = now()")
        expired = await client.get(CONTEXT, headers=headers)

    assert [good.status_code, expired.status_code] == [200, 401]


async def test_erased_project_takes_its_tokens_along() -> None:
    async with World().client() as client:
        await set_up(client)
        headers = with_token(await access_token(client))
        await client.delete("/projects/prj_1")
        await set_up(client)
        answer = await client.get(CONTEXT, headers=headers)

    assert answer.status_code == 401


async def test_use_shows_in_the_list_also_when_it_was_refused() -> None:
    async with World().client() as client:
        await set_up(client)
        headers = with_token(await access_token(client))
        refused = await client.get("/projects/prj_1", headers=headers)
        (known,) = (await client.get(ROUTE)).json()["access_tokens"]

    assert refused.status_code == 403
    assert known["last_used_at"] is not None


async def test_lost_database_is_503_and_not_401() -> None:
    world = World()
    async with world.client() as client:
        await set_up(client)
        headers = with_token(await access_token(client))
        world.database.available = False
        answer = await client.get(CONTEXT, headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert answer.headers["Retry-After"]


async def test_what_cannot_be_a_token_costs_no_look_up() -> None:
    world = World()
    async with world.client(Authorization="Bearer cct_short") as client:
        world.database.available = False

        assert (await client.get(CONTEXT)).status_code == 401


@pytest.mark.parametrize("path", ["/healthz", "/openapi.json", "/docs"])
async def test_open_routes_stay_open_with_a_token(path: str) -> None:
    async with World().client() as client:
        await set_up(client)
        headers = with_token(await access_token(client))

        assert (await client.get(path, headers=headers)).status_code == 200


async def test_validation_never_echoes_what_was_sent() -> None:
    async with World().client() as client:
        await set_up(client)
        token = await access_token(client)
        answer = await client.post(ROUTE, json={"label": [token], "expires_in": token})

    assert answer.status_code == 422
    assert token not in answer.text


async def test_another_projects_ticket_is_not_there_for_the_holder_of_a_token() -> None:
    async with World().client() as client:
        await enriched(client)
        (await client.put("/projects/prj_2", json=project())).raise_for_status()
        (await client.post("/tickets/t_2/enrich", json={"project_id": "prj_2", **EMAIL})).raise_for_status()
        token = await access_token(client)
        foreign = {"project_id": "prj_1"}
        mine = await client.get(RESULT, headers=with_token(token))
        other = await client.get("/tickets/t_2/customer-context", params=foreign, headers=with_token(token))
        nobodys = await client.get("/tickets/t_3/customer-context", params=foreign, headers=with_token(token))
        helpdesk = await client.get("/tickets/t_2/customer-context", params=foreign)

    assert mine.status_code == 200
    assert (other.status_code, other.json()["code"]) == (404, "result_not_found")
    assert other.json() == nobodys.json()
    assert (helpdesk.status_code, helpdesk.json()["code"]) == (409, "ticket_project_mismatch")


async def test_a_wait_ends_when_its_token_is_revoked() -> None:
    async with World(seats=0).client() as client:
        await set_up(client)
        queued = await client.post(
            "/tickets/t_1/enrich", json={"project_id": "prj_1", **EMAIL}, headers={"Prefer": "respond-async"}
        )
        token = await access_token(client)
        waiting = asyncio.create_task(client.get(RESULT + "&wait=30", headers=with_token(token)))
        await asyncio.sleep(0.1)
        (known,) = (await client.get(ROUTE)).json()["access_tokens"]
        (await client.delete(f"{ROUTE}/{known['token_id']}")).raise_for_status()
        answer = await asyncio.wait_for(waiting, timeout=10)

    assert queued.status_code == 202
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


async def test_token_lists_revokes_and_makes_only_tokens_that_read() -> None:
    async with World().client() as client:
        await set_up(client)
        headers = with_token(await access_token(client))
        full = await client.post(ROUTE, json=GOOD, headers=headers)
        made = await client.post(ROUTE, json=GOOD | {"scope": "read"}, headers=headers)
        reading = with_token(made.json()["token"])
        answers = {
            "configuration": await client.get(CONTEXT, headers=reading),
            "changing it": await client.patch(CONTEXT, json={"method": "POST"}, headers=reading),
            "test": await client.post(f"{CONTEXT}/test", json={"body": "x"}, headers=reading),
            "tokens": await client.get(ROUTE, headers=reading),
        }
        listed = await client.get(ROUTE, headers=headers)
        trail = await client.get("/projects/prj_1/audit", headers=headers)
        revoked = await client.delete(f"{ROUTE}/{made.json()['token_id']}", headers=headers)
        after = await client.get(CONTEXT, headers=reading)

    assert (full.status_code, full.json()["code"]) == (403, "out_of_scope")
    assert made.json()["token"].startswith("ccr_")
    assert {name: answer.status_code for name, answer in answers.items()} == {
        "configuration": 200,
        "changing it": 403,
        "test": 403,
        "tokens": 403,
    }
    assert [token["scope"] for token in listed.json()["access_tokens"]] == ["read", "owner"]
    assert trail.json()["entries"][0]["subject"] == made.json()["token_id"]
    assert (revoked.status_code, after.status_code) == (204, 401)
