import pytest

from app.domain.visible_text import visible_text


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>a</p><p>b</p>", "a\nb", id="paragraphs-are-lines"),
        pytest.param("a<br>b<br/>c", "a\nb\nc", id="breaks-are-lines"),
        pytest.param("<p>a<p>b<div>c</div>", "a\nb\nc", id="paragraphs-need-no-end"),
        pytest.param("acct_<b>12</b>ab", "acct_12ab", id="inline-markup-parts-nothing"),
        pytest.param(
            "<table><tr><td>Plan</td><td>Pro</td></tr><tr><td>x</table>", "Plan Pro\nx", id="cells-are-parted"
        ),
        pytest.param("a &amp; b &lt;i&gt; &#65;", "a & b <i> A", id="entities-are-decoded"),
        pytest.param("<script>var x = '<p>no</p>'</script>yes", "yes", id="script"),
        pytest.param("<style>p{}</style>yes<style>", "yes", id="style-open-to-the-end"),
        pytest.param("<head><title>no</title><meta></head><body>yes", "yes", id="head"),
        pytest.param("<head><title>no</title><body>yes", "yes", id="head-ends-at-body"),
        pytest.param("<template>no</template><noscript>no</noscript><svg><text>no</text></svg>yes", "yes", id="unseen"),
        pytest.param("<!-- <p>no</p> -->yes<!-- no", "yes", id="comments"),
        pytest.param("<!DOCTYPE html><?xml no?></ no>yes", "yes", id="declarations"),
        pytest.param("<div hidden>no<div>no</div>no</div>yes", "yes", id="hidden-attribute-and-all-in-it"),
        pytest.param("<div><span hidden>no</div>yes", "yes", id="hidden-ends-with-its-parent"),
        pytest.param("<p hidden>no<p>yes", "yes", id="hidden-ends-with-its-paragraph"),
        pytest.param('<p style="color:red; display : none">no</p>yes', "yes", id="display-none"),
        pytest.param("<p style='VISIBILITY:hidden'>no</p>yes", "yes", id="visibility-hidden"),
        pytest.param("<p style=font-size:0>no</p>yes", "yes", id="font-size-zero"),
        pytest.param('<p style="font-size:0.0px !important;">no</p>yes', "yes", id="font-size-zero-important"),
        pytest.param(
            '<p style="opacity:0">no</p><p style="display&#58;none">no</p>yes', "yes", id="opacity-and-entity"
        ),
        pytest.param('<p style="opacity:0.5; font-size:10px">yes</p>', "yes", id="half-opaque-shows"),
        pytest.param(
            "<div hidden><table><td></div>no</td></table></div>yes", "yes", id="cells-keep-what-is-outside-open"
        ),
        pytest.param('<a title="a > b" href=x>link</a>', "link", id="bracket-in-an-attribute"),
        pytest.param("1 < 2 and <3", "1 < 2 and <3", id="brackets-that-open-no-tag"),
        pytest.param(
            "me<blockquote>you<blockquote>older</blockquote></blockquote>me", "me\n> you\n> > older\nme", id="quotes"
        ),
        pytest.param("</p></div></td>yes</x>", "yes", id="ends-without-beginning"),
        pytest.param("<ul><li>a<li>b</ul>", "a\nb", id="list"),
        pytest.param("", "", id="nothing"),
        pytest.param("plain", "plain", id="no-markup"),
        pytest.param("yes<a href='", "yes", id="tag-open-to-the-end"),
    ],
)
def test_visible_text_is_what_a_reader_sees_when_the_email_is_html(html: str, text: str) -> None:
    assert visible_text(html) == text


@pytest.mark.parametrize(
    "html",
    [
        pytest.param("<div>" * 100_000 + "x", id="nested"),
        pytest.param("<p><font a=1>" * 50_000 + "x" + "<p>x</p>" * 50_000, id="crossed-formatting"),
        pytest.param("<x><td>" + "<div>" * 60_000 + "</x>" * 60_000 + "x", id="ends-behind-a-cell"),
        pytest.param("x" + "<!--" * 250_000, id="open-comments"),
        pytest.param("x" + "<a '" * 250_000, id="open-quotes"),
        pytest.param("x" + "<script>" * 120_000, id="open-scripts"),
        pytest.param("x" + "<style></style" * 70_000, id="nearly-closed-styles"),
        pytest.param("x" + "<" * 1_000_000, id="brackets"),
        pytest.param("x<p style='" + "display:" * 120_000 + "'>", id="long-style"),
        pytest.param("x<p " + "a=" * 500_000 + ">", id="long-attributes"),
        pytest.param("x" + "<p " + " " * 1_000_000 + ">", id="white-space"),
        pytest.param("x&" + "amp" * 300_000, id="long-entity"),
        pytest.param("<blockquote>" * 80_000 + "x" + "<p>x" * 9_000, id="nested-quotes"),
    ],
)
def test_visible_text_keeps_the_text_when_a_megabyte_of_markup_is_hostile(html: str) -> None:
    assert "x" in visible_text(html)
