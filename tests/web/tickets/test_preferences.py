"""The header Prefer, as RFC 7240 defines it and as people write it."""

import pytest

from app.web.tickets.preferences import Preferences, preferences_in

NOTHING = Preferences()
ASYNC = Preferences(respond_async=True)
WAIT_5 = Preferences(wait_seconds=5)
BOTH = Preferences(respond_async=True, wait_seconds=5)


@pytest.mark.parametrize(
    ("headers", "preferences"),
    [
        pytest.param([], NOTHING, id="no header"),
        pytest.param([""], NOTHING, id="empty header"),
        pytest.param(["respond-async"], ASYNC, id="respond-async"),
        pytest.param(["Respond-ASYNC"], ASYNC, id="names know no case"),
        pytest.param(['respond-async=""'], ASYNC, id="an empty value is none (section 2)"),
        pytest.param(["respond-async=true"], NOTHING, id="respond-async has no value"),
        pytest.param(["respond-asynchronously"], NOTHING, id="a longer name is another"),
        pytest.param(["wait=5"], WAIT_5, id="wait"),
        pytest.param(["WAIT = 5"], WAIT_5, id="space around the equals sign"),
        pytest.param(['wait="5"'], WAIT_5, id="quoted"),
        pytest.param(['wait="\\5"'], WAIT_5, id="quoted and escaped"),
        pytest.param(["wait=005"], WAIT_5, id="leading zeros"),
        pytest.param(["wait=0"], Preferences(wait_seconds=0), id="wait not at all"),
        pytest.param(["wait=999999999"], Preferences(wait_seconds=999_999_999), id="nine digits"),
        pytest.param(["wait=1000000000"], NOTHING, id="ten digits"),
        pytest.param([f"wait={'9' * 5_000}"], NOTHING, id="more digits than Python reads"),
        pytest.param(["wait"], NOTHING, id="no value"),
        pytest.param(["wait="], NOTHING, id="nothing behind the equals sign"),
        pytest.param(["wait=soon"], NOTHING, id="no number"),
        pytest.param(["wait=-1"], NOTHING, id="negative"),
        pytest.param(["wait=2.5"], NOTHING, id="a fraction"),
        pytest.param(["wait=\u0665"], NOTHING, id="digits of another script"),
        pytest.param(["wait 5"], NOTHING, id="no equals sign"),
        pytest.param(["respond-async, wait=5"], BOTH, id="both"),
        pytest.param(["wait=5,respond-async"], BOTH, id="the other way round, without a space"),
        pytest.param(["respond-async", "wait=5"], BOTH, id="two headers (section 2)"),
        pytest.param([",, respond-async ,\twait=5 ,"], BOTH, id="empty elements"),
        pytest.param(["wait=5; tolerance=2"], WAIT_5, id="a parameter"),
        pytest.param(['wait=5 ; a; b="x, wait=9; c" ;;'], WAIT_5, id="parameters with a comma inside quotes"),
        pytest.param(["wait=5; ="], NOTHING, id="a malformed parameter"),
        pytest.param(["wait=5, wait=9"], WAIT_5, id="the first wins"),
        pytest.param(["wait=5", "wait=9"], WAIT_5, id="the first header wins"),
        pytest.param(["wait=soon, wait=5"], NOTHING, id="the first wins even if it says nothing"),
        pytest.param(["(wait=9), wait=5"], WAIT_5, id="what is no preference is not the first"),
        pytest.param(["return=minimal, handling=strict, wait=5, x"], WAIT_5, id="others are ignored"),
        pytest.param(['foo="respond-async, wait=9", wait=5'], WAIT_5, id="text inside quotes is not read"),
        pytest.param(['foo="a\\", wait=9", wait=5'], WAIT_5, id="an escaped quote closes nothing"),
        pytest.param(['wait=5, foo="respond-async, x'], WAIT_5, id="a quote that is never closed"),
        pytest.param(['foo="x', "wait=5"], WAIT_5, id="it ends with its header"),
        pytest.param(['foo="x\\', "wait=5"], WAIT_5, id="ending in a backslash"),
        pytest.param(["a, " * 20_000 + '"\\' * 20_000, "wait=5"], WAIT_5, id="long and hostile"),
    ],
)
def test_preferences_are_read_when_header_is(headers: list[str], preferences: Preferences) -> None:
    assert preferences_in(headers) == preferences


@pytest.mark.parametrize(
    ("preferences", "patience", "applied"),
    [
        pytest.param(NOTHING, None, "", id="none: as long as the service likes"),
        pytest.param(ASYNC, 0, "respond-async", id="respond-async: not at all"),
        pytest.param(WAIT_5, 5, "wait=5", id="wait"),
        pytest.param(BOTH, 5, "respond-async, wait=5", id="both: that long, and it goes on without the caller"),
        pytest.param(Preferences(wait_seconds=0), 0, "wait=0", id="wait=0"),
    ],
)
def test_patience_and_what_is_applied_when_preferences_are(
    preferences: Preferences, patience: float | None, applied: str
) -> None:
    assert preferences.patience_seconds == patience
    assert str(preferences) == applied
