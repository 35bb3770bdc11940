import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.outcomes import Field
from app.domain.summaries import Answer, judge, made_from_rows, straight_from
from support_context.facts import Facts
from tests.support.models import LyingModel

INSTRUCTIONS = "Show Plan; Status (Active or Inactive); Seats (warn over 10); Monthly revenue."
CUSTOMER = Facts(
    {
        "type": "account",
        "plan": "pro",
        "status": "active",
        "is_active": True,
        "seats": 12,
        "monthly_revenue": 1200,
        "since": "2026-01-15T10:00:00Z",
        "note": None,
        "email": "a@b.example",
        "balance": -5,
        "state": "not active",
        "price": "€3.50",
        "tags": ["vip", "eu"],
        "owner": {"name": "Li", "visits": 0.1 + 0.2},
        "links": [{"label": "Admin", "url": "https://x.example/1"}],
    }
)


def judged(label: str, value: str, source: str, summary: str = "") -> tuple[str, str]:
    field = judge(Answer(summary, (Field(label, value, source),)), CUSTOMER, INSTRUCTIONS).fields[0]
    return field.label, field.value


@pytest.mark.parametrize(
    ("value", "source", "shown"),
    [
        pytest.param("Pro", "/plan", "Pro", id="case-aside"),
        pytest.param("$1,200.00", "/monthly_revenue", "$1,200.00", id="currency-and-separators-aside"),
        pytest.param("15 January 2026", "/since", "15 January 2026", id="date-format-aside"),
        pytest.param("Active", "/status", "Active", id="word-of-the-owner"),
        pytest.param("Active", "/is_active", "Active", id="word-of-the-owner-for-true"),
        pytest.param("12 (over 10)", "/seats", "12 (over 10)", id="words-of-the-owner-beside-the-fact"),
        pytest.param("vip and eu", "/tags", "vip, eu", id="joining-word-is-not-in-the-fact"),
        pytest.param("eu, vip", "/tags", "eu, vip", id="list"),
        pytest.param("Enterprise", "/plan", "pro", id="invented-word"),
        pytest.param("13", "/seats", "12", id="invented-number"),
        pytest.param("10", "/seats", "12", id="number-of-the-owner-instead-of-the-fact"),
        pytest.param("Inactive", "/status", "active", id="the-owner-s-other-word"),
        pytest.param("Inactive", "/is_active", "true", id="the-owner-s-other-word-for-true"),
        pytest.param("active", "/state", "not active", id="not-left-out"),
        pytest.param("5", "/balance", "-5", id="sign-lost"),
        pytest.param("$3.50", "/price", "€3.50", id="another-currency"),
        pytest.param("12%", "/seats", "12", id="percent-gained"),
        pytest.param("$1.2k", "/monthly_revenue", "1200", id="suffix"),
        pytest.param("pro ✅", "/plan", "pro", id="symbol"),
        pytest.param("<b>pro</b>", "/plan", "pro", id="markup"),
        pytest.param("**pro**", "/plan", "pro", id="markdown"),
        pytest.param("", "/plan", "pro", id="empty"),
        pytest.param("none", "/note", "—", id="null"),
        pytest.param("0.3", "/owner/visits", "0.3", id="float-without-noise"),
        pytest.param("\u202epro", "/plan", "pro", id="hidden-characters"),
    ],
)
def test_judge_keeps_a_value_only_when_fact_or_owner_say_it(value: str, source: str, shown: str) -> None:
    assert judged("", value, source)[1] == shown


@pytest.mark.parametrize(
    ("label", "source", "shown"),
    [
        pytest.param("Plan", "/plan", "Plan", id="the-owner-s"),
        pytest.param("E-mail", "/email", "E-mail", id="joined"),
        pytest.param("Owner name", "/owner/name", "Owner name", id="path"),
        pytest.param("Tag", "/tags/0", "Tag", id="singular"),
        pytest.param("Refund promised", "/plan", "Plan", id="invented"),
        pytest.param("Seats", "/monthly_revenue", "Monthly revenue", id="name-of-another-fact"),
        pytest.param("Plan 555", "/plan", "Plan", id="number"),
        pytest.param("", "/tags/1", "Tags 2", id="empty-in-a-list"),
        pytest.param("Plan ✅", "/plan", "Plan", id="symbol"),
    ],
)
def test_judge_keeps_a_label_only_when_owner_or_pointer_say_it(label: str, source: str, shown: str) -> None:
    assert judged(label, "", source)[0] == shown


@pytest.mark.parametrize(
    "summary",
    [
        pytest.param("Pro account with 12 seats, $1,200.00 a month since Jan 15, 2026.", id="figures-of-the-facts"),
        pytest.param("Has twelve seats.", id="number-in-words"),
        pytest.param("Write to a@b.example, see https://x.example/1.", id="addresses-of-the-facts"),
        pytest.param("A good customer.", id="no-figures"),
    ],
)
def test_judge_keeps_a_summary_when_all_its_figures_are_in_the_json(summary: str) -> None:
    assert judge(Answer(summary, (Field("Plan", "pro", "/plan"),)), CUSTOMER, INSTRUCTIONS).summary == summary


@pytest.mark.parametrize(
    "summary",
    [
        pytest.param("", id="empty"),
        pytest.param("Has 13 seats.", id="number"),
        pytest.param("Has thirty seats.", id="number-in-words"),
        pytest.param("Since 16 January 2026.", id="date"),
        pytest.param("At 11:00.", id="time"),
        pytest.param("Owes 5.", id="sign"),
        pytest.param("Account acct_9x.", id="identifier"),
        pytest.param("Pay at evil.example.", id="host"),
        pytest.param("Pay at https://x.example/2", id="url"),
        pytest.param("Ask b@b.example", id="address"),
        pytest.param("<b>Pro</b>", id="markup"),
        pytest.param("They are Inactive.", id="the-owner-s-other-word"),
        pytest.param("12席、13人", id="other-script"),
    ],
)
def test_judge_makes_the_summary_from_the_rows_when_it_says_more(summary: str) -> None:
    fields = (Field("Plan", "pro", "/plan"), Field("Status", "Active", "/status"))
    shown = judge(Answer(summary, fields), CUSTOMER, INSTRUCTIONS)
    assert shown.summary == "Plan: pro · Status: Active"
    assert shown.note.endswith("summary made from the rows")


def test_judge_shows_nothing_invented_when_the_model_lies() -> None:
    shown = judge(Answer(LyingModel.LIE, tuple(LyingModel.LIES)), CUSTOMER, INSTRUCTIONS)
    assert [(field.label, field.value) for field in shown.fields] == [("Plan", "pro"), ("Seats", "12")]
    assert shown.summary == "Plan: pro · Seats: 12"
    assert shown.note == "2 rows, 4 replaced, 1 dropped; summary made from the rows"


def test_judge_distrusts_the_words_of_the_summary_when_a_row_had_them_invented() -> None:
    answer = Answer("An Enterprise customer.", (Field("Plan", "Enterprise", "/plan"),))
    assert judge(answer, CUSTOMER, INSTRUCTIONS).summary == "Plan: pro"


@pytest.mark.parametrize("source", ["", "plan", "/nope", "/tags/2", "/tags/-", "/plan/x", "/~2", "/tags/00"])
def test_judge_drops_a_row_when_its_source_is_not_in_the_json(source: str) -> None:
    fields = (Field("Plan", "pro", source), Field("Seats", "12", "/seats"))
    shown = judge(Answer("ok", fields), CUSTOMER, INSTRUCTIONS)
    assert [field.source for field in shown.fields] == ["/seats"]


def test_judge_takes_rows_straight_from_the_json_when_none_survives() -> None:
    assert judge(Answer("ok", ()), CUSTOMER, INSTRUCTIONS).fields == straight_from(CUSTOMER).fields


def test_judge_keeps_twenty_four_rows_and_their_lengths_when_there_are_more() -> None:
    facts = Facts({f"k{index}": "v" * 600 for index in range(30)})
    shown = judge(Answer("s " * 600, tuple(Field("", "v" * 600, f"/k{i}") for i in range(30)) * 2), facts, "")
    assert len(shown.fields) == 24
    assert {len(field.value) for field in shown.fields} == {500}
    assert len(shown.summary) <= 600


def test_straight_from_leaves_out_links_and_names_parents_when_labels_repeat() -> None:
    shown = straight_from(
        Facts({"a": {"name": "x"}, "b": {"name": "y"}, "links": [{"label": "l"}], "monthlyRevenue": 1})
    )
    assert shown.summary == "A name: x · B name: y · Monthly revenue: 1"
    assert made_from_rows(()) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.sampled_from(["pro", "2026-01-15", "x1", "-7", "not paid"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
SAID = st.text(alphabet="0123456789-., %$proxnt/Jan:", max_size=20)
SOURCES = st.sampled_from(["/a", "/b", "/c", "/a/0", "/a/b", "/b/1", "", "x"])


@given(
    st.dictionaries(st.sampled_from("abc"), JSON, min_size=1, max_size=3),
    st.lists(st.builds(Field, SAID, SAID, SOURCES), max_size=5).map(tuple),
    SAID,
)
def test_judge_shows_only_digits_of_the_json_whatever_a_model_says(
    value: dict[str, object], fields: tuple[Field, ...], summary: str
) -> None:
    facts = Facts(value)  # type: ignore[arg-type]  # hypothesis cannot say Json
    shown = judge(Answer(summary, fields), facts, "")
    digits = set(re.findall(r"[1-9]", facts.as_json()))
    assert set(re.findall(r"[1-9]", "".join(field.value for field in shown.fields))) <= digits
