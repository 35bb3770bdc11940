"""The last versions of a configuration as routes: listed without a token, restored as any change is saved."""

from tests.support.service import API_URL, BEARER_TOKEN, CONFIGURATION, World, set_up

CONTEXT = "/projects/prj_1/customer-context"
ROUTE = f"{CONTEXT}/versions"


async def test_versions_tell_who_saved_what_and_hold_no_token() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.patch(CONTEXT, json={"display_instructions": "Show Seats."})
        answer = await client.get(ROUTE)

    newest, oldest = answer.json()["versions"]
    assert (newest["changed"], newest["saved_by"]) == (["display_instructions"], "u1")
    assert newest["configuration"]["display_instructions"] == "Show Seats."
    assert oldest["configuration"]["display_instructions"] == CONFIGURATION["display_instructions"]
    assert "bearer_token" not in newest["configuration"]
    assert BEARER_TOKEN not in answer.text


async def test_twenty_versions_are_kept() -> None:
    async with World().client() as client:
        await set_up(client)
        for number in range(25):
            await client.patch(CONTEXT, json={"display_instructions": f"Show {number}."})
        kept = (await client.get(ROUTE)).json()["versions"]

    assert [each["configuration"]["display_instructions"] for each in kept] == [
        f"Show {number}." for number in range(24, 4, -1)
    ]


async def test_restored_version_is_a_new_one_and_leaves_token_and_switch_alone() -> None:
    async with World().client() as client:
        await set_up(client)
        await client.patch(CONTEXT, json={"display_instructions": "Show Seats.", "enabled": False})
        number = (await client.get(ROUTE)).json()["versions"][1]["version"]
        stale = await client.post(f"{ROUTE}/{number}/restore", headers={"If-Match": '"stale"'})
        restored = await client.post(f"{ROUTE}/{number}/restore")
        kept = (await client.get(ROUTE)).json()["versions"]

    body = restored.json()
    assert (stale.status_code, restored.status_code) == (412, 200)
    assert body["display_instructions"] == CONFIGURATION["display_instructions"]
    assert (body["enabled"], body["bearer_token_configured"]) == (False, True)
    assert (len(kept), kept[0]["changed"]) == (3, ["display_instructions"])


async def test_token_is_not_taken_to_the_host_of_an_older_version() -> None:
    async with World().client() as client:
        await set_up(client, api_url="https://old.example.com/x")
        await client.patch(CONTEXT, json={"api_url": API_URL, "bearer_token": "another-token-0123456789"})
        number = (await client.get(ROUTE)).json()["versions"][1]["version"]
        answer = await client.post(f"{ROUTE}/{number}/restore")

    assert (answer.status_code, answer.json()["code"]) == (422, "bearer_token_required")


async def test_version_that_is_not_kept_is_not_found_and_erasure_takes_all() -> None:
    async with World().client() as client:
        await set_up(client)
        missing = await client.post(f"{ROUTE}/999/restore")
        await client.delete(CONTEXT)
        kept = (await client.get(ROUTE)).json()["versions"]

    assert (missing.status_code, missing.json()["code"], kept) == (404, "version_not_found", [])
