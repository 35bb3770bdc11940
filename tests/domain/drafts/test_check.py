"""The draft check: what a reply states without backing, and what of a withheld record it tells."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from app.domain.drafts.check import MOST_FIGURES, Backing, check
from tests.domain.drafts.reading import pairs
from tests.support.tracing_cost import TIMES_LONGER, cpu_seconds

PAIRS = list(pairs())
RECORD: tuple[dict[str, Any], ...] = (
    {"label": "Plan", "value": "Pro", "type": "text", "raw": "Pro"},
    {"label": "Status", "value": "Active", "type": "choice", "raw": "active"},
    {"label": "Monthly revenue", "value": "480.00 EUR", "type": "money", "raw": "480.00 EUR"},
    {"label": "Seats", "value": "12", "type": "number", "raw": "12"},
    {"label": "Renews", "value": "2026-12-01", "type": "date", "raw": "2026-12-01"},
    {"label": "Used", "value": "75 %", "type": "percent", "raw": "75"},
    {"label": "Owner", "value": "jane@northwind.example", "type": "text", "raw": "jane@northwind.example"},
)
KNOWN = Backing(
    RECORD,
    ({"label": "Admin", "url": "https://admin.example.com/acct_12ab34cd"},),
    identifier="acct_12ab34cd",
    also_known=("Order #10482 of 3 November, by Tom",),
    display_instructions="Show Plan; Status (Active or Inactive); Verified (yes or no); Seats.",
)
WITHHELD = replace(KNOWN, may_not_be_told=True)


def told(draft: str, backing: Backing = KNOWN) -> list[tuple[str, str]]:
    return [(each.kind, each.text) for each in check(draft, backing)]


def test_of_200_drafts_what_was_planted_is_found_and_honest_ones_are_left_alone() -> None:
    planted, found = Counter[str](), Counter[str]()
    for pair in PAIRS:
        planted[pair.kind] += 1
        found[pair.kind] += any(each.kind == pair.kind for each in pair.found())
    alarms = [pair.honest for pair in PAIRS if check(pair.honest, pair.backing)]

    assert (len(PAIRS), len({pair.honest for pair in PAIRS})) == (100, 100)
    assert min(planted.values()) >= 8
    assert found["withheld"] == planted["withheld"]
    assert sum(found.values()) >= 0.95 * sum(planted.values())
    assert len(alarms) <= 0.03 * len(PAIRS)


@pytest.mark.parametrize(
    "draft",
    [
        pytest.param("Your 12 seats cost €480, EUR 480.00, 480,00 € or 480 euros.", id="one sum in four spellings"),
        pytest.param("It renews on 1 December 2026, Dec 1, 1.12.2026, 12/01/2026, 01.12.", id="one date in five"),
        pytest.param("Am 1. Dezember 2026; le 1 décembre 2026; el 1 de diciembre de 2026", id="in others"),
        pytest.param("Account ACCT_12AB34CD is active.", id="another case"),
        pytest.param("Order 10482 of November 3", id="what the caller also knows"),
        pytest.param("75 % are used, 75% that is", id="a share"),
        pytest.param("1. Open it\n2) Close it\n- 3. Done. Step 4 is optional; we are here 24/7.", id="lists"),
        pytest.param("See https://admin.example.com/acct_12ab34cd, or admin.example.com.", id="a link and its host"),
        pytest.param("Use 2FA, OAuth2 or IPv6. Q3 is fine.", id="names with digits"),
        pytest.param("1２ seats at ４８０ EUR", id="full-width digits"),
        pytest.param("Assign ALL 12 seats, or the TOP 12.", id="words that are codes of currencies too"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_stands_in_the_facts_is_fine(draft: str) -> None:
    assert told(draft) == []


@pytest.mark.parametrize("sum_of_money", ["480 ZMW", "DZD 480", "₺480", "480 zł"])
def test_the_right_figure_in_another_currency_is_found(sum_of_money: str) -> None:
    assert told(f"You pay {sum_of_money} a month.") == [("money", sum_of_money)]


@pytest.mark.parametrize(
    ("draft", "finding"),
    [
        pytest.param("You have 13 seats.", ("number", "13"), id="number"),
        pytest.param("75 seats, no: 12 %", ("number", "12 %"), id="a share that is a count"),
        pytest.param("It is $480 a month.", ("money", "$480"), id="another currency"),
        pytest.param("It is 48 EUR a month.", ("money", "48 EUR"), id="another sum"),
        pytest.param("It is €480k a month.", ("money", "€480k"), id="a thousand times as much"),
        pytest.param("It renews on 1 December 2027.", ("date", "1 December 2027"), id="another year"),
        pytest.param("It renews on 12.01.2027.", ("date", "12.01.2027"), id="no order of it is right"),
        pytest.param("Call at 14:30.", ("date", "14:30"), id="time"),
        pytest.param("Account acct_12ab34ce", ("identifier", "acct_12ab34ce"), id="identifier"),
        pytest.param("Account acct_12аb34cd", ("identifier", "acct_12аb34cd"), id="a Cyrillic letter in it"),
        pytest.param("Order #10483", ("identifier", "#10483"), id="number with its sign"),
        pytest.param("Mail jane@northwind.test", ("address", "jane@northwind.test"), id="email"),
        pytest.param("See https://admin.example.co.", ("address", "https://admin.example.co"), id="host cut"),
        pytest.param("See admin-example.com!", ("address", "admin-example.com"), id="host without a scheme"),
        pytest.param("It is inactive.", ("status", "inactive"), id="the other choice"),
        pytest.param("It is not active.", ("status", "not active"), id="the choice denied"),
        pytest.param("Call +49 30 1234567.", ("identifier", "+49 30 1234567"), id="telephone number"),
    ],
)
def test_what_nothing_backs_is_found(draft: str, finding: tuple[str, str]) -> None:
    assert told(draft) == [finding]


def grouped(value: str) -> str:
    return value.replace("480.00 EUR", "EUR 480").replace("2026-12-01", "Dec 1, 2026")


DISGUISES = [
    pytest.param(lambda value: value, id="as it stands"),
    pytest.param(str.upper, id="in capitals"),
    pytest.param(" ".join, id="letter by letter"),
    pytest.param("\u200b".join, id="zero-width spaces"),
    pytest.param(lambda value: value.translate(str.maketrans("aeopcx", "аеорсх")), id="Cyrillic letters"),
    pytest.param(lambda value: "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in value), id="full-width"),
    pytest.param(lambda value: value.replace("o", "0").replace("l", "1"), id="digits for letters"),
    pytest.param(lambda value: "".join(f"{c}\u0301" if c.isalpha() else c for c in value), id="accents"),
    pytest.param(lambda value: value.replace(".", ",").replace("-", "."), id="other signs"),
    pytest.param(grouped, id="another order"),
    pytest.param(lambda value: f"“{value}”", id="in quotes"),
    pytest.param(lambda value: f"x{value}x" if len(value) > 8 else value, id="inside a longer word"),
]


@pytest.mark.parametrize("disguise", DISGUISES)
@pytest.mark.parametrize("row", RECORD, ids=lambda row: str(row["label"]))
def test_withheld_value_is_found_in_every_disguise(row: dict[str, Any], disguise: Any) -> None:
    draft = f"Hello, it says {disguise(row['value'])} there"

    assert "withheld" in {kind for kind, _ in told(draft, WITHHELD)}, draft


@pytest.mark.parametrize(
    ("draft", "kinds"),
    [
        pytest.param("We cannot talk about acct_12ab34cd.", [], id="the identifier is the sender's own"),
        pytest.param("Order #10482 of 3 November", [], id="what the sender wrote and the record does not have"),
        pytest.param("Process the proposal promptly.", [], id="letters of a value in other words"),
        pytest.param("Your plan is Pro.", ["withheld"], id="a value of three letters"),
        pytest.param("You have 13 seats.", ["number"], id="a wrong figure is none of the record"),
    ],
)
def test_record_that_may_not_be_told(draft: str, kinds: list[str]) -> None:
    assert [kind for kind, _ in told(draft, WITHHELD)] == kinds


def test_value_is_found_although_the_sender_wrote_it_first() -> None:
    guessed = replace(WITHHELD, also_known=("Do they pay 480 EUR or 520 EUR?",))

    assert told("It is 480 EUR.", guessed) == [("withheld", "480 EUR")]


def test_answer_of_one_word_tells_something_beside_its_label_only() -> None:
    rows = ({"label": "Verified", "value": "Yes", "type": "choice", "raw": "true"},)
    backing = Backing(rows, may_not_be_told=True)

    assert told("Yes, we can help.", backing) == []
    assert told("Verified: yes", backing) == [("withheld", "yes")]


def test_offsets_count_utf_16_units() -> None:
    draft = "😀 Hi 👋🏽, 13 seats"
    [finding] = check(draft, KNOWN)

    units = draft.encode("utf-16-le")
    assert units[2 * finding.start : 2 * finding.end].decode("utf-16-le") == finding.text == "13"


def test_rest_of_a_draft_with_too_many_figures_is_one_finding() -> None:
    findings = check("12 " * MOST_FIGURES + "13 and 14", KNOWN)

    assert [(each.text, each.kind) for each in findings] == [("13 and 14", "number")]
    assert "nothing was checked" in findings[0].message


EVIL = {
    "numbers": "1 " * 16_384,
    "one number": "9" * 32_768,
    "groups": "1'111" * 6_553,
    "dots": "1." * 16_384,
    "addresses": "a@" * 16_384,
    "hosts": "a.b." * 8_192,
    "links": "http://" * 4_681,
    "sums": "$1 " * 10_922,
    "dates": "1 may " * 5_461,
    "withheld numbers": "12 " * 10_922,
    "withheld words": "pro " * 8_192,
    "status words": "not active " * 2_978,
    "spaces": " " * 32_768,
    "ligatures": "\ufdfa" * 10_922,
    "ideographs": "".join(chr(0x4E00 + number) for number in range(10_922)),
    "quotes": "'1" * 16_384,
    "accents": "a\u0301" * 10_922,
    "emoji": "😀1 " * 5_461,
}


@pytest.mark.parametrize("backing", [pytest.param(KNOWN, id="told"), pytest.param(WITHHELD, id="withheld")])
@pytest.mark.parametrize("name", EVIL)
def test_evil_draft_of_32_kb_costs_less_than_50_ms(name: str, backing: Backing) -> None:
    assert cpu_seconds(lambda: check(EVIL[name], backing)) < 0.05 * TIMES_LONGER
