"""Nothing that an endpoint, an email or a model wrote can run, load, navigate, hide or spill out of the card."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route

from tests.browser.conftest import Card, new_page, opened
from tests.browser.results import FOUND, rows

pytestmark = pytest.mark.asyncio(loop_scope="session")

HOSTILE = [
    "<script>window.pwned = 1</script>",
    "</script><script>alert(1)</script>",
    "<img src=https://evil.test/a.png onerror=alert(1)>",
    '"><svg onload=alert(1)><use href="https://evil.test/x.svg#a">',
    "<iframe src='https://evil.test/' srcdoc='<script>parent.pwned=1</script>'></iframe>",
    "<style>@import 'https://evil.test/a.css'; * { background: url(https://evil.test/b.png) }</style>",
    "</style></dd></dl><form action=https://evil.test/><button autofocus onfocus=alert(1)>",
    "<meta http-equiv=refresh content='0;url=https://evil.test/'><base href=https://evil.test/>",
    "<a href='javascript:alert(1)' autofocus>x</a><details open ontoggle=alert(1)>",
    "![x](https://evil.test/a.png) [click](javascript:alert(1)) <https://evil.test/>",
    "x' style='background:url(https://evil.test/c.png)' onmouseover='alert(1)",
    ":host{display:none} url(https://evil.test/d.png)",
    "${window.pwned=1} {{constructor.constructor('alert(1)')()}} `window.pwned=1`",
    "<customer-context-card></customer-context-card><slot name=x></slot>",
]

LINKS = {
    "https://admin.example.com/a?b=c#d": "https://admin.example.com/a?b=c#d",
    "http://10.0.0.5:8080/x": "http://10.0.0.5:8080/x",
    "HTTPS://Admin.Example.com": "https://admin.example.com/",
    "https://a.test/<b>\"'": "https://a.test/%3Cb%3E%22'",
    "javascript:alert(1)": None,
    " \tjava\nscript:alert(1)": None,
    "JaVaScRiPt://a.test/%0aalert(1)": None,
    "data:text/html,<script>alert(1)</script>": None,
    "vbscript:x": None,
    "blob:https://a.test/1": None,
    "file:///etc/passwd": None,
    "mailto:a@b.test": None,
    "//evil.test/a": None,
    "/settings": None,
    "admin.example.com": None,
    "https://bank.example.com@evil.test/": None,
    "https://:password@evil.test/": None,
    "https://": None,
    "": None,
}
"""What a URL becomes as a link; None: it is not shown."""

LONG_WORD = "W" * 500


def hostile_everywhere(text: str) -> dict[str, Any]:
    """Return a result that has the text in every place where others write."""
    return {
        "status": "ok",
        "reason": text,
        "message": text,
        "identity": "mismatch",
        "identifier": text,
        "summary": text,
        "fields": rows((text, text)),
        "links": [{"label": text, "url": "https://a.test/" + text}, {"label": text, "url": text}],
        "created_at": text,
        "ticket_id": text,
        "project_id": text,
    }


@pytest.mark.parametrize("path", ["/card", "/bare"])
async def test_hostile_text_is_shown_as_text_and_does_nothing(kept_page: Page, path: str) -> None:
    # The page without a policy proves that it is the card which is safe.
    card = await opened(kept_page, path)
    card.record()
    for text in HOSTILE:
        await card.show(hostile_everywhere(text))
        await card.part("dd").hover()

        assert (await card.text()).count(text) >= 5, text  # note, summary, label, value, identifier
        assert (
            await card.part(
                ":is(img, script, style, iframe, form:not(.lookup), use, [style], [onerror], [onload])"
            ).count()
            == 0
        )
    await card.page.wait_for_timeout(200)  # whatever was loaded or run would have shown by now

    assert card.events == []
    assert await card.page.evaluate("window.pwned") is None


async def test_only_absolute_http_links_are_shown(card: Card) -> None:
    shown = {}
    for url in LINKS:
        await card.show({**FOUND, "links": [{"label": "Open", "url": url}]})
        hrefs = [await link.get_attribute("href") for link in await card.part("a").all()]
        shown[url] = hrefs[0] if hrefs else None

    assert shown == LINKS


async def test_link_opens_a_page_that_learns_nothing_and_reaches_nothing(browser: Browser, origin: str) -> None:
    asked: list[dict[str, str]] = []

    async def answer(route: Route) -> None:
        asked.append(route.request.headers)
        await route.fulfill(body="<title>admin</title>", content_type="text/html")

    async with new_page(browser, origin) as page:
        await page.context.route("https://admin.example.com/**", answer)
        card = await opened(page, "/bare")
        await card.show(FOUND)
        async with page.expect_popup() as popup:
            await page.get_by_role("link", name="View in admin").click()
        away = await popup.value
        await away.wait_for_load_state()

        assert await away.evaluate("[window.opener, document.referrer]") == [None, ""]
        assert "referer" not in asked[0]
        assert page.url.endswith("/bare")


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        pytest.param("invoice\u202efdp.exe", "invoice\ufffdfdp.exe", id="override"),
        pytest.param("\u2067a\u2069", "\ufffda\ufffd", id="isolate"),
        pytest.param("\u200fa\u200eb\u061c", "\ufffda\ufffdb\ufffd", id="marks"),
        pytest.param("a\u0000b\u0007c\u001bd\u007fe\u0085f", "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf", id="controls"),
        pytest.param("pay\u200bpal\u2060", "pay\ufffdpal\ufffd", id="zero width"),
        pytest.param("a\U000e0041b", "a\ufffdb", id="tags"),
        pytest.param("  two \n\t lines\u2028here ", "two lines here", id="breaks"),
        pytest.param("می\u200cخواهم", "می\u200cخواهم", id="a joiner that Persian needs"),
        pytest.param("👩\u200d💻", "👩\u200d💻", id="a joiner that emoji need"),
        pytest.param("x" * 2_000, "x" * 2_000, id="2,000 characters"),
        pytest.param("x" * 2_001, "x" * 2_000, id="2,001 characters"),
    ],
)
async def test_misleading_characters_show_and_are_not_copied(card: Card, value: str, seen: str) -> None:
    await card.show({"status": "ok", "summary": value, "identifier": value, "fields": rows((value, value))})
    for fold in await card.part("dd .whole").all():
        await fold.click()
    shown = await card.part("bdi").all_text_contents()
    await card.part("dd .copy").click()
    copied = await card.page.evaluate("navigator.clipboard.readText()")

    assert shown == [seen] * 4
    assert copied == seen


async def test_lone_surrogate_is_replaced(card: Card) -> None:
    await card.run("it => { it.result = { status: 'ok', summary: 'a\\ud800b' }; }")

    assert await card.part(".summary").inner_text() == "a\ufffdb"


@pytest.mark.parametrize(
    ("value", "direction"), [("مرحبا بالعالم", "rtl"), ("שלום 12", "rtl"), ("Pro", "ltr"), ("12 Pro", "ltr")]
)
async def test_each_value_has_its_own_direction_and_turns_nothing_else(card: Card, value: str, direction: str) -> None:
    link = {"label": value, "url": "https://a.test/"}
    await card.show({**FOUND, "fields": rows((value, value)), "links": [link], "summary": value, "identifier": value})
    style = "element => { const s = getComputedStyle(element); return [s.direction, s.unicodeBidi]; }"

    for part in ("dt bdi", "dd bdi", "a span", ".summary bdi", "footer bdi"):
        assert await card.part(part).evaluate(style) == [direction, "isolate"], part
    assert (await card.part().evaluate(style))[0] == "ltr"


@pytest.mark.parametrize("width", [160, 220, 320, 720, 1600])
async def test_nothing_spills_out_when_words_are_long(card: Card, width: int) -> None:
    await card.page.evaluate("width => { document.querySelector('main').style.width = `${width}px`; }", width)
    await card.show(
        {
            **FOUND,
            "identity": "mismatch",
            "reason": "x",
            "message": f"{LONG_WORD}; {LONG_WORD}",
            "summary": LONG_WORD,
            "identifier": "a" * 256,
            "fields": rows(("L" * 80, LONG_WORD), ("Plan", "Pro"), ("م" * 80, "م" * 500)),
            "links": [{"label": LONG_WORD, "url": f"https://{'h' * 60}.{'i' * 60}.example.com/{'p' * 900}"}],
        }
    )
    outside = await card.part().evaluate(
        """(section) => {
            const box = section.getBoundingClientRect();
            const spills = ({ left, right }) => left < box.left - 1 || right > box.right + 1;
            const all = [...section.querySelectorAll("*:not(.said)")];
            const shown = all.filter((each) => each.checkVisibility());
            return shown.filter((each) => spills(each.getBoundingClientRect())).map((each) => each.outerHTML);
        }"""
    )

    assert outside == []
    assert await card.part().evaluate("it => it.scrollWidth <= it.clientWidth")


async def test_piled_up_marks_cover_no_other_row(card: Card) -> None:
    await card.show({**FOUND, "fields": rows(("Plan", "Z" + "\u0301" * 400))})

    assert await card.part("dd bdi").evaluate("it => getComputedStyle(it).overflow") == "clip"
