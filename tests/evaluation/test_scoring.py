"""Every figure of an evaluation, by tables: what counts, what does not, both sides of each limit."""

from dataclasses import replace

import pytest

from app.domain.outcomes import Field, Identity, Outcome, StepFailed, Usage
from app.domain.reading.extraction import accept
from app.domain.rows.judging import Judged
from app.domain.tickets import Email
from app.evaluation.cases import Case, ExpectedRow
from app.evaluation.prices import PRICES, dollars
from app.evaluation.scoring import (
    Figures,
    Rating,
    Rows,
    Scored,
    Senders,
    by_kind,
    figures,
    percentile,
    rows_of,
    score,
    senders,
    shortfalls,
    verdict_of,
)
from app.evaluation.suite_run import Seen

MODEL = "claude-haiku-5-5"
NOBODY = Email.of("", "", None)


def seen(
    expected: str | None = "acct_1",
    accepted: str | None = "acct_1",
    ending: Outcome | None = None,
    *,
    kind: str = "plain",
    rows: tuple[tuple[str, str], ...] | None = None,
    judged: Judged | None = None,
    unsummarized: bool = False,
    usage: Usage = Usage(100, 10),  # noqa: B008 - frozen
    seconds: float = 1.0,
    identity: Identity | None = None,
) -> Seen:
    wanted = None if rows is None else tuple(ExpectedRow(*row) for row in rows)
    case = Case("one", kind, NOBODY, expected, wanted)
    return Seen(case, accepted, accepted, ending, judged, unsummarized, usage, seconds, identity)


def scored(*each: Seen) -> list[Scored]:
    return [score(one) for one in each]


RIGHT, MISSED = seen(), seen(accepted=None, ending=Outcome.NOT_FOUND)
NONE_RIGHT = seen(expected=None, accepted=None, ending=Outcome.NOT_FOUND)
WRONG, OF_NOBODY = seen(accepted="acct_2"), seen(expected=None, accepted="acct_2")
UNANSWERED = seen(accepted=None, ending=Outcome.AI_UNAVAILABLE)


@pytest.mark.parametrize(
    ("expected", "accepted", "ending", "verdict"),
    [
        pytest.param("acct_1", "acct_1", None, Rating.RIGHT, id="the one expected"),
        pytest.param(None, None, Outcome.NOT_FOUND, Rating.RIGHT, id="none expected, none found"),
        pytest.param(None, None, Outcome.NOT_GROUNDED, Rating.RIGHT, id="none expected, an invented one stopped"),
        pytest.param(None, None, Outcome.AI_REFUSED, Rating.RIGHT, id="none expected, the AI declined"),
        pytest.param("acct_1", None, Outcome.NOT_FOUND, Rating.MISSED, id="one expected, none found"),
        pytest.param("acct_1", None, Outcome.NOT_GROUNDED, Rating.MISSED, id="one expected, an invented one stopped"),
        pytest.param("acct_1", None, Outcome.AI_REFUSED, Rating.MISSED, id="one expected, the AI declined"),
        pytest.param("acct_1", "acct_2", None, Rating.WRONG, id="somebody else's"),
        pytest.param(None, "acct_2", None, Rating.WRONG, id="one although none was expected"),
        pytest.param("acct_12", "acct_1", None, Rating.WRONG, id="a part of it is somebody else's"),
        pytest.param("acct_1", "ACCT_1", None, Rating.WRONG, id="another spelling may be somebody else's"),
        pytest.param("acct_1", None, Outcome.AI_UNAVAILABLE, Rating.UNANSWERED, id="no answer"),
        pytest.param(None, None, Outcome.AI_UNAVAILABLE, Rating.UNANSWERED, id="no answer is no right none"),
    ],
)
def test_verdict_is_one_of_four(
    expected: str | None, accepted: str | None, ending: Outcome | None, verdict: Rating
) -> None:
    assert verdict_of(expected, accepted, ending) is verdict


def test_identifier_that_is_not_grounded_is_no_hit_when_scored() -> None:
    with pytest.raises(StepFailed) as stopped:
        accept("acct_victim", Email.of("", "Hello", None), "")

    assert verdict_of(None, None, stopped.value.outcome) is Rating.RIGHT


@pytest.mark.parametrize(
    ("expected", "shown", "counted"),
    [
        pytest.param([("Plan", "Pro")], [("Plan", "Pro")], Rows(1, 1, 0), id="equal"),
        pytest.param([("Plan", "Pro")], [("PLAN", "pro")], Rows(1, 1, 0), id="case aside"),
        pytest.param([("Sum", "12345")], [("Sum", "12,345")], Rows(1, 1, 0), id="separators aside"),
        pytest.param([("Sum", "1200")], [("Sum", "1200 EUR")], Rows(1, 0, 1), id="another currency"),
        pytest.param([("Plan", "Pro")], [("Plan", "Pro Plus")], Rows(1, 0, 1), id="another value"),
        pytest.param([("Seats", "12")], [("Seats", "120")], Rows(1, 0, 1), id="another number"),
        pytest.param([("Plan", "Pro")], [("Tier", "Pro")], Rows(1, 0, 1), id="another label"),
        pytest.param([("Plan", "Pro")], [], Rows(1, 0, 0), id="not shown"),
        pytest.param([], [("Plan", "Pro")], Rows(0, 0, 1), id="shown unasked"),
        pytest.param([("Plan", "Pro")], [("Plan", "Pro"), ("Plan", "Pro")], Rows(1, 1, 1), id="twice is one too many"),
        pytest.param([("A", "1"), ("B", "2")], [("B", "2"), ("A", "1")], Rows(2, 2, 0), id="order aside"),
    ],
)
def test_row_is_right_when_label_and_value_say_the_same(
    expected: list[tuple[str, str]], shown: list[tuple[str, str]], counted: Rows
) -> None:
    wanted = [ExpectedRow(*row) for row in expected]
    assert rows_of(wanted, [Field(label, value, "/x", raw=value) for label, value in shown]) == counted


@pytest.mark.parametrize(
    ("expected", "right"),
    [
        pytest.param(ExpectedRow("Price", "49.90 EUR", "money", "49.90 EUR"), 1, id="all of it"),
        pytest.param(ExpectedRow("Price", "49.90 EUR", "text"), 0, id="another type"),
        pytest.param(ExpectedRow("Price", "49.90 EUR", None, "49.90 USD"), 0, id="another machine's form"),
        pytest.param(ExpectedRow("Active", "true"), 1, id="the machine's form of a choice"),
    ],
)
def test_row_is_right_when_type_and_machine_form_are_those_expected(expected: ExpectedRow, right: int) -> None:
    shown = [
        Field("Price", "49.90 EUR", "/price", "money", "49.90 EUR"),
        Field("Active", "Yes", "/active", "choice", "true"),
    ]

    assert rows_of([expected], shown).right == right


def test_rows_that_were_expected_count_as_not_shown_when_there_is_no_card() -> None:
    assert score(seen(rows=(("Plan", "Pro"),))).rows == Rows(1, 0, 0)


def test_rows_do_not_count_when_none_are_expected() -> None:
    judged = Judged("", (Field("Plan", "Pro", "/plan"),), "")

    assert score(seen(judged=judged)).rows is None
    assert score(seen(judged=judged)).flawless


@pytest.mark.parametrize(
    ("one", "flawless"),
    [
        pytest.param(RIGHT, True, id="right"),
        pytest.param(WRONG, False, id="wrong"),
        pytest.param(seen(rows=(("Plan", "Pro"),)), False, id="right without its row"),
        pytest.param(seen(rows=(), judged=Judged("", (Field("A", "1", "/a"),), "")), False, id="right with a row more"),
    ],
)
def test_email_is_flawless_when_rows_are_too(one: Seen, flawless: bool) -> None:
    assert score(one).flawless is flawless


def test_figures_count_each_email_once() -> None:
    total = figures(scored(RIGHT, RIGHT, NONE_RIGHT, MISSED, WRONG, OF_NOBODY, UNANSWERED), MODEL)

    assert (total.emails, total.right, total.missed, total.wrong, total.unanswered) == (7, 3, 1, 2, 1)
    assert total.accuracy == 3 / 7  # the unanswered one is among the seven
    assert (total.none_right, total.none_said) == (1, 2)  # and not among the ones that said none
    assert total.none_precision == 1 / 2


@pytest.mark.parametrize(
    ("each", "precision"),
    [
        pytest.param([NONE_RIGHT], 1.0, id="always right"),
        pytest.param([MISSED], 0.0, id="always a miss"),
        pytest.param([RIGHT, WRONG], None, id="never said"),
        pytest.param([UNANSWERED], None, id="no answer says nothing"),
    ],
)
def test_precision_on_none_is_of_those_that_said_none(each: list[Seen], precision: float | None) -> None:
    assert figures(scored(*each), MODEL).none_precision == precision


def test_figures_are_empty_when_there_is_no_email() -> None:
    total = figures([], MODEL)

    assert (total.accuracy, total.none_precision, total.p50, total.p95, total.dollars) == (0.0, None, None, None, 0.0)


def test_what_was_invented_is_counted_where_it_was_stopped() -> None:
    total = figures(
        scored(
            seen(judged=Judged("", (), "", repaired=2, renamed=4, dropped=3, made_anew=True)),
            seen(judged=Judged("", (), "", repaired=1, dropped=0)),
            seen(accepted=None, ending=Outcome.NOT_GROUNDED),
            seen(unsummarized=True),
        ),
        MODEL,
    )

    assert (total.rows_repaired, total.rows_renamed, total.rows_dropped) == (3, 4, 3)
    assert (total.summaries_stopped, total.identifiers_stopped) == (1, 1)
    assert total.unsummarized == 1


@pytest.mark.parametrize(
    ("one", "counted"),
    [
        pytest.param(seen(identity=Identity.MATCH), Senders(match=1), id="right, and theirs"),
        pytest.param(
            seen(identity=Identity.MISMATCH), Senders(mismatch=1, right_withheld=1), id="right, but not theirs"
        ),
        pytest.param(
            seen(identity=Identity.UNKNOWN), Senders(unknown=1, right_withheld=1), id="right, nobody knows whose"
        ),
        pytest.param(seen(), Senders(), id="right, no record"),
        pytest.param(seen(accepted="acct_2"), Senders(wrong_unknown=1), id="wrong, no record"),
        pytest.param(
            seen(accepted="acct_2", identity=Identity.MATCH), Senders(match=1, wrong_drafted=1), id="wrong, but theirs"
        ),
        pytest.param(
            seen(expected=None, identity=Identity.MISMATCH), Senders(mismatch=1, wrong_withheld=1), id="a stranger's"
        ),
        pytest.param(
            seen(expected=None, identity=Identity.UNKNOWN), Senders(unknown=1, wrong_withheld=1), id="a forged sender"
        ),
        pytest.param(MISSED, Senders(), id="nobody was asked about"),
        pytest.param(UNANSWERED, Senders(), id="no answer"),
    ],
)
def test_record_is_withheld_from_the_draft_unless_the_sender_matches(one: Seen, counted: Senders) -> None:
    assert senders(scored(one)) == counted


def test_figures_of_each_kind_stand_in_the_order_of_the_file() -> None:
    told = by_kind(scored(seen(kind="b"), seen(kind="a"), seen(kind="b", accepted="acct_2")), MODEL)

    assert [(kind, found.emails, found.wrong) for kind, found in told.items()] == [("b", 2, 1), ("a", 1, 0)]


@pytest.mark.parametrize(
    ("model", "usage", "cost"),
    [
        pytest.param(MODEL, Usage(1_000_000, 0), 0.10, id="a million read"),
        pytest.param(MODEL, Usage(0, 1_000_000), 0.50, id="a million written"),
        pytest.param(MODEL, Usage(812, 96), 0.0001292, id="one ticket"),
        pytest.param("offline-patterns-1", Usage(), 0.0, id="offline is free"),
        pytest.param("some-other-model", Usage(1, 1), None, id="unknown"),
    ],
)
def test_dollars_are_the_list_price_of_the_tokens(model: str, usage: Usage, cost: float | None) -> None:
    assert dollars(model, usage) == (pytest.approx(cost) if cost is not None else None)


def test_every_price_says_where_and_when_it_was_read() -> None:
    assert all(price.source and price.month for price in PRICES.values())


@pytest.mark.parametrize(
    ("values", "percent", "value"),
    [
        pytest.param([3.0], 50, 3.0, id="one"),
        pytest.param([4.0, 1.0, 3.0, 2.0], 50, 2.0, id="half of an even number"),
        pytest.param([3.0, 1.0, 2.0], 50, 2.0, id="half of an odd number"),
        pytest.param([float(n) for n in range(1, 21)], 95, 19.0, id="19 of 20"),
        pytest.param([float(n) for n in range(1, 20)], 95, 19.0, id="19 of 19"),
        pytest.param([], 50, None, id="none"),
    ],
)
def test_percentile_is_the_nearest_rank(values: list[float], percent: int, value: float | None) -> None:
    assert percentile(values, percent) == value


def test_latency_is_of_the_emails_that_were_answered() -> None:
    unanswered = seen(accepted=None, ending=Outcome.AI_UNAVAILABLE, seconds=99.0)

    assert figures(scored(seen(seconds=2.0), unanswered), MODEL).p95 == 2.0


def total_of(*each: Seen) -> Figures:
    return figures(scored(*each), MODEL)


@pytest.mark.parametrize(
    ("total", "min_accuracy", "max_wrong", "said"),
    [
        pytest.param(total_of(WRONG), None, None, [], id="no limit"),
        pytest.param(
            total_of(UNANSWERED),
            None,
            None,
            ["emails without an answer of the AI: 1, of which nothing is known; run it again"],
            id="no limit, no answer",
        ),
        pytest.param(
            replace(total_of(RIGHT), unsummarized=2),
            None,
            None,
            ["emails without a usable summary of the AI: 2, whose rows say nothing of it"],
            id="no limit, no summary",
        ),
        pytest.param(total_of(RIGHT, MISSED), 0.5, None, [], id="accuracy just kept"),
        pytest.param(
            total_of(RIGHT, MISSED), 0.51, None, ["accuracy is 0.500, below --min-accuracy 0.51"], id="not kept"
        ),
        pytest.param(total_of(RIGHT, WRONG), None, 1, [], id="one wrong, one allowed"),
        pytest.param(
            total_of(RIGHT, WRONG),
            None,
            0,
            ["wrong-customer hits: 1, above --max-wrong 0"],
            id="one wrong, none allowed",
        ),
        pytest.param(
            total_of(RIGHT, UNANSWERED),
            None,
            0,
            ["emails without an answer of the AI: 1, of which nothing is known; run it again"],
            id="what was not answered cannot pass",
        ),
    ],
)
def test_limit_is_not_kept_when_a_figure_is_beyond_it(
    total: Figures, min_accuracy: float | None, max_wrong: int | None, said: list[str]
) -> None:
    assert shortfalls(total, min_accuracy, max_wrong) == said
