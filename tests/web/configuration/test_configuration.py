"""Configurations over HTTP: rights, fields, the token's one-way street, lost updates."""

import json
from typing import Any

import pytest

from tests.support.service import API_URL, BEARER_TOKEN, CONFIGURATION, World, set_up

ROUTE = "/projects/prj_1/customer-context"
READABLE = {key: value for key, value in CONFIGURATION.items() if key != "bearer_token"}


async def test_never_configured_shows_the_defaults() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1})
        answer = await client.get(ROUTE)

    assert answer.status_code == 200
    assert answer.json() == {
        "method": "GET",
        "api_url": "",
        "identifier_parameter": "id",
        "identify_instructions": "",
        "display_instructions": "",
        "match_path": None,
        "identity_policy": "show",
        "relay_senders": [],
        "agent_only": [],
        "enabled": False,
        "identifier_form": None,
        "bearer_token_configured": False,
        "bearer_token_updated_at": None,
        "created_at": None,
        "updated_at": None,
        "updated_by": None,
    }
    assert answer.headers["ETag"] == '"0"'


async def test_put_shows_all_but_the_token() -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.get(ROUTE)

    body = answer.json()
    assert {key: body[key] for key in READABLE} == READABLE
    assert body["bearer_token_configured"] is True
    assert body["bearer_token_updated_at"]
    assert body["updated_by"] == "u1"
    assert "bearer_token" not in body
    assert BEARER_TOKEN not in answer.text


async def test_form_that_the_instructions_name_is_told_and_taken_back_in_silence() -> None:
    wish = "If the body contains `Order #` followed by a number, use that. Otherwise use the `acct_` account ID."
    async with World().client() as client:
        await set_up(client)
        sent = {"identify_instructions": wish, "identifier_form": "what GET said before"}
        changed = (await client.patch(ROUTE, json=sent)).json()
        asked = (await client.get(ROUTE)).json()

    assert changed["identifier_form"] == asked["identifier_form"] == "is a number, or starts with acct_"


async def test_put_without_token_keeps_it_and_resets_the_rest() -> None:
    async with World().client() as client:
        await set_up(client)
        body = (await client.put(ROUTE, json={"api_url": API_URL})).json()

    assert body["bearer_token_configured"] is True
    assert body["enabled"] is False
    assert body["display_instructions"] == ""


@pytest.mark.parametrize("kept", [{}, {"bearer_token": None}, {"bearer_token": ""}], ids=["absent", "null", "empty"])
async def test_patch_changes_only_what_is_sent(kept: dict[str, Any]) -> None:
    async with World().client() as client:
        await set_up(client)
        before = (await client.get(ROUTE)).json()
        after = (await client.patch(ROUTE, json={"display_instructions": "Show Plan.", **kept})).json()

    changed = {key for key in before if before[key] != after[key]}
    assert changed == {"display_instructions", "updated_at"}


async def test_null_gives_a_field_its_default() -> None:
    async with World().client() as client:
        await set_up(client, method="POST", enabled=False)
        body = (await client.patch(ROUTE, json={"method": None, "api_url": None})).json()

    assert (body["method"], body["api_url"]) == ("GET", "")


async def test_an_answer_can_be_put_back() -> None:
    async with World().client() as client:
        await set_up(client)
        before = (await client.get(ROUTE)).json()
        after = (await client.put(ROUTE, json=before)).json()

    assert after | {"updated_at": None} == before | {"updated_at": None}


@pytest.mark.parametrize(
    ("change", "loc", "kind"),
    [
        pytest.param({"method": "PUT"}, "method", "literal_error", id="another method"),
        pytest.param(
            {"identifier_parameter": "9a"}, "identifier_parameter", "string_pattern_mismatch", id="digit first"
        ),
        pytest.param(
            {"identifier_parameter": "a" * 65}, "identifier_parameter", "string_pattern_mismatch", id="65 long"
        ),
        pytest.param(
            {"identifier_parameter": "id\n"}, "identifier_parameter", "string_pattern_mismatch", id="line end"
        ),
        pytest.param({"bearer_token": "x" * 15}, "bearer_token", "value_error", id="15 characters"),
        pytest.param({"bearer_token": "x" * 4097}, "bearer_token", "value_error", id="4,097 characters"),
        pytest.param({"bearer_token": "x" * 16 + " y"}, "bearer_token", "value_error", id="a space"),
        pytest.param({"bearer_token": "x" * 16 + "é"}, "bearer_token", "value_error", id="beyond ASCII"),
        pytest.param({"bearer_token": 12345678901234567890}, "bearer_token", "string_type", id="a number"),
        pytest.param({"identify_instructions": "x" * 4001}, "identify_instructions", "string_too_long", id="4,001"),
        pytest.param({"display_instructions": "a\x00b"}, "display_instructions", "value_error", id="NUL"),
        pytest.param({"enabled": "yes"}, "enabled", "bool_type", id="enabled as a word"),
        pytest.param({"api_url": "http://api.example.com/"}, "api_url", "url_refused", id="no TLS"),
        pytest.param({"api_url": "https://10.0.0.1/"}, "api_url", "url_refused", id="private address"),
        pytest.param({"api_url": "https://localhost/"}, "api_url", "url_refused", id="internal name"),
        pytest.param({"api_url": "https://api.example.com/" + "a" * 2025}, "api_url", "string_too_long", id="2,049"),
        pytest.param({"api_url": f"{API_URL}?id=1"}, "api_url", "parameter_twice", id="parameter already there"),
        pytest.param({"api_ulr": API_URL}, "api_ulr", "extra_forbidden", id="misspelt field"),
    ],
)
async def test_bad_field_is_named_and_nothing_is_saved(change: dict[str, Any], loc: str, kind: str) -> None:
    async with World().client() as client:
        await set_up(client)
        before = (await client.get(ROUTE)).json()
        answer = await client.patch(ROUTE, json=change)

        assert (await client.get(ROUTE)).json() == before
    assert answer.status_code == 422
    assert [(error["loc"], error["type"]) for error in answer.json()["errors"]] == [(["body", loc], kind)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"bearer_token": "s3cret with spaces"}, id="the token itself is wrong"),
        pytest.param({"bearer_token": ["s3cret-in-a-list-0123"]}, id="the token has another type"),
        pytest.param({"bearer_token": "s3cret-0123456789", "enabled": "maybe"}, id="another field is wrong"),
        pytest.param({"bearer_token": "s3cret-0123456789", "api_url": "ftp://x"}, id="the URL is wrong"),
    ],
)
async def test_rejected_token_is_never_echoed(change: dict[str, Any]) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.patch(ROUTE, json=change)

    assert answer.status_code == 422
    assert "s3cret" not in answer.text
    assert "Value error" not in answer.text


@pytest.mark.parametrize("length", [16, 4096])
async def test_token_of_either_limit_is_taken(length: int) -> None:
    async with World().client() as client:
        await set_up(client)

        assert (await client.patch(ROUTE, json={"bearer_token": "~" * length})).status_code == 200


@pytest.mark.parametrize(
    ("url", "status"),
    [
        pytest.param("https://api.example.com/other?x=1", 200, id="another path"),
        pytest.param("https://API.example.com:443/", 200, id="the same origin, spelt differently"),
        pytest.param("https://api2.example.com/", 422, id="another host"),
        pytest.param("https://api.example.com:8443/", 422, id="another port"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_another_origin_needs_the_token_anew(method: str, url: str, status: int) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.request(method, ROUTE, json={"api_url": url})
        with_token = await client.request(method, ROUTE, json={"api_url": url, "bearer_token": "another-token-012345"})

    assert answer.status_code == status
    assert status == 200 or answer.json()["code"] == "bearer_token_required"
    assert with_token.status_code == 200


async def test_clearing_the_url_does_not_set_the_token_free() -> None:
    async with World().client() as client:
        await set_up(client)
        cleared = await client.patch(ROUTE, json={"api_url": "", "enabled": False})
        elsewhere = await client.patch(ROUTE, json={"api_url": "https://evil.example.com/"})
        back = await client.patch(ROUTE, json={"api_url": API_URL})

    assert [cleared.status_code, elsewhere.status_code, back.status_code] == [200, 422, 200]


async def test_token_that_came_first_belongs_to_the_first_url() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1})
        codes = [
            (await client.patch(ROUTE, json=change)).status_code
            for change in (
                {"bearer_token": BEARER_TOKEN},
                {"api_url": API_URL},
                {"api_url": "https://evil.example.com/"},
            )
        ]

    assert codes == [200, 200, 422]


@pytest.mark.parametrize("missing", ["api_url", "bearer_token", "identify_instructions", "display_instructions"])
async def test_enabling_names_what_is_missing(missing: str) -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1})
        answer = await client.put(ROUTE, json={key: value for key, value in CONFIGURATION.items() if key != missing})

    assert answer.status_code == 422
    assert answer.json()["code"] == "incomplete_configuration"
    assert [error["loc"] for error in answer.json()["errors"]] == [["body", missing]]


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("/email", "/email"),
        ("/account/contacts/0/email", "/account/contacts/0/email"),
        ("/a~1b/m~0n", "/a~1b/m~0n"),
        ("/", "/"),
        ("/ünï cödé", "/ünï cödé"),
        ("/" + "x" * 1_023, "/" + "x" * 1_023),
        ("", None),
        (None, None),
    ],
)
async def test_match_path_is_a_json_pointer_or_null(sent: str | None, stored: str | None) -> None:
    async with World().client() as client:
        await set_up(client, match_path="/before")
        answer = await client.patch(ROUTE, json={"match_path": sent})

    assert (answer.status_code, answer.json()["match_path"]) == (200, stored)


@pytest.mark.parametrize(
    ("change", "loc"),
    [
        pytest.param({"match_path": "email"}, "match_path", id="no slash first"),
        pytest.param({"match_path": "$.email"}, "match_path", id="JSONPath"),
        pytest.param({"match_path": "#/email"}, "match_path", id="URI fragment"),
        pytest.param({"match_path": "/a~2b"}, "match_path", id="unknown escape"),
        pytest.param({"match_path": "/a~"}, "match_path", id="half an escape"),
        pytest.param({"match_path": "/a\x00b"}, "match_path", id="null byte"),
        pytest.param({"match_path": "/a\ud800"}, "match_path", id="lone surrogate"),
        pytest.param({"match_path": "/" + "x" * 1_024}, "match_path", id="1,025 long"),
        pytest.param({"match_path": ["/email"]}, "match_path", id="a list"),
        pytest.param({"identity_policy": "hide"}, "identity_policy", id="another policy"),
        pytest.param({"identity_policy": True}, "identity_policy", id="true for a policy"),
        pytest.param({"relay_senders": ["forms"]}, "relay_senders", id="a relay without a host"),
        pytest.param({"relay_senders": ["a b@x.example"]}, "relay_senders", id="a relay with a space"),
        pytest.param({"relay_senders": ["@"]}, "relay_senders", id="a relay that is only a sign"),
        pytest.param({"relay_senders": ["@x.example"] * 51}, "relay_senders", id="51 relays"),
        pytest.param({"relay_senders": "@x.example"}, "relay_senders", id="a text for relays"),
        pytest.param({"agent_only": "/score"}, "agent_only", id="a pointer for a list of them"),
        pytest.param({"agent_only": ["/a"] * 51}, "agent_only", id="51 pointers"),
    ],
)
async def test_wrong_identity_settings_are_refused_by_name(change: dict[str, Any], loc: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.patch(ROUTE, content=json.dumps(change), headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert {tuple(error["loc"][:2]) for error in answer.json()["errors"]} == {("body", loc)}


async def test_relays_are_kept_and_cleared() -> None:
    relays = ["forms@shop.example", "@marketplace.example"]
    async with World().client() as client:
        await set_up(client, relay_senders=relays * 25)
        kept = (await client.patch(ROUTE, json={"relay_senders": relays})).json()
        cleared = (await client.patch(ROUTE, json={"relay_senders": None})).json()

    assert (kept["relay_senders"], cleared["relay_senders"]) == (relays, [])


@pytest.mark.parametrize("pointer", ["", "score", "/a~2", "/a\x00b"], ids=["whole", "no slash", "escape", "null"])
async def test_pointer_for_agents_only_names_a_member(pointer: str) -> None:
    async with World().client() as client:
        await set_up(client)
        answer = await client.patch(ROUTE, json={"agent_only": ["/ok", pointer]})

    assert answer.status_code == 422
    assert [error["loc"] for error in answer.json()["errors"]] == [["body", "agent_only", 1]]


@pytest.mark.parametrize(
    "change",
    [{"match_path": "/email"}, {"identity_policy": "require_match"}, {"agent_only": ["/score", "/notes/0/text"] * 25}],
)
async def test_identity_settings_change_the_etag_and_stay_when_another_is_patched(change: dict[str, Any]) -> None:
    async with World().client() as client:
        await set_up(client)
        before = await client.get(ROUTE)
        after = await client.patch(ROUTE, json=change, headers={"If-Match": before.headers["ETag"]})
        later = await client.patch(ROUTE, json={"display_instructions": "Show Plan."})
        replaced = await client.put(ROUTE, json=CONFIGURATION)

    assert after.status_code == 200
    assert after.headers["ETag"] != before.headers["ETag"]
    assert {key: later.json()[key] for key in change} == change
    assert (replaced.json()["match_path"], replaced.json()["identity_policy"]) == (None, "show")


async def test_match_may_be_required_before_a_path_is_given_as_then_nobody_matches() -> None:
    async with World().client() as client:
        await set_up(client)
        first = await client.patch(ROUTE, json={"identity_policy": "require_match"})
        second = await client.patch(ROUTE, json={"match_path": "/email"})

    assert (first.status_code, second.status_code) == (200, 200)
    assert (second.json()["match_path"], second.json()["identity_policy"]) == ("/email", "require_match")


async def test_etag_guards_against_lost_updates() -> None:
    async with World().client() as client:
        await set_up(client)
        first = (await client.get(ROUTE)).headers["ETag"]
        saved = await client.patch(ROUTE, json={"enabled": False}, headers={"If-Match": first})
        late = await client.patch(ROUTE, json={"enabled": True}, headers={"If-Match": first})
        any_of = await client.patch(ROUTE, json={}, headers={"If-Match": f'"x", {saved.headers["ETag"]}'})
        star = await client.patch(ROUTE, json={}, headers={"If-Match": "*"})
        late_delete = await client.delete(ROUTE, headers={"If-Match": first})

    assert [saved.status_code, late.status_code, any_of.status_code, star.status_code] == [200, 412, 200, 200]
    assert late.json()["code"] == late_delete.json()["code"] == "precondition_failed"


async def test_if_match_of_a_configuration_that_never_was() -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1})
        star = await client.put(ROUTE, json={}, headers={"If-Match": "*"})
        never_saved = await client.put(ROUTE, json={}, headers={"If-Match": '"0"'})
        again = await client.put(ROUTE, json={}, headers={"If-Match": '"0"'})

    assert [star.status_code, never_saved.status_code, again.status_code] == [412, 200, 412]


async def test_delete_erases_the_token_too() -> None:
    async with World().client() as client:
        await set_up(client)
        etag = (await client.get(ROUTE)).headers["ETag"]
        codes = [
            (await client.delete(ROUTE, headers={"If-Match": etag})).status_code,
            (await client.delete(ROUTE)).status_code,
        ]
        body = (await client.get(ROUTE)).json()

    assert codes == [204, 204]
    assert (body["bearer_token_configured"], body["api_url"]) == (False, "")


RIGHTS = [
    pytest.param({"X-Actor-Id": "u2"}, 403, "not_owner", id="a member"),
    pytest.param({"X-Actor-Id": ""}, 400, "actor_required", id="nobody"),
    pytest.param({"X-Actor-Id": "u1 u2"}, 400, "actor_required", id="no id"),
]


@pytest.mark.parametrize(("headers", "status", "code"), RIGHTS)
@pytest.mark.parametrize("call", ["GET ", "PUT ", "PATCH ", "DELETE ", "POST /test"])
async def test_only_owners_get_in(call: str, headers: dict[str, str], status: int, code: str) -> None:
    method, path = call.split(" ")
    async with World().client() as client:
        await set_up(client)
        body = {"subject": "s", "body": "b"} if path else {}
        answer = await client.request(
            method, ROUTE + path, json=None if method in ("GET", "DELETE") else body, headers=headers
        )

    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_other_plans_are_refused(method: str) -> None:
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "team", "owner_ids": ["u1"], "monthly_ai_credits": 1})
        answer = await client.request(method, ROUTE, json=None if method in ("GET", "DELETE") else {})

    assert (answer.status_code, answer.json()["code"]) == (403, "plan_required")


async def test_unknown_project_is_not_found() -> None:
    async with World().client() as client:
        answer = await client.get("/projects/prj_9/customer-context")

    assert (answer.status_code, answer.json()["code"]) == (404, "project_not_found")


async def test_everything_that_is_wrong_is_told_at_once() -> None:
    wrong = {"api_url": "https://127.0.0.1/", "identifier_parameter": "1 id", "bearer_token": "short", "enabled": True}
    async with World().client() as client:
        await client.put("/projects/prj_1", json={"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 5})
        answer = await client.patch("/projects/prj_1/customer-context", json=wrong)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_error")
    assert {error["loc"][1]: error["type"] for error in answer.json()["errors"]} == {
        "api_url": "url_refused",
        "identifier_parameter": "string_pattern_mismatch",
        "bearer_token": "value_error",
        "identify_instructions": "missing",
        "display_instructions": "missing",
    }
    assert "short" not in answer.text


async def test_token_for_another_host_and_a_missing_field_are_told_together() -> None:
    changes = {"api_url": "https://other.example.com/", "display_instructions": ""}
    async with World().client() as client:
        await set_up(client)
        answer = await client.patch("/projects/prj_1/customer-context", json=changes)

    assert (answer.status_code, answer.json()["code"]) == (422, "bearer_token_required")
    assert {error["loc"][1] for error in answer.json()["errors"]} == {"bearer_token", "display_instructions"}
