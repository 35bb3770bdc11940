import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.adapters.ai.retry_after import seconds_asked

NOW = datetime(2026, 10, 20, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"retry-after": "0"}, 0.0, id="zero"),
        pytest.param({"retry-after": "7"}, 7.0, id="seconds"),
        pytest.param({"retry-after": "0.25"}, 0.25, id="a fraction, which no RFC allows"),
        pytest.param({"retry-after": "900"}, 900.0, id="the longest"),
        pytest.param({"retry-after": "901"}, 900.0, id="more than the longest"),
        pytest.param({"retry-after": "999999999999"}, 900.0, id="thirty thousand years"),
        pytest.param({"retry-after": "9" * 400}, None, id="a number that is no number"),
        pytest.param({"retry-after-ms": "1500", "retry-after": "2"}, 1.5, id="milliseconds come first"),
        pytest.param({"retry-after-ms": "soon", "retry-after": "2"}, 2.0, id="milliseconds that are none"),
        pytest.param({"retry-after": "Tue, 20 Oct 2026 12:00:30 GMT"}, 30.0, id="a date by our clock"),
        pytest.param({"retry-after": "Tuesday, 20-Oct-26 12:00:30 GMT"}, 30.0, id="a date of RFC 850"),
        pytest.param({"retry-after": "Tue Oct 20 12:00:30 2026"}, 30.0, id="a date of asctime"),
        pytest.param({"retry-after": "Tue, 20 Oct 2026 11:59:59 GMT"}, 0.0, id="a date that is over"),
        pytest.param({"retry-after": "Wed, 20 Oct 2027 12:00:00 GMT"}, 900.0, id="a date in a year"),
        pytest.param(
            {"retry-after": "Tue, 20 Oct 2026 15:00:30 GMT", "date": "Tue, 20 Oct 2026 15:00:00 GMT"},
            30.0,
            id="a date by the server's clock, three hours off",
        ),
        pytest.param(
            {"retry-after": "Tue, 20 Oct 2026 12:00:30 GMT", "date": "today"}, 30.0, id="a server that tells no time"
        ),
        pytest.param({"retry-after": "-5"}, None, id="negative"),
        pytest.param({"retry-after": "1e9"}, None, id="exponent"),
        pytest.param({"retry-after": "inf"}, None, id="infinite"),
        pytest.param({"retry-after": "nan"}, None, id="not a number"),
        pytest.param({"retry-after": "7\n"}, None, id="a line end"),
        pytest.param({"retry-after": "７"}, None, id="full-width"),
        pytest.param({"retry-after": "soon"}, None, id="a word"),
        pytest.param({"retry-after": "Tue, 99 Oct 2026 12:00:30 GMT"}, None, id="no such day"),
    ],
)
def test_pause_is_read_in_each_form_and_bounded(headers: dict[str, str], seconds: float | None) -> None:
    assert seconds_asked(headers, NOW) == seconds


def test_date_without_a_zone_is_gmt_when_this_machine_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as elsewhere:
        elsewhere.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        seconds = seconds_asked({"retry-after": "Tue Oct 20 12:00:30 2026"}, NOW)
    time.tzset()
    assert seconds == 30.0


@given(
    st.text(max_size=60)
    | st.from_regex(r"[A-Z][a-z]{2}, [0-9]{2} Oct [0-9]{1,6} [0-9:]{1,9} [+-]?[0-9]{1,12}", fullmatch=True)
)
def test_nonsense_is_never_more_than_nonsense(value: str) -> None:
    for headers in ({"retry-after": value}, {"retry-after-ms": value}, {"retry-after": "Tue Oct 20 12:00:30 2026"}):
        seconds = seconds_asked(headers | {"date": value}, NOW)
        assert seconds is None or 0.0 <= seconds <= 900.0
