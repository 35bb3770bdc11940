"""Strict JSON in, facts out: parsing, pointers, links."""

import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_context.facts import MISSING, Facts, InvalidJson, Json, NotObject, OverLimit, parse_facts

OLDER = sys.version_info < (3, 13)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        pytest.param(b"{}", {}, id="unknown customer"),
        pytest.param(b' \r\n\t{ "a" : 1 }\n', {"a": 1}, id="white space around"),
        pytest.param(b'\xef\xbb\xbf{"a":1}', {"a": 1}, id="one byte order mark"),
        pytest.param(b'{"a":"Zo\xc3\xab"}', {"a": "Zo\u00eb"}, id="UTF-8"),
        pytest.param(b'{"a":["\\ud83d\\ude00",1]}', {"a": ["\U0001f600", 1]}, id="escaped surrogate pair"),
        pytest.param(b'{"a":1,"a":2}', {"a": 2}, id="last of two equal keys"),
        pytest.param(b'{"a":[true,false,null,-0.5,1e3]}', {"a": [True, False, None, -0.5, 1000.0]}, id="every scalar"),
        pytest.param(b'{"a":1e-400}', {"a": 0.0}, id="number too small to matter"),
        pytest.param(b'{"a":"' + b"[{" * 99 + b'"}', {"a": "[{" * 99}, id="brackets in a string are no nesting"),
        pytest.param(b'{"a":"\\"' + b"[" * 99 + b'"}', {"a": '"' + "[" * 99}, id="nor behind an escaped quote"),
    ],
)
def test_json_is_read_when_it_is_an_object(body: bytes, value: dict[str, Json]) -> None:
    assert parse_facts(body).value == value


@pytest.mark.parametrize(
    ("body", "why"),
    [
        pytest.param(b" \n", "the body is nothing but white space", id="white space"),
        pytest.param(b'{"a":NaN}', "NaN is not JSON", id="NaN"),
        pytest.param(b'{"a":-Infinity}', "-Infinity is not JSON", id="infinity by name"),
        # From Python 3.13 on, the place is the comma's, before it what stands behind.
        pytest.param(b'{"a":1,}', f"not valid JSON at line 1, column {7 + OLDER}", id="comma at the end"),
        pytest.param(b"{\"a\":\n'b'}", "not valid JSON at line 2, column 1", id="single quotes"),
        pytest.param(b'{"a":"\t"}', "not valid JSON at line 1, column 7", id="raw control character"),
        pytest.param(b'{"a":1}{"b":2}', "not valid JSON at line 1, column 8", id="two documents"),
        pytest.param(
            b'\xef\xbb\xbf\xef\xbb\xbf{"a":1}', "not valid JSON at line 1, column 1", id="two byte order marks"
        ),
        pytest.param(b'{"a":"Zo\xeb"}', "not UTF-8 at byte 9", id="Latin-1"),
        pytest.param('{"a":1}'.encode("utf-16"), "not UTF-8 at byte 1", id="UTF-16"),
        pytest.param('{"a":1}'.encode("utf-16-be"), "not valid JSON at line 1, column 1", id="UTF-16 without a mark"),
        pytest.param(b'{"a":"\xed\xa0\x80"}', "not UTF-8 at byte 7", id="encoded surrogate"),
        pytest.param(
            b'{"a":"' + b'\\"' * 30_000, "not valid JSON at line 1, column 6", id="open string, quick to refuse"
        ),
        pytest.param(b'{"a":' + b"[" * 60_000, "not valid JSON: brackets that never close", id="open nesting"),
    ],
)
def test_json_is_refused_with_a_reason_that_quotes_nothing(body: bytes, why: str) -> None:
    with pytest.raises(InvalidJson) as refused:
        parse_facts(body)
    assert str(refused.value) == why
    assert refused.value.__context__ is None  # a chained exception would carry the document into logs


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        pytest.param(b'{"a":' * 9_000 + b"1" + b"}" * 9_000, "deeper than 32 levels", id="nested objects"),
        pytest.param(b'{"a":1e400}', "has a number out of range", id="infinity by size"),
        pytest.param(b'{"a":1e-999999999}', "has a number out of range", id="a gigabyte when it is written out"),
        pytest.param(b'{"a":' + b"1" * 5000 + b"}", "has a number of more than 4,300 digits", id="too many digits"),
    ],
)
def test_json_over_a_limit_is_refused_by_the_name_of_the_limit(body: bytes, limit: str) -> None:
    with pytest.raises(OverLimit) as refused:
        parse_facts(body)
    assert str(refused.value) == limit
    assert refused.value.__context__ is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(b'{"a":"x\\ud83d"}', "x\ufffd", id="half a pair"),
        pytest.param(b'{"a":"\\ude00\\ud83d"}', "\ufffd\ufffd", id="a pair the wrong way round"),
        pytest.param(b'{"a":"x\\u0000y"}', "x\ufffdy", id="U+0000"),
    ],
)
def test_character_that_nobody_stores_is_replaced(body: bytes, text: str) -> None:
    assert parse_facts(body).value == {"a": text}


def test_character_that_nobody_stores_is_replaced_at_every_level_in_keys_too() -> None:
    assert parse_facts(b'{"a":[{"\\udfff":[1,"\\u0000"]}]}').value == {"a": [{"\ufffd": [1, "\ufffd"]}]}


@pytest.mark.parametrize(
    "digits",
    [
        "49.90",
        "0.1234567890123456789",
        "12345678901234567890",
        "12345678901234567890.5",
        "1.0e2",
        "1E-400",
        "-0.0",
        "1.50",
    ],
)
def test_number_keeps_the_digits_that_it_was_written_with(digits: str) -> None:
    body = f'{{"a":[{digits}]}}'

    assert parse_facts(body.encode()).as_json() == body


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'[{"a":1}]', "the top level is an array"),
        (b'"x"', "the top level is a string"),
        (b"true", "the top level is a boolean"),
        (b"1.5", "the top level is a number"),
    ],
)
def test_json_is_no_object_when_its_top_level_is_something_else(body: bytes, why: str) -> None:
    with pytest.raises(NotObject, match=why):
        parse_facts(body)


def test_nesting_is_accepted_up_to_32_levels() -> None:
    assert parse_facts(b'{"a":' + b"[" * 31 + b"]" * 31 + b"}").value["a"]
    assert parse_facts(b'{"a":[' + b"[]," * 40 + b"[]]}").value["a"]
    with pytest.raises(InvalidJson, match="deeper than 32 levels"):
        parse_facts(b'{"a":' + b"[" * 32 + b"]" * 32 + b"}")


def test_values_are_accepted_up_to_20_000() -> None:
    def body(count: int) -> bytes:
        return b'{"a":[' + b",".join([b"{}"] * count) + b'],"b":{"c":1}}'

    assert parse_facts(body(19_997)).value["b"] == {"c": 1}
    with pytest.raises(InvalidJson, match="more than 20,000 values"):
        parse_facts(body(19_998))


FACTS = Facts({"plan": "Pro", "a/b": {"m~n": [1, {"": None}]}, "": 7, "~": "x", "n": None, "deep": {"0": "zero"}})


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        pytest.param("", FACTS.value, id="the whole"),
        pytest.param("/plan", "Pro", id="a key"),
        pytest.param("/", 7, id="the empty key"),
        pytest.param("/a~1b/m~0n/0", 1, id="escapes and an index"),
        pytest.param("/a~1b/m~0n/1/", None, id="null behind the empty key"),
        pytest.param("/n", None, id="null"),
        pytest.param("/deep/0", "zero", id="a digit as a key"),
        pytest.param("plan", MISSING, id="no slash"),
        pytest.param("/Plan", MISSING, id="other case"),
        pytest.param("/~", MISSING, id="bare tilde"),
        pytest.param("/~2", MISSING, id="unknown escape"),
        pytest.param("/a~1b/m~0n/2", MISSING, id="index past the end"),
        pytest.param("/a~1b/m~0n/00", MISSING, id="leading zero"),
        pytest.param("/a~1b/m~0n/-", MISSING, id="the place after the last"),
        pytest.param("/a~1b/m~0n/-1", MISSING, id="negative index"),
        pytest.param("/a~1b/m~0n/\u0661", MISSING, id="Arabic digit"),
        pytest.param("/a~1b/m~0n/" + "1" * 5000, MISSING, id="index without end"),
        pytest.param("/plan/0", MISSING, id="into a string"),
        pytest.param("/x/y", MISSING, id="through what is missing"),
    ],
)
def test_pointer_leads_to_a_value_or_nowhere(pointer: str, value: Json) -> None:
    assert FACTS.at(pointer) == value


def test_leaves_come_in_document_order_with_their_pointers() -> None:
    assert list(FACTS.leaves()) == [
        ("/plan", "Pro"),
        ("/a~1b/m~0n/0", 1),
        ("/a~1b/m~0n/1/", None),
        ("/", 7),
        ("/~0", "x"),
        ("/n", None),
        ("/deep/0", "zero"),
    ]


@pytest.mark.parametrize(
    ("body", "says_nothing"),
    [
        pytest.param(b"", True, id="no body"),
        pytest.param(b"null", True, id="null"),
        pytest.param(b" [ ] ", True, id="an empty list"),
        pytest.param(b"{}", True, id="an empty object"),
        pytest.param(b'{"a":null,"b":"","c":{"d":[null,{}]}}', True, id="null and empty members"),
        pytest.param(b'{"data":null}', True, id="data is null"),
        pytest.param(b'{"data":[]}', True, id="data is empty"),
        pytest.param(
            b'{"object":"list","data":[],"has_more":false,"url":"/v1/customers"}', True, id="an empty list page"
        ),
        pytest.param(b'{"data":[],"meta":{"total":0}}', True, id="an empty search"),
        pytest.param(b'{"success":true,"result":null}', True, id="success without a result"),
        pytest.param(b'{"data":[],"plan":"Pro"}', False, id="empty data beside a fact"),
        pytest.param(b'{"status":"active","items":[]}', False, id="an empty list of a record"),
        pytest.param(b'{"meta":{"total":0}}', False, id="no data at all"),
        pytest.param(b'{"found":false}', False, id="a boolean"),
        pytest.param(b'{"seats":0}', False, id="zero"),
        pytest.param(b'{"plan":" "}', False, id="a space"),
        pytest.param(b'{"data":[{"id":1}]}', False, id="data"),
    ],
)
def test_facts_are_empty_when_the_answer_says_nothing(body: bytes, says_nothing: bool) -> None:
    assert parse_facts(body).empty is says_nothing


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=4))
def test_facts_survive_encoding_and_every_leaf_is_where_its_pointer_says(value: dict[str, Json]) -> None:
    facts = Facts(value)
    if "\0" not in json.dumps(value, ensure_ascii=False) and "\\u0000" not in facts.as_json():
        assert parse_facts(facts.as_json().encode()) == facts
    for pointer, leaf in facts.leaves():
        assert facts.at(pointer) is leaf or facts.at(pointer) == leaf


@given(st.binary(max_size=200) | st.text(alphabet='{}[]",:\\u0d8e19.-+ntf ', max_size=80).map(str.encode))
def test_bytes_are_read_or_refused_and_never_anything_else(body: bytes) -> None:
    try:
        facts = parse_facts(body)
    except (InvalidJson, NotObject):
        return
    facts.as_json().encode()
    assert isinstance(facts.value, dict)
