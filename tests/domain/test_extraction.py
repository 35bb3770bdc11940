import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.extraction import accept
from app.domain.outcomes import Outcome, StepFailed
from app.domain.tickets import Email

INSTRUCTIONS = "Use the account ID that starts with acct_."
UNSAFE = re.compile(r"[^A-Za-z0-9._@:-]")


def email(body: str, subject: str = "", sender: str = "jane@example.com") -> Email:
    return Email.of(subject, body, sender)


@pytest.mark.parametrize(
    ("identifier", "body", "sent"),
    [
        pytest.param("acct_12ab", "my id is acct_12ab.", "acct_12ab", id="as-it-stands"),
        pytest.param("acct_12AB", "ACCT-12ab", "acct_12AB", id="case-and-punctuation-aside"),
        pytest.param("jane@example.com", "hi", "jane@example.com", id="sender"),
        pytest.param("acct_12", "my number is 12", "acct_12", id="prefix-from-the-instructions"),
        pytest.param("1234", "id 12-34", "1234", id="punctuation-inside"),
        pytest.param("acct_12ab34", "acct_12ab\n34", "acct_12ab34", id="broken-over-two-lines"),
        pytest.param("12 34", "id 12 34", "1234", id="spaces-are-not-sent"),
        pytest.param("12345678", "1 2 3 4 5 6 7 8", "12345678", id="eight-pieces"),
        pytest.param("'acct_1'; --", "'acct_1'", "acct_1--", id="quotes-are-not-sent"),
        pytest.param("１２３-7", "", None, id="digits-of-another-script"),
        pytest.param("a" * 300, "a" * 300, "a" * 256, id="judged-whole-then-cut"),
        pytest.param("a" * 256, "a" * 256, "a" * 256, id="just-short-enough"),
        pytest.param("acct_123", "acct_12345", None, id="part-of-a-longer-run"),
        pytest.param("acct_345", "acct_12345", None, id="end-of-a-longer-run"),
        pytest.param("a" * 256, "a" * 300, None, id="cut-of-a-longer-run"),
        pytest.param("acct_999", "acct_123", None, id="made-up"),
        pytest.param("123456789", "1 2 3 4 5 6 7 8 9", None, id="nine-pieces"),
        pytest.param("1234", "12 and 34", None, id="pieces-with-a-word-between"),
        pytest.param("1234", "12" + "." * 9 + "34", None, id="pieces-too-far-apart"),
        pytest.param("1234", "12-345", None, id="last-piece-longer"),
        pytest.param("acct", "hello", None, id="only-from-the-instructions"),
        pytest.param("...", "...", None, id="no-letter-or-digit"),
        pytest.param("асct_1", "асct_1", None, id="look-alike-letters-would-be-lost"),
        pytest.param("1-2-3-4-5", "9", None, id="many-runs-missing"),
        pytest.param("ann+work@x.com", "ann+work@x.com", None, id="mailbox-without-its-plus-is-anothers"),
        pytest.param("Ann <ann@x.com>", "Ann <ann@x.com>", None, id="name-joined-to-a-mailbox"),
        pytest.param("<ann@x.com>", "Ann <ann@x.com>", "ann@x.com", id="brackets-around-a-mailbox"),
        pytest.param("1" * 65, "1 " + "1" * 64, None, id="broken-run-too-long"),
        pytest.param("acct_12ab", "Account ID: acct_12ab=\n34cd", None, id="cut-at-a-soft-line-break"),
        pytest.param("acct_12ab34cd", "Account ID: acct_12ab=\n34cd", "acct_12ab34cd", id="over-a-soft-line-break"),
        pytest.param("acct_12ab", "Account ID: acct_12ab=\n\n34cd", "acct_12ab", id="equals-sign-at-the-end"),
        pytest.param("li@x.com", "ann.li@x.com", None, id="mailbox-cut-at-a-full-stop"),
        pytest.param("brien@x.com", "o'brien@x.com", None, id="mailbox-cut-at-an-apostrophe"),
        pytest.param("work@x.com", "ann+work@x.com", None, id="mailbox-cut-at-a-plus"),
        pytest.param("li@x.com", "a..li@x.com", None, id="mailbox-cut-at-two-marks"),
        pytest.param("ann@x.com", "ann@x.com.evil.example", None, id="domain-cut-at-a-full-stop"),
        pytest.param("ann@x", "ann@x-y.com", None, id="domain-cut-at-a-hyphen"),
        pytest.param("ann@x.com", "ann@x.com@evil.example", None, id="address-in-front-of-another"),
        pytest.param("li@x.com", "ann.li@x.com or li@x.com", "li@x.com", id="whole-mailbox-beside-a-longer-one"),
        pytest.param("Li@x.com", "LI@X.COM, please", "Li@x.com", id="mailbox-in-capitals"),
        pytest.param("li@x.com", "'li@x.com'", "li@x.com", id="mailbox-in-quotes"),
        pytest.param("li@x.com", "**li@x.com**", "li@x.com", id="mailbox-in-markdown"),
        pytest.param("li@x.com", "mail:li@x.com.", "li@x.com", id="mailbox-between-label-and-full-stop"),
        pytest.param("li@x.com", "Email=li@x.com;", "li@x.com", id="mailbox-of-a-form"),
        pytest.param("li@x.com", "li at x.com", "li@x.com", id="mailbox-written-out-in-runs"),
    ],
)
def test_accept_sends_only_what_stands_in_the_email(identifier: str, body: str, sent: str | None) -> None:
    if sent is not None:
        assert accept(identifier, email(body), INSTRUCTIONS) == sent
        return
    with pytest.raises(StepFailed) as failure:
        accept(identifier, email(body), INSTRUCTIONS)
    assert failure.value.outcome is Outcome.NOT_GROUNDED


@pytest.mark.parametrize(
    "identifier",
    [
        pytest.param(None, id="null"),
        pytest.param("", id="empty"),
        pytest.param(" \n", id="white-space"),
        pytest.param("漢字", id="nothing-that-may-be-sent"),
    ],
)
def test_accept_finds_nothing_when_nothing_would_be_sent(identifier: str | None) -> None:
    with pytest.raises(StepFailed) as failure:
        accept(identifier, email("漢字"), INSTRUCTIONS)
    assert failure.value.outcome is Outcome.NOT_FOUND


def test_accept_does_not_join_runs_of_two_parts_when_each_ends_where_the_other_begins() -> None:
    with pytest.raises(StepFailed):
        accept("1234", email("34", subject="12", sender=""), INSTRUCTIONS)


@given(st.text(alphabet="ab1_-. é", max_size=12), st.text(alphabet="ab1_-. \né", max_size=40))
def test_accept_returns_only_runs_of_the_email_when_it_returns(identifier: str, body: str) -> None:
    try:
        value = accept(identifier, email(body, sender=""), "")
    except StepFailed:
        return
    whole = re.sub(r"[\W_]", "", body.lower())
    assert all(run in whole for run in re.findall("[a-z0-9]+", value.lower()))


@pytest.mark.parametrize(
    ("identifier", "body"),
    [
        pytest.param("1" * 64, "1 " * 500_000, id="all-pieces"),
        pytest.param("a1-b2-c3", "a-" * 500_000, id="several-runs-missing"),
        pytest.param("." * 1_000_000 + "1", "2", id="long-identifier"),
    ],
)
def test_accept_refuses_when_a_megabyte_only_pretends(identifier: str, body: str) -> None:
    with pytest.raises(StepFailed):
        accept(identifier, email(body), INSTRUCTIONS)
