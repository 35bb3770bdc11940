"""The JSON in an answer, wherever it stands, and what of other servers' answers is taken."""

import pytest

from app.adapters.ai import chat, messages
from app.adapters.ai.answers import Ending, NoMessage, Said, read_from
from app.domain import prompts
from app.domain.outcomes import Usage
from app.domain.prompts import Misfit
from tests.support.ai_servers import completion, message
from tests.support.tracing_cost import cpu_seconds


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"identifier":"acct_1"}', id="alone"),
        pytest.param(' \n{"identifier": "acct_1"}\n', id="with white space"),
        pytest.param('```json\n{"identifier":"acct_1"}\n```', id="in a fence"),
        pytest.param('```\n{"identifier":"acct_1"}\n```\nI hope this helps!', id="in a fence, and prose"),
        pytest.param('Sure! Here is the answer: {"identifier":"acct_1"}. Anything else?', id="in prose"),
        pytest.param('<think>{"identifier":"acct_9"}? No.</think>{"identifier":"acct_1"}', id="after thoughts"),
        pytest.param('The form {id} means: {"identifier":"acct_1"}', id="after braces that are none"),
        pytest.param('{"note":1} {"identifier":"acct_1"} {"identifier":"acct_2"}', id="the first that fits"),
        pytest.param('"acct_1"', id="the bare value, quoted"),
    ],
)
def test_answer_is_found_when_something_stands_around_it(text: str) -> None:
    assert read_from(text, prompts.read_identifier) == "acct_1"


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        pytest.param("", "it is empty", id="nothing"),
        pytest.param(" \n", "it is empty", id="white space"),
        pytest.param("I could not find one.", "it holds no JSON object", id="prose alone"),
        pytest.param('{"identi', "it holds no JSON object", id="cut off"),
        pytest.param('{"id":7}', '"identifier" must be a string or null', id="another member"),
        pytest.param('{"identifier":["a"]}', '"identifier" must be a string or null', id="another type"),
        pytest.param("x" * 20_001, "it is too long", id="a flood"),
        pytest.param("[" * 20_000, "it holds no JSON object", id="nested without end"),
        pytest.param("{" * 20_000, "it holds no JSON object", id="braces without end"),
        pytest.param('{"a":' * 4_000, "it holds no JSON object", id="objects without end"),
    ],
)
def test_answer_that_does_not_fit_says_what_is_wrong(text: str, wrong: str) -> None:

    def read() -> None:
        with pytest.raises(Misfit) as misfit:
            read_from(text, prompts.read_identifier)
        assert str(misfit.value) == wrong

    assert cpu_seconds(read) < 0.5


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(message("x").body, Said("x", Usage(10, 3, 2, 5)), id="a text"),
        pytest.param(message("x", "refusal").body, Said("x", Usage(10, 3, 2, 5), Ending.REFUSED), id="a refusal"),
        pytest.param(message("x", "max_tokens").body, Said("x", Usage(10, 3, 2, 5), Ending.CUT_OFF), id="cut off"),
        pytest.param(message("", content=None, usage=None).body, Said("", Usage()), id="empty, nothing counted"),
        pytest.param(
            message("", content=[{"type": "thinking", "thinking": "…"}, {"type": "text", "text": "x"}]).body,
            Said("x", Usage(10, 3, 2, 5), thought=True),
            id="after thoughts",
        ),
        pytest.param(
            b" \n\n" + message("x").body, Said("x", Usage(10, 3, 2, 5)), id="behind blank lines that keep alive"
        ),
    ],
)
def test_message_is_read_by_its_blocks(answer: bytes, said: Said) -> None:
    assert messages.read(answer) == said


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(completion("x").body, Said("x", Usage(10, 3, 7)), id="a text, a part of it cached"),
        pytest.param(completion("x", "length").body, Said("x", Usage(10, 3, 7), Ending.CUT_OFF), id="cut off"),
        pytest.param(completion(None, refusal="no").body, Said("", Usage(10, 3, 7), Ending.REFUSED), id="a refusal"),
        pytest.param(completion("", "content_filter").body, Said("", Usage(10, 3, 7), Ending.REFUSED), id="a filter's"),
        pytest.param(
            completion(None, "length", reasoning_content="hm").body,
            Said("", Usage(10, 3, 7), Ending.CUT_OFF, thought=True),
            id="all thoughts",
        ),
        pytest.param(b'{"choices":[{"message":{"content":"x"}}]}', Said("x", Usage()), id="nothing counted"),
    ],
)
def test_completion_is_read_by_its_first_choice(answer: bytes, said: Said) -> None:
    assert chat.read(answer) == said


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"{}", b'{"error":{}}', b'{"choices":[]}', b"\xff"])
def test_body_that_is_no_answer_is_told_apart(body: bytes) -> None:
    with pytest.raises(NoMessage):
        messages.read(body)
    with pytest.raises(NoMessage):
        chat.read(body)
