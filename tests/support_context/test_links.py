"""The links that an endpoint offers: shown, mended, or left out with a reason."""

import pytest

from support_context.links import Link, dropped_links, links_in


@pytest.mark.parametrize(
    "url",
    [
        "https://admin.example.com/c/1?x=a|b#top",
        "HTTP://admin.example.com",
        "https://admin:8443/c",
        "https://10.0.0.1/c",
        "https://[2620:fe::fe]:8443/c",
        "https://admin.example.com/caf\u00e9",
        "https://a.example/@ann",
    ],
)
def test_link_is_kept_when_it_is_an_absolute_web_address(url: str) -> None:
    assert links_in([{"label": "Open", "url": url}]) == (Link("Open", url),)


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({"label": "x", "url": "javascript:alert(1)"}, id="script"),
        pytest.param({"label": "x", "url": "data:text/html,x"}, id="data"),
        pytest.param({"label": "x", "url": "/c/1"}, id="relative"),
        pytest.param({"label": "x", "url": "//h.example/c"}, id="without a scheme"),
        pytest.param({"label": "x", "url": "https:///c"}, id="without a host"),
        pytest.param({"label": "x", "url": "https://ann@h.example/"}, id="user"),
        pytest.param({"label": "x", "url": "https://ann:1@h.example/"}, id="user and password"),
        pytest.param({"label": "x", "url": "https://h.example\\@evil.example/"}, id="backslash"),
        pytest.param({"label": "x", "url": "https://h.example/\u202egpj"}, id="turned reading direction"),
        pytest.param({"label": "x", "url": 'https://h.example/"onclick='}, id="quote"),
        pytest.param({"label": "x", "url": "https://h.example/<b>"}, id="markup"),
        pytest.param({"label": "x", "url": "https://h.example/" + "a" * 2031}, id="2,049 characters"),
        pytest.param({"label": "x", "url": 1}, id="URL that is a number"),
        pytest.param({"label": None, "url": "https://h.example/"}, id="label that is null"),
        pytest.param({"label": "\u200b", "url": "https://h.example/"}, id="label that shows nothing"),
        pytest.param({"url": "https://h.example/"}, id="no label"),
        pytest.param({"label": "x"}, id="no URL"),
        pytest.param({"label": "x", "url": "https://h.exa\tmple/"}, id="tab in the host"),
        pytest.param({"label": "x", "url": "https://exa mple.com/"}, id="space in the host"),
        pytest.param({"label": "x", "url": "https://b\u00fccher_.example/@"}, id="host that no name server knows"),
        pytest.param({"label": "x", "url": "https://\u00e9@h.example/"}, id="user outside ASCII"),
        pytest.param(
            {"label": "x", "url": "https://b\u00fccher.example/<b>"}, id="markup behind an international host"
        ),
        pytest.param("https://h.example/", id="no object"),
    ],
)
def test_link_is_dropped_when_it_is_anything_else(item: object) -> None:
    assert links_in([item]) == ()
    assert [place for place, _ in dropped_links([item])] == ["/links/0"]


def test_links_are_at_most_20_and_their_labels_cut_to_80() -> None:
    good: object = {"label": "L" * 81, "url": "https://h.example/" + "a" * 2030}
    links = links_in(["bad", *[good] * 21])
    assert len(links) == 20
    assert len(links[0].label) == 80


@pytest.mark.parametrize("links", [None, {}, "https://h.example/", 3])
def test_links_are_none_when_the_key_holds_no_array(links: object) -> None:
    assert links_in(links) == ()


@pytest.mark.parametrize(
    ("item", "url"),
    [
        pytest.param(
            {"label": "Open", "url": "https://h.example/a b?q=c d"}, "https://h.example/a%20b?q=c%20d", id="spaces"
        ),
        pytest.param({"label": "Open", "url": " https://h.example/\n"}, "https://h.example/", id="space around"),
        pytest.param(
            {"label": "Open", "url": "https://h.example/a\u00a0b"}, "https://h.example/a%C2%A0b", id="no-break space"
        ),
        pytest.param(
            {"label": "Open", "url": "https://b\u00fccher.example:8443/c"},
            "https://xn--bcher-kva.example:8443/c",
            id="IDN",
        ),
        pytest.param({"title": "Open", "href": "https://h.example/"}, "https://h.example/", id="href and title"),
        pytest.param({"name": "Open", "url": "https://h.example/"}, "https://h.example/", id="name"),
        pytest.param(
            {"text": "Open", "href": "https://h.example/", "url": None}, "https://h.example/", id="a url of null"
        ),
    ],
)
def test_link_is_mended_when_its_meaning_is_beyond_doubt(item: object, url: str) -> None:
    assert links_in([item]) == (Link("Open", url),)
    assert list(dropped_links([item])) == []


def test_dropped_link_is_named_with_the_reason() -> None:
    good = {"label": "x", "url": "https://h.example/"}
    offered = ["text", {"label": "x", "url": "/c"}, {"url": "https://h.example/"}, {"label": "x"}, *[good] * 21]

    assert list(dropped_links(offered)) == [
        ("/links/0", "not an object"),
        ("/links/1", "not an absolute http(s) URL"),
        ("/links/2", "no label"),
        ("/links/3", "no url"),
        ("/links/24", "only the first 20 are shown"),
    ]


@pytest.mark.parametrize(("offered", "dropped"), [(None, []), ([], []), ({"self": "x"}, [("/links", "not an array")])])
def test_links_that_are_no_array_are_dropped_as_a_whole(offered: object, dropped: list[tuple[str, str]]) -> None:
    assert list(dropped_links(offered)) == dropped
