"""The request as it is sent, and which answers are read."""

import json

import pytest

from support_context.failures import Failure, LookupFailed
from support_context.lookups import LookupResponse, read, refuse_head, request_for, without_echo
from support_context.secrets import Secret

BASE = "https://crm.example.com"


@pytest.mark.parametrize(
    ("api_url", "parameter", "identifier", "target"),
    [
        pytest.param(BASE, "id", "acct_1", "/?id=acct_1", id="bare host"),
        pytest.param(BASE + "/c", "id", "acct_1", "/c?id=acct_1", id="path"),
        pytest.param(BASE + "/c?v=2", "id", "acct_1", "/c?v=2&id=acct_1", id="query is kept"),
        pytest.param(BASE + "/c?", "id", "acct_1", "/c?id=acct_1", id="empty query"),
        pytest.param(BASE + "/c?v=2&", "id", "acct_1", "/c?v=2&id=acct_1", id="query that ends in &"),
        pytest.param(BASE + "/c", "user.key-1", "a@b.example", "/c?user.key-1=a%40b.example", id="quoted at sign"),
        pytest.param(BASE + "/c", "id", "a:b-c.d_e", "/c?id=a%3Ab-c.d_e", id="quoted colon"),
    ],
)
def test_get_appends_the_identifier_to_the_query(api_url: str, parameter: str, identifier: str, target: str) -> None:
    request = request_for(api_url, identifier, parameter=parameter)
    assert (request.method, request.target, request.body) == ("GET", target, b"")
    assert request.full_url == BASE + target
    assert dict(request.headers) == {
        "Host": "crm.example.com",
        "Accept": "application/json",
        "Accept-Encoding": "identity",
        "User-Agent": "customer-context/1.0 (customer lookup for a support helpdesk)",
        "Connection": "close",
    }


@pytest.mark.parametrize(("api_url", "target"), [(BASE + ":8443/c?v=2", "/c?v=2"), (BASE + ":8443/c", "/c")])
def test_post_sends_the_identifier_as_json_and_leaves_the_url_alone(api_url: str, target: str) -> None:
    request = request_for(api_url, "a@b.example", method="POST", parameter="key")
    headers = dict(request.headers)
    assert (request.method, request.target) == ("POST", target)
    assert json.loads(request.body) == {"key": "a@b.example"}
    assert headers["Content-Type"] == "application/json"
    assert headers["Content-Length"] == str(len(request.body))
    assert headers["Host"] == "crm.example.com:8443"


def test_request_is_blocked_when_the_stored_url_no_longer_passes_the_grammar() -> None:
    with pytest.raises(LookupFailed) as failed:
        request_for("http://crm.example.com/", "acct_1")
    assert failed.value.failure is Failure.BLOCKED_ADDRESS


@pytest.mark.parametrize("status", [200, 201, 202, 203, 206, 299])
def test_head_passes_when_it_is_a_success_with_content(status: int) -> None:
    refuse_head(status, "application/json", "", None)
    assert read(LookupResponse(status, "application/json", b'{"a":1}', "192.0.2.1")).value == {"a": 1}


@pytest.mark.parametrize(
    ("status", "failure", "detail"),
    [
        pytest.param(204, Failure.HTTP_STATUS, "HTTP 204", id="no content"),
        pytest.param(205, Failure.HTTP_STATUS, "HTTP 205", id="reset content"),
        pytest.param(300, Failure.REDIRECT, "HTTP 300", id="first redirect"),
        pytest.param(302, Failure.REDIRECT, "HTTP 302", id="found"),
        pytest.param(399, Failure.REDIRECT, "HTTP 399", id="last redirect"),
        pytest.param(400, Failure.HTTP_STATUS, "HTTP 400", id="first error"),
        pytest.param(401, Failure.HTTP_STATUS, "HTTP 401: the bearer token was not accepted", id="token"),
        pytest.param(404, Failure.HTTP_STATUS, "HTTP 404: an unknown customer should be 200 with {}", id="not found"),
        pytest.param(500, Failure.HTTP_STATUS, "HTTP 500", id="server error"),
        pytest.param(999, Failure.HTTP_STATUS, "HTTP 999", id="no status at all"),
    ],
)
def test_head_is_refused_by_its_status_whatever_follows(status: int, failure: Failure, detail: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(status, "application/json", "gzip", 99_999_999)
    assert (failed.value.failure, failed.value.detail) == (failure, detail)


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "Application/JSON",
        "application/json;",
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "application/json ; v=1 ; charset=us-ascii",
        "application/vnd.api+json",
        "application/problem+json; charset=utf8",
        "application/json; profile=charset",
        "application/json;" + " " * 239,
    ],
)
def test_content_type_is_json(content_type: str) -> None:
    refuse_head(200, content_type, "", None)
    assert read(LookupResponse(200, content_type, b"{}", "192.0.2.1")).empty


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("", id="missing"),
        pytest.param("text/json", id="never registered"),
        pytest.param("text/html", id="a page"),
        pytest.param("application/jsonx", id="longer name"),
        pytest.param("application/json-seq", id="a sequence"),
        pytest.param("application/x-ndjson", id="lines"),
        pytest.param("application/+json", id="suffix alone"),
        pytest.param("application/ json", id="space inside"),
        pytest.param("application/json, application/json", id="sent twice"),
        pytest.param("application/json; charset=utf-8, text/html", id="sent twice, with parameters"),
        pytest.param("application/json; charset=iso-8859-1", id="Latin-1"),
        pytest.param("application/json; CHARSET = 'utf-8'", id="quotes that HTTP does not know"),
        pytest.param("application/json; charset=utf-8; charset=utf-16", id="two charsets"),
        pytest.param("application/json; charset=idna", id="a codec of Python"),
        pytest.param("application/json;" + " " * 240, id="257 characters"),
    ],
)
def test_content_type_is_not_json(content_type: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(200, content_type, "", None)
    assert failed.value.failure is Failure.NOT_JSON
    with pytest.raises(LookupFailed) as unread:
        read(LookupResponse(200, content_type, b"{}", "192.0.2.1"))
    assert unread.value.response is not None


@pytest.mark.parametrize("coding", ["", "identity", " Identity "])
def test_coding_is_accepted_when_it_changes_nothing(coding: str) -> None:
    passed = LookupResponse(200, "application/json", b"{}", "192.0.2.1")
    refuse_head(passed.http_status, passed.content_type, coding, len(passed.body))
    assert read(passed).empty


@pytest.mark.parametrize("coding", ["gzip", "br", "x-evil", "gzip, gzip", "identity, gzip", ","])
def test_coding_is_refused_when_the_body_would_need_decoding(coding: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(200, "application/json", coding, 7)
    assert failed.value.failure is Failure.PROTOCOL_ERROR


def test_declared_length_is_accepted_up_to_the_limit() -> None:
    refuse_head(200, "application/json", "", 65_536)
    with pytest.raises(LookupFailed) as failed:
        refuse_head(200, "application/json", "", 65_537)
    assert (failed.value.failure, failed.value.detail) == (Failure.TOO_LARGE, "declared 65537 bytes")


@pytest.mark.parametrize(
    ("body", "failure"),
    [(b"{", Failure.INVALID_JSON), (b"[]", Failure.NOT_OBJECT)],
)
def test_body_is_refused_with_the_answer_at_hand(body: bytes, failure: Failure) -> None:
    response = LookupResponse(200, "application/json", body, "192.0.2.1")
    with pytest.raises(LookupFailed) as failed:
        read(response)
    assert failed.value.failure is failure
    assert failed.value.response is response


@pytest.mark.parametrize(
    "echo",
    [
        pytest.param("tok/en+0123456789", id="as it is"),
        pytest.param("tok\\/en+0123456789", id="escaped slash"),
        pytest.param("\\u0074ok/en\\u002B0123456789", id="escaped by code"),
    ],
)
def test_token_is_blotted_out_when_the_endpoint_echoes_it(echo: str) -> None:
    answered = LookupResponse(200, "application/json; x=tok/en+0123456789", f'{{"a":"{echo}"}}'.encode(), "192.0.2.1")
    shown = without_echo(answered, Secret("tok/en+0123456789"))
    assert read(shown).value == {"a": "[bearer token]"}
    assert "0123456789" not in shown.content_type


def test_answer_without_the_token_stays_as_it_is() -> None:
    answered = LookupResponse(200, "application/json", b'{"a":"tok\\n"}', "192.0.2.1")
    assert without_echo(answered, Secret("tok/en+0123456789")) == answered
