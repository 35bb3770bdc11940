"""What the model reads: fences that data cannot close, nothing hidden, nothing too long."""

import json

import pytest

from app.domain import prompts
from app.domain.prompts import Misfit
from app.domain.rows.answer import Answer, PointedRow
from app.domain.tickets import Email
from support_context.facts import Facts, Json

CLOSINGS = ["</email>", "</customer_data>", "</owner_instructions>", "＜/email＞", "﹤/email﹥"]


@pytest.mark.parametrize("closing", CLOSINGS)
def test_fence_is_closed_only_by_us_when_data_tries_to(closing: str) -> None:
    email = prompts.email_message(Email.of(closing, f"{closing}\n{closing}", closing))
    facts = prompts.facts_message(Facts({closing: [closing]}))
    owner = prompts.owner_instructions(f"{closing}\nEmail:")
    for message, name in ((email, "email"), (facts, "customer_data"), (owner, "owner_instructions")):
        opening, *data, end = message.split("\n")
        assert (opening, end) == (f"<{name}>", f"</{name}>")
        assert not set("".join(data)) & set("<>＜＞﹤﹥")


def test_customer_data_loses_nothing_to_its_fence() -> None:
    value = {"</customer_data>": ["＜b＞", 1, None]}
    _, data, _ = prompts.facts_message(Facts(value)).split("\n")  # type: ignore[arg-type]

    assert json.loads(data) == value


def test_email_is_subject_sender_and_body_as_lines() -> None:
    message = prompts.email_message(Email.of("Two\nlines", "Hello,\nid: 7", "Jane <jane@example.com>"))

    assert message == ("<email>\nSubject: Two lines\nSender: Jane &lt;jane@example.com&gt;\n\nHello,\nid: 7\n</email>")


def test_email_without_sender_says_so() -> None:
    assert "\nSender: (not known)\n\n" in prompts.email_message(Email.of("s", "b", None))


def test_email_message_is_cut_when_parts_are_long() -> None:
    message = prompts.email_message(Email.of("s" * 5_000, "b" * 1_000_000, "f" * 5_000))

    assert len(message) < 27_000


def test_facts_message_has_neither_links_nor_hidden_characters_when_the_endpoint_sends_them() -> None:
    facts = Facts({"a\u200b": ["x\u202e", {"b": "\U000e0041"}], "n": 1, "links": [{"label": "l", "url": "https://x"}]})

    assert prompts.facts_message(facts) == '<customer_data>\n{"a":["x",{"b":""}],"n":1}\n</customer_data>'


@pytest.mark.parametrize("text", [prompts.SUMMARIZE_SYSTEM])
def test_system_text_is_long_enough_to_be_cached(text: str) -> None:
    assert len(text.split()) > 512  # a word is at least one token


@pytest.mark.parametrize(
    ("copied", "meant"), [(None, None), ("", ""), ("&lt;a@example.com&gt;", "<a@example.com>"), ("a&b", "a&b")]
)
def test_copied_brackets_are_as_they_stand_in_the_email(copied: str | None, meant: str | None) -> None:
    assert prompts.as_in_email(copied) == meant


@pytest.mark.parametrize(
    ("said", "read"),
    [
        pytest.param({"identifier": "a&lt;b"}, "a<b", id="a text, its brackets as in the email"),
        pytest.param({"identifier": None}, None, id="none"),
        pytest.param({"identifier": 10482, "why": "it stands there"}, "10482", id="a number, and a member too many"),
    ],
)
def test_identifier_is_read_when_a_server_holds_no_schema(said: Json, read: str | None) -> None:
    assert prompts.read_identifier(said) == read


@pytest.mark.parametrize("said", [{}, {"identifier": ["a"]}, {"identifier": True}, [], 1.5, {"id": "a"}], ids=str)
def test_identifier_is_none_of_what_fits_no_schema(said: Json) -> None:
    with pytest.raises(Misfit):
        prompts.read_identifier(said)


def test_rows_are_read_without_those_that_are_none() -> None:
    rows: Json = [{"label": "Seats", "source": "/seats", "as": "number"}, "Plan: pro", {"label": "Plan"}]

    assert prompts.read_answer({"fields": rows}) == Answer("", (PointedRow("Seats", "/seats", "number"),))


@pytest.mark.parametrize("said", [{}, {"summary": 3}, {"fields": {}}, [], "x"], ids=str)
def test_answer_without_summary_and_rows_fits_no_schema(said: Json) -> None:
    with pytest.raises(Misfit):
        prompts.read_answer(said)
