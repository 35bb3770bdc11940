"""The grammar of an endpoint's URL, and which hosts may be saved."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support_context.urls import BLOCKED_PORTS, EndpointUrl, UrlRefused, holds_parameter, is_address, parse, parse_form

OPENED = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("https://crm.example.com/c", ("crm.example.com", 443, "/c", None), id="plain"),
        pytest.param("https://crm.example.com", ("crm.example.com", 443, "/", None), id="no path"),
        pytest.param("https://crm.example.com?", ("crm.example.com", 443, "/", ""), id="empty query"),
        pytest.param("https://crm.example.com?a=1", ("crm.example.com", 443, "/", "a=1"), id="query without a path"),
        pytest.param("HTTPS://CRM.Example.COM/C", ("crm.example.com", 443, "/C", None), id="case of scheme and host"),
        pytest.param("https://crm.example.com:8443/", ("crm.example.com", 8443, "/", None), id="port"),
        pytest.param("https://crm.example.com:1024/", ("crm.example.com", 1024, "/", None), id="lowest free port"),
        pytest.param("https://crm.example.com:65535/", ("crm.example.com", 65535, "/", None), id="highest port"),
        pytest.param("https://9.9.9.9/", ("9.9.9.9", 443, "/", None), id="public IPv4"),
        pytest.param("https://[2620:FE::FE]:8443/", ("2620:fe::fe", 8443, "/", None), id="public IPv6"),
        pytest.param("https://4u.example/", ("4u.example", 443, "/", None), id="label that starts with a digit"),
        pytest.param("https://x.9a/", ("x.9a", 443, "/", None), id="last label that only starts with a digit"),
        pytest.param("https://xn--caf-dma.example.com/", ("xn--caf-dma.example.com", 443, "/", None), id="A-label"),
        pytest.param("https://a/...//b;c=1,!$&'()*+:@~", None, id="internal name"),
        pytest.param("https://h.example.com/.../..a", ("h.example.com", 443, "/.../..a", None), id="dots in segments"),
        pytest.param("https://h.example.com//a//b", ("h.example.com", 443, "//a//b", None), id="empty segments"),
        pytest.param(
            "https://h.example.com/%C3%A9?q=%20/?", ("h.example.com", 443, "/%C3%A9", "q=%20/?"), id="escapes"
        ),
    ],
)
def test_url_is_taken_apart_once(text: str, parts: tuple[str, int, str, str | None] | None) -> None:
    if parts is None:
        with pytest.raises(UrlRefused):
            parse(text)
    else:
        assert parse(text) == EndpointUrl(*parts)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("http://h.example.com/", id="not TLS"),
        pytest.param("https:/h.example.com/", id="one slash"),
        pytest.param("https:///c", id="no host"),
        pytest.param("h.example.com/c", id="no scheme"),
        pytest.param("https://ann@h.example.com/", id="user"),
        pytest.param("https://ann:pw@h.example.com/", id="user and password"),
        pytest.param("https://h.example.com%40evil.example.net/", id="encoded user"),
        pytest.param("https://h.example.com/#top", id="fragment"),
        pytest.param("https://h.example.com/c\n", id="line break at the end"),
        pytest.param("https://h.example.com/\x7f", id="control character"),
        pytest.param("https://h.example.com/a b", id="space"),
        pytest.param("https://h.example.com\\@evil.example.net/", id="backslash"),
        pytest.param("https://h.example.com/a|b", id="bar in the path"),
        pytest.param("https://h.example.com/?f[a]=1", id="brackets in the query"),
        pytest.param("https://h.example.com/%4", id="half an escape"),
        pytest.param("https://caf\u00e9.example.com/", id="U-label"),
        pytest.param("https://h.example.com/\ud800", id="lone surrogate"),
        pytest.param("https://h.example.com:/", id="empty port"),
        pytest.param("https://h.example.com:0/", id="port zero"),
        pytest.param("https://h.example.com:08443/", id="leading zero in the port"),
        pytest.param("https://h.example.com:65536/", id="port that does not exist"),
        pytest.param("https://h.example.com:1023/", id="last of the low ports"),
        pytest.param("https://h.example.com:444/", id="port beside 443"),
        pytest.param("https://[2620:fe::fe/", id="open bracket"),
        pytest.param("https://2620:fe::fe/", id="IPv6 without brackets"),
        pytest.param("https://[2620:fe::fe]:/", id="IPv6 with an empty port"),
        pytest.param("https://[2620:fe::fe%25eth0]/", id="IPv6 with an escaped scope"),
        pytest.param("https://[fe80::1%eth0]/", id="IPv6 with a scope"),
        pytest.param("https://[9.9.9.9]/", id="IPv4 in brackets"),
        pytest.param("https://9.9.9/", id="three octets"),
        pytest.param("https://9.9.9.9./", id="address with a dot at the end"),
        pytest.param("https://9.9.9.256/", id="octet out of range"),
        pytest.param("https://09.9.9.9/", id="octal octet"),
        pytest.param("https://h.0x9/", id="last label in hexadecimal"),
        pytest.param("https://h.example.com./", id="dot at the end"),
        pytest.param("https://h..example.com/", id="empty label"),
        pytest.param("https://-h.example.com/", id="hyphen first"),
        pytest.param("https://h-.example.com/", id="hyphen last"),
        pytest.param("https://h_1.example.com/", id="underscore"),
        pytest.param("https://xn--.example.com/", id="A-label of nothing"),
        pytest.param("https://xn--abc-.example.com/", id="A-label of plain letters"),
        pytest.param("https://xn--99999999.example.com/", id="A-label beyond Unicode"),
        pytest.param("https://h.example.com/a/../b", id="dot segment"),
        pytest.param("https://h.example.com/%2E%2e/b", id="encoded dot segment"),
        pytest.param("https://10.1.2.3/", id="private IPv4"),
        pytest.param("https://[::1]/", id="loopback IPv6"),
    ],
)
def test_url_is_refused_when_it_could_be_read_in_two_ways_or_leads_inside(text: str) -> None:
    with pytest.raises(UrlRefused) as refused:
        parse(text)
    assert not text or text not in str(refused.value)


@pytest.mark.parametrize("port", sorted(BLOCKED_PORTS))
def test_url_is_refused_when_its_port_is_another_protocols(port: int) -> None:
    with pytest.raises(UrlRefused):
        parse(f"https://h.example.com:{port}/")


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        pytest.param("https://h.example.com/" + "a" * 2026, True, id="URL of 2,048"),
        pytest.param("https://h.example.com/" + "a" * 2027, False, id="URL of 2,049"),
        pytest.param("https://" + "a" * 63 + ".example.com/", True, id="label of 63"),
        pytest.param("https://" + "a" * 64 + ".example.com/", False, id="label of 64"),
        pytest.param("https://" + ("a" * 49 + ".") * 5 + "com/", True, id="name of 253"),
        pytest.param("https://a" + ("a" * 49 + ".") * 5 + "com/", False, id="name of 254"),
    ],
)
def test_url_is_accepted_up_to_each_length(text: str, accepted: bool) -> None:
    if accepted:
        assert parse(text).port == 443
    else:
        with pytest.raises(UrlRefused):
            parse(text)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "crm",
        "a.localhost",
        "nas.local",
        "api.internal",
        "git.corp",
        "r.lan",
        "x.home.arpa",
        "db.svc",
        "a.test",
    ],
)
def test_internal_name_is_saved_only_when_the_operator_opened_a_range(host: str) -> None:
    with pytest.raises(UrlRefused):
        parse(f"https://{host}/")
    assert parse(f"https://{host}/", OPENED).host == host


@pytest.mark.parametrize(
    "host", ["localhost.example.com", "local.example.com", "crm.example", "internal-api.example.com"]
)
def test_public_name_is_saved_when_it_only_resembles_an_internal_one(host: str) -> None:
    assert parse(f"https://{host}/").host == host


def test_private_address_is_saved_only_inside_an_opened_range() -> None:
    assert parse("https://10.1.2.3/", OPENED).host == "10.1.2.3"
    with pytest.raises(UrlRefused):
        parse("https://192.168.1.1/", OPENED)


def test_form_alone_does_not_judge_the_host() -> None:
    assert parse_form("https://127.0.0.1/").host == "127.0.0.1"


@pytest.mark.parametrize(
    ("text", "origin", "authority"),
    [
        pytest.param("https://H.example.com/x", "https://h.example.com:443", "h.example.com", id="default port"),
        pytest.param("https://h.example.com:443", "https://h.example.com:443", "h.example.com", id="spelled out"),
        pytest.param("https://h.example.com:8443", "https://h.example.com:8443", "h.example.com:8443", id="other port"),
        pytest.param("https://[2620:fe:0::fe]", "https://[2620:fe::fe]:443", "[2620:fe::fe]", id="IPv6, compressed"),
    ],
)
def test_origin_always_names_the_port_and_authority_only_another_than_443(
    text: str, origin: str, authority: str
) -> None:
    url = parse(text)
    assert (url.origin, url.authority) == (origin, authority)


@pytest.mark.parametrize(
    ("query", "held"),
    [
        pytest.param("?id=1", True, id="plain"),
        pytest.param("?a=1&id", True, id="without a value"),
        pytest.param("?%69d=1", True, id="percent-encoded"),
        pytest.param("?a=1;id=2", True, id="behind a semicolon"),
        pytest.param("?ids=1", False, id="longer name"),
        pytest.param("?ID=1", False, id="other case"),
        pytest.param("?a=id", False, id="as a value"),
        pytest.param("?", False, id="empty query"),
        pytest.param("", False, id="no query"),
    ],
)
def test_parameter_is_found_in_the_query_however_it_is_written(query: str, held: bool) -> None:
    assert holds_parameter(parse(f"https://h.example.com/{query}"), "id") is held


def test_parameter_with_a_space_is_found_when_written_with_a_plus() -> None:
    assert holds_parameter(parse("https://h.example.com/?a+b=1"), "a b")


@given(st.text(max_size=60) | st.from_regex(r"https://[a-z0-9.\-:@%\[\]]{1,40}/?[a-z.%/?#]*", fullmatch=True))
def test_url_is_either_refused_or_normalized_to_a_text_that_parses_to_the_same_parts(text: str) -> None:
    try:
        url = parse_form(text)
    except UrlRefused:
        return
    again = f"{url.origin}{url.path}" + ("" if url.query is None else f"?{url.query}")
    assert parse_form(again) == url
    assert is_address(url.host) or url.host[-1].isalnum()
