import pytest

from app.domain.wording import name_words, number, numeral, wording


@pytest.mark.parametrize(
    ("said", "known"),
    [
        pytest.param("15 January 2026", "2026-01-15T10:00:00Z", id="day-month-year"),
        pytest.param("January 15th, 2026", "2026-01-15", id="month-day-year"),
        pytest.param("15/01/2026", "2026-01-15", id="slashes"),
        pytest.param("Sept. 3, 2026", "2026-09-03", id="short-month"),
        pytest.param("January 2026", "2026-01-15", id="less-exact"),
        pytest.param("2026", "2026-01-15", id="year-alone"),
        pytest.param("2026-01-15", "15.01.2026", id="iso-from-dots"),
        pytest.param("2:30 PM", "2026-01-15T14:30:00+02:00", id="half-day-clock"),
        pytest.param("10:00 UTC", "10:00:00Z", id="zone-and-seconds"),
        pytest.param("10:00:30", "10:00:30.5", id="seconds"),
        pytest.param("$1,200.00", "1200", id="thousands-and-currency"),
        pytest.param("1.234,56 €", "1234.56", id="european"),
        pytest.param("1,20,000", "120000", id="indian"),
        pytest.param("1 200", "1200", id="spaced"),
        pytest.param("-$5", "-5", id="minus-before-the-currency"),
        pytest.param("−5", "-5", id="typographic-minus"),
        pytest.param("12.50", "12.5", id="trailing-zero"),
        pytest.param("٣٤", "34", id="other-digits"),
        pytest.param("１２", "12", id="full-width-digits"),
        pytest.param("12席", "12 席", id="figure-beside-an-ideograph"),
        pytest.param("PAST-DUE", "past_due", id="case-and-punctuation"),
        pytest.param("42 %", "42%", id="percent"),
    ],
)
def test_wording_says_nothing_beyond_when_only_the_spelling_differs(said: str, known: str) -> None:
    backing = wording(known)
    assert wording(said, backing.numbers).beyond(backing) == set()


@pytest.mark.parametrize(
    ("said", "known"),
    [
        pytest.param("16 January 2026", "2026-01-15", id="another-day"),
        pytest.param("2026-03-04", "2026-04-03", id="day-and-month-swapped"),
        pytest.param("15 January 2026", "January 2026", id="more-exact"),
        pytest.param("2026-15-01", "2026-01-15", id="no-such-month"),
        pytest.param("2:30 AM", "14:30", id="wrong-half-of-the-day"),
        pytest.param("10:00:31", "10:00:30", id="another-second"),
        pytest.param("5", "-5", id="sign-lost"),
        pytest.param("-5", "5", id="sign-gained"),
        pytest.param("1,234", "1.234", id="thousand-times-as-much"),
        pytest.param("1.234", "1234", id="thousandth"),
        pytest.param("7", "007", id="leading-zeros"),
        pytest.param("1.2k", "1.2", id="suffix"),
        pytest.param("42%", "42", id="percent-gained"),
        pytest.param("12", "acct_12a", id="part-of-a-word"),
        pytest.param("1.2", "1.2.3", id="part-of-a-version"),
        pytest.param("1 200", "1 201", id="spaced-and-another"),
    ],
)
def test_wording_says_more_when_the_other_text_does_not_say_it(said: str, known: str) -> None:
    backing = wording(known)
    assert wording(said, backing.numbers).beyond(backing)


def test_number_has_one_spelling_or_none() -> None:
    spelt = [number(text) for text in ("1'200", "1.200.300", "0", "0.50", "007", "1.2.3", "abc")]
    assert spelt == ["1200", "1200300", "0", "0.5", None, None, None]


def test_numeral_has_no_exponent_and_no_noise() -> None:
    spelt = [numeral(value) for value in (0.1 + 0.2, 1e21, 1e-7, -0.0, 1200.0, -10.0, 10**20)]
    assert spelt == ["0.3", "1000000000000000000000", "0.0000001", "0", "1200", "-10", "100000000000000000000"]


def test_name_words_are_read_when_programs_write_them() -> None:
    assert name_words("monthlyRevenue_usd-HTTPCode") == ["monthly", "revenue", "usd", "http", "code"]
