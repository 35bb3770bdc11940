"""The request as it is sent, and which answers are read."""

import json

import pytest

from support_context.failures import Failure, LookupFailed
from support_context.lookups import LookupResponse, read, refuse_head, request_for, with_page, without_echo
from support_context.misdirections import page_title
from support_context.secrets import Secret

BASE = "https://crm.example.com"
REQUEST = request_for(f"{BASE}/c/", "acct_1")


def head(status: int = 200, content_type: str = "application/json", location: str = "") -> LookupResponse:
    return LookupResponse(status, content_type, b"", "192.0.2.1", location)


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
    refuse_head(REQUEST, head(status), "", None)
    assert read(LookupResponse(status, "application/json", b'{"a":1}', "192.0.2.1")).value == {"a": 1}


@pytest.mark.parametrize(
    ("status", "failure", "detail"),
    [
        pytest.param(205, Failure.HTTP_STATUS, "HTTP 205", id="reset content"),
        pytest.param(300, Failure.REDIRECT, "HTTP 300 without a Location", id="first redirect"),
        pytest.param(302, Failure.REDIRECT, "HTTP 302 without a Location", id="found"),
        pytest.param(399, Failure.REDIRECT, "HTTP 399 without a Location", id="last redirect"),
        pytest.param(400, Failure.HTTP_STATUS, "HTTP 400", id="first error"),
        pytest.param(401, Failure.HTTP_STATUS, "HTTP 401: the bearer token was not accepted", id="token"),
        pytest.param(404, Failure.HTTP_STATUS, "HTTP 404: an unknown customer should be 200 with {}", id="not found"),
        pytest.param(500, Failure.HTTP_STATUS, "HTTP 500", id="server error"),
        pytest.param(999, Failure.HTTP_STATUS, "HTTP 999", id="no status at all"),
    ],
)
def test_head_is_refused_by_its_status_whatever_follows(status: int, failure: Failure, detail: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, head(status), "gzip", 99_999_999)
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
        "application/json, application/json",
        "application/json; charset=utf-8, application/problem+json",
        'application/json; profile="a,b"',
        "application/json; charset=iso-8859-1",
        "application/json; CHARSET = 'utf-8'",
        "application/json; charset=utf-8; charset=utf-16",
        "application/json; charset=idna",
    ],
)
def test_content_type_is_json(content_type: str) -> None:
    refuse_head(REQUEST, head(200, content_type), "", None)
    assert read(LookupResponse(200, content_type, b"{}", "192.0.2.1")).empty


@pytest.mark.parametrize(
    "content_type",
    [
        pytest.param("text/json", id="never registered"),
        pytest.param("text/html", id="a page"),
        pytest.param("application/jsonx", id="longer name"),
        pytest.param("application/json-seq", id="a sequence"),
        pytest.param("application/x-ndjson", id="lines"),
        pytest.param("application/+json", id="suffix alone"),
        pytest.param("application/ json", id="space inside"),
        pytest.param("application/json; charset=utf-8, text/html", id="another beside it"),
        pytest.param("text/html, application/json", id="another before it"),
        pytest.param(",", id="nothing but a comma"),
        pytest.param("application/json;" + " " * 240, id="257 characters"),
    ],
)
def test_content_type_is_not_json(content_type: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, head(200, content_type), "", None)
    assert failed.value.failure is Failure.NOT_JSON
    with pytest.raises(LookupFailed) as unread:
        read(LookupResponse(200, content_type, b"{}", "192.0.2.1"))
    assert unread.value.response is not None


@pytest.mark.parametrize(
    "answered",
    [
        pytest.param(LookupResponse(204, "", b"", "192.0.2.1"), id="no content"),
        pytest.param(LookupResponse(204, "text/html", b"", "192.0.2.1"), id="no content of some type"),
        pytest.param(LookupResponse(200, "application/json", b"", "192.0.2.1"), id="an empty body"),
        pytest.param(LookupResponse(200, "", b"", "192.0.2.1"), id="an empty body without a type"),
        pytest.param(LookupResponse(200, "text/html; charset=utf-8", b"", "192.0.2.1"), id="an empty body of a page"),
        pytest.param(LookupResponse(200, "application/json", b"null", "192.0.2.1"), id="null"),
        pytest.param(LookupResponse(200, "application/json", b"[]", "192.0.2.1"), id="an empty list"),
    ],
)
def test_answer_that_knows_nobody_is_read_as_such(answered: LookupResponse) -> None:
    refuse_head(REQUEST, answered, "", len(answered.body))
    assert read(answered).empty


def test_missing_type_is_refused_once_there_is_a_body() -> None:
    refuse_head(REQUEST, head(200, ""), "", None)
    with pytest.raises(LookupFailed) as failed:
        read(LookupResponse(200, "", b'{"a":1}', "192.0.2.1"))
    assert (failed.value.failure, failed.value.detail) == (Failure.NOT_JSON, "no Content-Type")


@pytest.mark.parametrize(
    ("location", "kind", "seen"),
    [
        pytest.param("", "without a Location", "", id="none"),
        pytest.param("http://[::1", "to nowhere: its Location is no web address", "", id="no URL"),
        pytest.param("gopher://h/", "to nowhere: its Location is no web address", "", id="another scheme"),
        pytest.param("/login?next=%2Fc", "to a login", f"{BASE}/login", id="login"),
        pytest.param(
            "https://id.example.com/oauth2/authorize?x=1",
            "to a login",
            "https://id.example.com/oauth2/authorize",
            id="single sign-on",
        ),
        pytest.param(
            "http://crm.example.com/c/",
            "to http://, which is never called",
            "http://crm.example.com/c/",
            id="downgrade",
        ),
        pytest.param(
            "https://www.crm.example.com/c/",
            "to the same host with or without www.",
            "https://www.crm.example.com/c/",
            id="www",
        ),
        pytest.param(
            "//other.example/c/?id=acct_1",
            "to another host",
            "https://other.example/c/",
            id="another host, its query unseen",
        ),
        pytest.param(f"{BASE}:8443/c/", "to another port", f"{BASE}:8443/c/", id="another port"),
        pytest.param("/c", "to the same path without its slash", f"{BASE}/c", id="without the slash"),
        pytest.param("", "without a Location", "", id="empty"),
        pytest.param("/c/?again=1", "to itself", f"{BASE}/c/", id="a circle"),
        pytest.param("/authors/1", "to another path of the same host", f"{BASE}/authors/1", id="no login by its name"),
        pytest.param("../v2/c", "to another path of the same host", f"{BASE}/v2/c", id="relative"),
        pytest.param("/\u202ex", "to another path of the same host", f"{BASE}/x", id="turned reading direction"),
    ],
)
def test_redirect_is_told_by_where_it_leads(location: str, kind: str, seen: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, head(302, "text/html", location), "", None)
    assert (failed.value.detail, failed.value.seen) == (f"HTTP 302 {kind}", seen)
    assert ("redirects to a login" in failed.value.message) is (kind == "to a login")


def test_redirect_to_the_path_with_a_slash_says_so() -> None:
    with pytest.raises(LookupFailed, match="redirect") as failed:
        refuse_head(request_for(f"{BASE}/c", "a"), head(301, "", "/c/"), "", None)
    assert failed.value.detail == "HTTP 301 to the same path with a slash at its end"


@pytest.mark.parametrize(
    ("status", "page", "said", "seen"),
    [
        pytest.param(
            403,
            "<title>Just a moment...</title>",
            "a web page answered that looks like a firewall or bot check;",
            "a web page that looks like a firewall or bot check, titled “Just a moment...”",
            id="bot check",
        ),
        pytest.param(
            200,
            "<html><title>Sign in &middot; CRM</title>",
            "a web page answered that looks like a login;",
            "a web page that looks like a login, titled “Sign in \u00b7 CRM”",
            id="login",
        ),
        pytest.param(
            200,
            "<form><input type=password>",
            "a web page answered that looks like a login;",
            "a web page that looks like a login",
            id="login without a title",
        ),
        pytest.param(
            403,
            "<title>403 Forbidden</title>CSRF verification failed.",
            "a web page answered that looks like a CSRF check;",
            "a web page that looks like a CSRF check, titled “403 Forbidden”",
            id="CSRF of Django",
        ),
        pytest.param(
            419,
            "<title>Page Expired</title>",
            "a web page answered that looks like a CSRF check;",
            "a web page that looks like a CSRF check, titled “Page Expired”",
            id="CSRF of Laravel",
        ),
        pytest.param(
            503,
            "<title>Down for maintenance</title>",
            "a web page answered that looks like maintenance;",
            "a web page that looks like maintenance, titled “Down for maintenance”",
            id="maintenance",
        ),
        pytest.param(
            404,
            "<title>Error</title><pre>Cannot GET /c</pre>",
            "a web page answered; its owner",
            "a web page, titled “Error”",
            id="another path",
        ),
        pytest.param(
            500,
            "<title>Internal Server Error</title>",
            "a web page answered, as servers do",
            "a web page, titled “Internal Server Error”",
            id="server error",
        ),
    ],
)
def test_page_in_the_place_of_the_endpoint_is_named_as_such(status: int, page: str, said: str, seen: str) -> None:
    answered = LookupResponse(status, "text/html; charset=utf-8", page.encode(), "192.0.2.1")
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, answered, "", None)
    paged = with_page(failed.value, answered)

    assert paged.failure is (Failure.NOT_JSON if status == 200 else Failure.HTTP_STATUS)
    assert said in paged.message
    assert paged.message.endswith(f"(HTTP {status})")
    assert paged.seen == seen
    assert paged.shown_to_owner == f"HTTP {status}, {seen}"
    assert page_title(page.encode()) in paged.seen
    assert not page_title(page.encode()) or page_title(page.encode()) not in paged.message
    assert paged.response is answered


@pytest.mark.parametrize("content_type", ["application/json", "text/html"])
def test_refusal_without_a_page_keeps_its_words_and_gets_the_body(content_type: str) -> None:
    answered = LookupResponse(403, content_type, b' {"title":"<title>login</title>"}', "192.0.2.1")
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, answered, "", None)
    shown = with_page(failed.value, answered)

    assert (shown.detail, shown.seen) == ("HTTP 403: the bearer token was not accepted", "")
    assert shown.response is answered


def test_answer_over_a_limit_is_told_as_json_that_is_too_deep() -> None:
    body = b'{"a":' + b"[" * 40 + b"]" * 40 + b"}"
    with pytest.raises(LookupFailed) as failed:
        read(LookupResponse(200, "application/json", body, "192.0.2.1"))
    assert failed.value.failure is Failure.INVALID_JSON
    assert failed.value.message.startswith("The customer endpoint's answer is JSON, but deeper than 32 levels; ")


@pytest.mark.parametrize(
    "coding", ["", "identity", " Identity ", "UTF-8", "utf8", "none", "iso-8859-1", "8bit", "identity, utf-8", ","]
)
def test_coding_is_accepted_when_it_changes_nothing(coding: str) -> None:
    passed = LookupResponse(200, "application/json", b"{}", "192.0.2.1")
    refuse_head(REQUEST, passed, coding, len(passed.body))
    assert read(passed).empty


@pytest.mark.parametrize(
    "coding", ["gzip", "br", "zstd", "deflate", "x-evil", "gzip, gzip", "identity, gzip", "utf-8, gzip"]
)
def test_coding_is_refused_when_the_body_would_need_decoding(coding: str) -> None:
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, head(), coding, 7)
    assert failed.value.failure is Failure.PROTOCOL_ERROR


def test_declared_length_is_accepted_up_to_the_limit() -> None:
    refuse_head(REQUEST, head(), "", 65_536)
    with pytest.raises(LookupFailed) as failed:
        refuse_head(REQUEST, head(), "", 65_537)
    assert (failed.value.failure, failed.value.detail) == (Failure.TOO_LARGE, "declared 65537 bytes")


@pytest.mark.parametrize(
    ("body", "failure"),
    [(b"{", Failure.INVALID_JSON), (b" ", Failure.INVALID_JSON), (b"[1]", Failure.NOT_OBJECT)],
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


@pytest.mark.parametrize("size", [8, 16])
def test_beginning_of_the_token_is_blotted_out_where_the_answer_broke_off(size: int) -> None:
    token = "tok/en+0123456789"
    answered = LookupResponse(200, "application/json", b'{"a":"' + token[:size].encode(), "192.0.2.1")
    assert without_echo(answered, Secret(token)).body == b'{"a":"[bearer token]'


@pytest.mark.parametrize("body", [b'{"a":"tok/en+0 is no token"}', b'{"a":"tok/en+'])
def test_what_only_resembles_the_token_stays(body: bytes) -> None:
    answered = LookupResponse(200, "application/json", body, "192.0.2.1")
    assert without_echo(answered, Secret("tok/en+0123456789")) == answered


def test_answer_without_the_token_stays_as_it_is() -> None:
    answered = LookupResponse(200, "application/json", b'{"a":"tok\\n"}', "192.0.2.1")
    assert without_echo(answered, Secret("tok/en+0123456789")) == answered
