"""Which `traceparent` headers name a trace (W3C Trace Context, sections 3.2 and 4.3)."""

import pytest

from app.domain.traces import Trace, trace_in

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("header", "sampled"),
    [
        pytest.param(f"00-{TRACE}-{SPAN}-01", True, id="sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-00", False, id="not sampled"),
        pytest.param(f"00-{TRACE}-{SPAN}-03", True, id="with a flag that this version does not know"),
        pytest.param(f"00-{TRACE}-{SPAN}-fe", False, id="every flag but sampled"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01", True, id="a later version"),
        pytest.param(f"cc-{TRACE}-{SPAN}-01-what-the-future-brings", True, id="a later version that says more"),
    ],
)
def test_trace_is_taken_and_written_as_the_first_version_when_valid(header: str, sampled: bool) -> None:
    trace = trace_in([header])

    assert trace == Trace(TRACE, SPAN, sampled)
    assert str(trace) == f"00-{TRACE}-{SPAN}-{'01' if sampled else '00'}"
    assert trace_in([str(trace)]) == trace


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param([], id="none"),
        pytest.param([""], id="empty"),
        pytest.param([f"00-{TRACE}-{SPAN}-01"] * 2, id="two, though equal"),
        pytest.param([f"00-{TRACE}-{SPAN}-01,00-{TRACE}-{SPAN}-01"], id="two in one"),
        pytest.param([f"00-{TRACE}-{SPAN}-01-more"], id="more than the first version says"),
        pytest.param([f"00-{TRACE}-{SPAN}-01-"], id="a dash more"),
        pytest.param([f"ff-{TRACE}-{SPAN}-01"], id="the version that cannot be"),
        pytest.param([f"cc-{TRACE}-{SPAN}-01.more"], id="a later version without the dash"),
        pytest.param([f"cc-{TRACE}-{SPAN}-01-a b"], id="a later version with a space"),
        pytest.param([f"00-{'0' * 32}-{SPAN}-01"], id="no trace"),
        pytest.param([f"00-{TRACE}-{'0' * 16}-01"], id="no span"),
        pytest.param([f"00-{TRACE.upper()}-{SPAN}-01"], id="upper case"),
        pytest.param([f"00-{TRACE[:-1]}-{SPAN}-01"], id="31 digits"),
        pytest.param([f"00-{TRACE}a-{SPAN}-01"], id="33 digits"),
        pytest.param([f"00-{TRACE}-{SPAN}-1"], id="one digit of flags"),
        pytest.param([f"00-{TRACE}-{SPAN}-01\n"], id="a line feed"),
        pytest.param([f" 00-{TRACE}-{SPAN}-01"], id="a space before"),
        pytest.param([f"00-{TRACE[:-1]}\N{FULLWIDTH DIGIT ONE}-{SPAN}-01"], id="a digit that is not ASCII"),
    ],
)
def test_nothing_is_taken_when_the_header_is_not_exactly_one_valid(headers: list[str]) -> None:
    assert trace_in(headers) is None
