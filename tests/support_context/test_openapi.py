"""The endpoint's side of the contract, as OpenAPI: held to the code's limits, kept by the endpoints of ours."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema_rs import Draft202012Validator

import support_context
from app.demo.records import find, open_records
from support_context.check.answer_rules import COMFORTABLE_BYTES
from support_context.check.connection_rules import SLOW_SECONDS
from support_context.facts import Facts
from support_context.identifiers import sanitize
from support_context.limits import (
    BODY_BYTES,
    DEEPEST,
    FETCH_SECONDS,
    LARGEST_TOKEN,
    LONGEST_IDENTIFIER,
    LONGEST_LABEL,
    LONGEST_LINK,
    MOST_LINKS,
    MOST_NODES,
    SMALLEST_TOKEN,
)
from tests.support.yaml_files import yaml_of

CONTRACT: dict[str, Any] = yaml_of(Path(support_context.__file__).parent / "openapi.yaml")
SCHEMAS = CONTRACT["components"]["schemas"]


def test_both_methods_need_the_token_and_answer_200_or_401() -> None:
    (path,) = CONTRACT["paths"].values()

    assert CONTRACT["security"] == [{"bearer": []}]
    assert {method: sorted(operation["responses"]) for method, operation in path.items()} == {
        "get": ["200", "401"],
        "post": ["200", "401"],
    }


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(f"**{BODY_BYTES:,} bytes** of body at most", id="size"),
        pytest.param(f"stay under {COMFORTABLE_BYTES:,} bytes", id="head-room"),
        pytest.param(f"**{FETCH_SECONDS:g} seconds** in all", id="time"),
        pytest.param(f"stay under {SLOW_SECONDS:g} seconds", id="comfortable time"),
        pytest.param(f"at most {DEEPEST} levels deep, with at most {MOST_NODES:,} values", id="form"),
    ],
)
def test_limits_in_words_are_the_codes(said: str) -> None:
    assert said in CONTRACT["info"]["description"]


def test_limits_of_schemas_are_the_codes() -> None:
    token = CONTRACT["components"]["securitySchemes"]["bearer"]["description"]

    assert SCHEMAS["Customer"]["properties"]["links"]["maxItems"] == MOST_LINKS
    assert SCHEMAS["Link"]["properties"]["url"]["maxLength"] == LONGEST_LINK
    assert f"cut after {LONGEST_LABEL} characters" in SCHEMAS["Link"]["properties"]["label"]["description"]
    assert f"{SMALLEST_TOKEN} to {LARGEST_TOKEN:,} visible ASCII characters" in token


@pytest.mark.parametrize(
    "identifier",
    ["acct_12ab34cd", "a@b.example", "x" * LONGEST_IDENTIFIER, "x" * (LONGEST_IDENTIFIER + 1), "a b", "a+b", "é", ""],
)
def test_identifiers_are_those_that_the_service_sends(identifier: str) -> None:
    sent = bool(identifier) and sanitize(identifier) == identifier and len(identifier) <= LONGEST_IDENTIFIER

    assert Draft202012Validator(SCHEMAS["Identifier"]).is_valid(identifier) is sent


def customers() -> list[dict[str, object]]:
    examples = CONTRACT["components"]["responses"]["Found"]["content"]["application/json"]["examples"]
    with closing(open_records()) as records:
        found = [find(records, identifier) for identifier in ("acct_12ab34cd", "10482", "nobody")]
    return [*found, *(example["value"] for example in examples.values())]


@pytest.mark.parametrize("customer", customers())
def test_answers_of_the_demo_and_the_examples_fit_the_schema(customer: dict[str, Any]) -> None:
    resolved = {**SCHEMAS["Customer"], "components": CONTRACT["components"]}

    Draft202012Validator(resolved).validate(customer)
    assert len(Facts(customer).links()) == len(customer.get("links", []))


@pytest.mark.parametrize(
    "customer",
    [
        {"links": [{"label": "x", "url": "/relative"}]},
        {"links": [{"url": "https://x.example"}]},
        {"links": {}},
        {"type": 1},
    ],
)
def test_answers_that_break_the_rules_do_not_fit_the_schema(customer: dict[str, Any]) -> None:
    assert not Draft202012Validator({**SCHEMAS["Customer"], "components": CONTRACT["components"]}).is_valid(customer)
