"""What every example endpoint must answer, asked over TLS; once for each framework."""

from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from app.demo.project import DISPLAY_INSTRUCTIONS, IDENTIFY_INSTRUCTIONS
from tests.examples.conftest import TOKEN, Ended, Served, running
from tests.examples.readme import Example
from tests.support.customers import set_up, ticket
from tests.support.processes import running as running_service
from tests.support.processes import serving

ACCOUNT = {
    "type": "account",
    "plan": "Pro",
    "status": "Active",
    "seats": 12,
    "monthly_revenue": "$588.00",
    "links": [{"label": "View account in admin", "url": "https://admin.example.com/accounts/acct_12ab34cd"}],
}
ORDER = {
    "type": "order",
    "item": "Desk lamp, brass",
    "amount": "$1,258.00",
    "fulfillment_status": "Returned",
    "links": [{"label": "View order in admin", "url": "https://admin.example.com/orders/10454"}],
}

NOBODYS_QUERIES = [
    "id=acct_00000000",
    "id=99999",
    "id=",
    "",
    "id",
    "other=10454",
    "id[]=10454",
    "id[$gt]=0",
    "id=acct_12ab34cd%0A",
    "id=+10454",
    "id=%EF%BC%91%EF%BC%90%EF%BC%94%EF%BC%95%EF%BC%94",  # full-width digits
    "id=ACCT_12AB34CD",
    "id=%27+OR+%271%27=%271",
    "id=acct_12ab34cd%27--",
    "id=%",
    "id=%25",
    "id=%ff%fe",
    "id=a%00b",
    "id=jane@example.com",
    "id=__proto__",
    "__proto__[id]=10454",
    f"id={'x' * 256}",
    f"id={'1' * 4000}",
]

REFUSED_BEFORE = {"java": {"id=%"}}
"""What a server answers with 400 by itself: the JDK's takes no broken escape. No service sends one."""

NOBODYS_BODIES = [
    b'{"id": ""}',
    b"{}",
    b'{"id": null}',
    b'{"id": 10454}',
    b'{"id": true}',
    b'{"id": ["10454"]}',
    b'{"id": {"$gt": ""}}',
    b'{"id": "\\ud800"}',
    b'{"id": "acct_12ab34cd\\n"}',
    b'["id", "10454"]',
    b'"10454"',
    b"null",
    b"7",
]

BROKEN_BODIES = [b"{", b"id=10454", b"\xff\xfe", b"[" * 9_000]

WRONG_AUTHORIZATIONS = [
    b"",
    b"Bearer",
    TOKEN.encode(),
    b"Basic " + TOKEN.encode(),
    b"Bearer " + TOKEN[:-1].encode(),
    b"Bearer " + TOKEN.encode() + b"x",
    b"Bearer " + TOKEN[:-1].encode() + b"x",
    b"Bearer " + TOKEN.upper().encode(),
    b"Bearer " + TOKEN[:-1].encode() + b"\xe9",
    b"Bearer \xff\xfe\xc3\xa9",
]

EMAILS = [
    ("GET", "Hello,\nthe button is grey.\nAccount ID: acct_12ab34cd\nThanks"),
    ("POST", "Hello,\nmy lamp came back. Order #10454\nThanks"),
]


@pytest.mark.parametrize(("identifier", "record"), [("acct_12ab34cd", ACCOUNT), ("10454", ORDER)])
def test_record_is_returned_when_the_id_is_known(served: Served, identifier: str, record: dict[str, object]) -> None:
    answers = [
        served.get(f"id={identifier}"),
        served.get(f"first=1&id={identifier}&last=2"),
        served.post(b'{"id": "%s"}' % identifier.encode()),
    ]

    assert [answer.status_code for answer in answers] == [200] * 3
    assert [answer.json() for answer in answers] == [record] * 3
    assert {answer.headers["content-type"].partition(";")[0] for answer in answers} == {"application/json"}
    assert [answer for answer in answers if "no-store" not in answer.headers["cache-control"]] == []


def test_answer_is_an_empty_object_when_the_id_is_nobodys(served: Served, example: Example) -> None:
    refused = REFUSED_BEFORE.get(example.name, set())
    answers = {query: served.get(query) for query in NOBODYS_QUERIES if query not in refused}
    posted = {body: served.post(body) for body in NOBODYS_BODIES}

    assert {
        sent: answer.text for sent, answer in [*answers.items(), *posted.items()] if answer.status_code != 200
    } == {}
    assert {sent: answer.text for sent, answer in [*answers.items(), *posted.items()] if answer.json() != {}} == {}


def test_answer_holds_one_record_or_none_when_the_id_comes_twice(served: Served) -> None:
    answer = served.get("id=10454&id=10451")

    assert answer.status_code == 200
    assert answer.json().get("type", "order") == "order"


def test_body_is_refused_in_words_when_it_is_not_json(served: Served) -> None:
    answers = [served.post(body) for body in BROKEN_BODIES]

    assert [answer.status_code for answer in answers] == [400] * len(BROKEN_BODIES)
    assert {tuple(answer.json()) for answer in answers} == {("error",)}
    assert [answer.text for answer in answers if "must be JSON" not in answer.json()["error"]] == []


def test_endpoint_goes_on_when_a_body_is_far_too_large(served: Served) -> None:
    # Who stops reading and closes may cut off its own answer.
    with suppress(httpx.TransportError):
        assert served.post(b"[" * 2_000_000).status_code == 400

    assert served.get("id=10454").json() == ORDER


@pytest.mark.parametrize("sent", [None, *WRONG_AUTHORIZATIONS])
def test_everything_is_refused_when_the_token_is_wrong(served: Served, sent: bytes | None) -> None:
    headers = {} if sent is None else {b"Authorization": sent}
    json = headers | {b"Content-Type": b"application/json"}
    answers = [
        served.client.get(f"{served.url}?id=acct_12ab34cd", headers=headers),
        served.client.post(served.url, content=b'{"id": "acct_12ab34cd"}', headers=json),
        # Were the body read first, this would be 400.
        served.client.post(served.url, content=b"{", headers=json),
    ]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}
    assert [answer.json() for answer in answers] == [{"error": "unauthorized"}] * 3


def test_scheme_may_be_written_in_any_case_when_the_token_is_right(served: Served) -> None:
    headers = [{"Authorization": f"{scheme} {TOKEN}"} for scheme in ("bearer", "BEARER")]

    assert [served.client.get(served.url, headers=sent).status_code for sent in headers] == [200, 200]


@pytest.mark.parametrize("verb", ["PUT", "PATCH", "DELETE"])
def test_verb_is_refused_when_it_would_change_something(served: Served, verb: str) -> None:
    url = f"{served.url}?id=acct_12ab34cd"

    assert served.client.request(verb, url, headers={"Authorization": f"Bearer {TOKEN}"}).status_code == 405
    # Some routers refuse a verb before anybody looks at the token.
    assert served.client.request(verb, url).status_code in (401, 405)


def test_log_names_no_customer_and_no_secret_when_everything_was_asked(served: Served) -> None:
    served.get("id=acct_12ab34cd")
    served.get("id=acct_12ab34cd", token=f"{TOKEN}x")
    served.post(b'{"id": "acct_12ab34cd"')
    log = served.log.read_text()

    assert [secret for secret in ("acct_12ab34cd", TOKEN) if secret in log] == []


def test_endpoint_is_closed_when_its_secret_is_not_set(example: Example, tmp_path: Path) -> None:
    try:
        with running(example, tmp_path / "log", {"SUPPORT_CONTEXT_TOKEN": ""}) as port:
            url, headers = f"http://127.0.0.1:{port}/support-context", {"Authorization": "Bearer"}
            ending = str(httpx.get(url, headers=headers, timeout=60, trust_env=False).status_code)
    except Ended as end:
        ending = str(end)

    assert ending == "401" or "Set SUPPORT_CONTEXT_TOKEN to a secret" in ending


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_check_finds_nothing_to_mend_when_it_holds_the_endpoint_to_the_contract(
    served: Served, tmp_path: Path, method: str
) -> None:
    command = [
        "check",
        served.url,
        "--method",
        method,
        "--token-env",
        "TOKEN",
        "--id",
        "acct_12ab34cd",
        "--id",
        "10454",
    ]
    command += ["--allow-private", "--ca-file", str(served.ca_file)]
    async with running_service(tmp_path / "check", {"TOKEN": TOKEN}, *command) as program:
        exit_code = await program.ended()

    assert exit_code == 0, program.stdout + program.stderr
    print(program.stdout.splitlines()[-1])  # noqa: T201 - shown by `make test-examples`


async def test_enrichment_is_ok_when_the_service_asks_it(served: Served, tmp_path: Path, database_url: str) -> None:
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(served.ca_file)}
    instructions = {
        "identify_instructions": IDENTIFY_INSTRUCTIONS,
        "display_instructions": DISPLAY_INSTRUCTIONS,
    }
    async with serving(tmp_path / "service", settings) as replica, replica.client() as owner:
        await set_up(owner, served.origin)
        results = []
        for method, body in EMAILS:
            changes = instructions | {"method": method}
            (await owner.patch("/projects/prj_1/customer-context", json=changes)).raise_for_status()
            answer = await owner.post(f"/tickets/t_{method}/enrich", json=ticket(body=body))
            results.append(answer.raise_for_status().json())

    assert [(result["status"], result["reason"]) for result in results] == [("ok", None), ("ok", None)], results
    assert [{row["label"]: row["value"] for row in result["fields"]} for result in results] == [
        {"Plan": "Pro", "Status": "Active", "Seats": "12", "Monthly revenue": "$588.00"},
        {"Item": "Desk lamp, brass", "Amount": "$1,258.00", "Fulfillment status": "Returned"},
    ]
    assert [len(result["links"]) for result in results] == [1, 1]
