from collections.abc import AsyncIterator
from contextlib import closing

import httpx
import pytest

from app.demo.made_up_endpoint import PATH, is_authorized, sample_endpoint
from app.demo.records import open_records

TOKEN = "sample-endpoint-token"
AUTHORIZED = {"Authorization": f"Bearer {TOKEN}"}
PLAN = "Pro"


@pytest.fixture
async def endpoint() -> AsyncIterator[httpx.AsyncClient]:
    with closing(open_records()) as records:
        transport = httpx.ASGITransport(sample_endpoint(records, TOKEN))
        async with httpx.AsyncClient(transport=transport, base_url="https://shop.example") as client:
            yield client


async def test_get_answers_with_the_account_when_the_query_names_it(endpoint: httpx.AsyncClient) -> None:
    response = await endpoint.get(PATH, params={"id": "acct_12ab34cd"}, headers=AUTHORIZED)

    assert (response.status_code, response.json()["plan"]) == (200, PLAN)
    assert response.headers["content-type"] == "application/json"
    assert response.headers["cache-control"] == "no-store"


async def test_post_answers_with_the_account_when_the_body_names_it(endpoint: httpx.AsyncClient) -> None:
    response = await endpoint.post(PATH, json={"id": "acct_12ab34cd"}, headers=AUTHORIZED)

    assert (response.status_code, response.json()["plan"]) == (200, PLAN)


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_answer_is_an_empty_object_when_nobody_has_the_identifier(
    endpoint: httpx.AsyncClient, method: str
) -> None:
    response = await endpoint.request(method, f"{PATH}?id=acct_00000000", json={"id": "99999"}, headers=AUTHORIZED)

    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"order": "10482"}', id="another key"),
        pytest.param(b'{"id": 10482}', id="a number: identifiers are text"),
        pytest.param(b'{"id": null}', id="null"),
        pytest.param(b'["10482"]', id="not an object"),
        pytest.param(b'{"id": "acct_\\ud800"}', id="a lone surrogate"),
    ],
)
async def test_answer_is_an_empty_object_when_the_body_names_no_identifier(
    endpoint: httpx.AsyncClient, body: bytes
) -> None:
    response = await endpoint.post(PATH, content=body, headers=AUTHORIZED)

    assert (response.status_code, response.json()) == (200, {})


async def test_answer_is_an_empty_object_when_the_query_names_no_identifier(endpoint: httpx.AsyncClient) -> None:
    response = await endpoint.get(PATH, headers=AUTHORIZED)

    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="no body"),
        pytest.param(b"id=10482", id="a form"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param(b"[" * 100_000, id="nested deeper than the parser goes"),
    ],
)
async def test_answer_is_400_when_the_body_is_not_json(endpoint: httpx.AsyncClient, body: bytes) -> None:
    response = await endpoint.post(PATH, content=body, headers=AUTHORIZED)

    assert (response.status_code, response.json()) == (400, {"error": "the body must be JSON"})


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="no header"),
        pytest.param({b"Authorization": b"Bearer another-token"}, id="another token"),
        pytest.param({b"Authorization": b"Bearer \xff\xfe"}, id="bytes that are not text"),
    ],
)
async def test_answer_is_401_and_holds_no_data_when_the_token_is_not_shown(
    endpoint: httpx.AsyncClient, method: str, headers: dict[bytes, bytes]
) -> None:
    response = await endpoint.request(method, f"{PATH}?id=acct_12ab34cd", headers=headers)

    assert (response.status_code, response.json()) == (401, {"error": "unauthorized"})
    assert response.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        pytest.param(f"Bearer {TOKEN}", True, id="the token"),
        pytest.param(f"bearer {TOKEN}", True, id="the scheme's case does not count (RFC 9110, 11.1)"),
        pytest.param(f"Bearer {TOKEN[:-1]}", False, id="a prefix of the token"),
        pytest.param(f"Bearer {TOKEN}x", False, id="more than the token"),
        pytest.param(f"Basic {TOKEN}", False, id="another scheme"),
        pytest.param(TOKEN, False, id="no scheme"),
        pytest.param("Bearer ", False, id="an empty token"),
        pytest.param("Bearer tökén", False, id="not ASCII, on which compare_digest throws"),
        pytest.param("Bearer \ud800", False, id="a lone surrogate, which UTF-8 refuses"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_is_authorized_is_true_only_when_the_header_carries_the_token(header: str, expected: bool) -> None:
    assert is_authorized(header, TOKEN) is expected
