"""Reduces an HTML email to the text that its reader sees, hidden text left out."""

import html as entities
import re

from selectolax.lexbor import LexborHTMLParser, LexborNode

_UNSEEN = frozenset({"script", "style", "head", "title", "template", "noscript", "svg", "math", "object", "iframe"})
_UNSEEN_STYLE = re.compile(
    r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity|max-height)\s*:\s*0*\.?0+"
    r"(?:px|pt|em|rem|%)?\s*(?:!important\s*)?(?:;|$)|mso-hide\s*:\s*all)",
    re.IGNORECASE,
)
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "footer"),
        *("form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section"),
        *("table", "tbody", "tfoot", "thead", "tr", "ul"),
    )
)
_CELLS = frozenset({"td", "th"})
_TAG = re.compile(r"<[^<>]*>")
_LINE_BREAKS = re.compile(r"\n{3,}")

DEEPEST_QUOTE = 3
"""Levels of quoting that are marked with `> `; what is older stays at the last mark."""


def visible_text(html: str) -> str:
    """Return the visible text, a line for each block, `> ` before what the email quotes; never raises."""
    try:
        root = LexborHTMLParser(html).root
    except Exception:  # a parser's refusal is not the caller's mistake
        return entities.unescape(_TAG.sub(" ", html))
    written = _Writer()
    node = root
    while node is not None:
        node = _next(node, written)
    return written.text()


class _Writer:
    """Collects text and keeps line breaks and quotes where blocks begin and end."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._line: list[str] = []
        self.quotes = 0

    def write(self, text: str) -> None:
        self._line.append(text)

    def end_line(self) -> None:
        row = " ".join("".join(self._line).split())
        self._line.clear()
        if row or (self._lines and self._lines[-1]):
            self._lines.append("> " * min(self.quotes, DEEPEST_QUOTE) * bool(row) + row)

    def text(self) -> str:
        self.end_line()
        return _LINE_BREAKS.sub("\n\n", "\n".join(self._lines)).strip("\n")


def _next(node: LexborNode, written: _Writer) -> LexborNode | None:
    """Write a node and return the one after it in document order, without recursion: mail nests tables deeply."""
    below = None
    if node.is_text_node:
        written.write(node.text_content or "")
    elif node.is_element_node and not _unseen(node):
        _open(node, written)
        below = node.child
        if below is None:
            _close(node, written)
    while below is None:
        if node.next is not None:
            return node.next
        above = node.parent
        if above is None or above.is_document_node:
            return None
        node = above
        _close(node, written)
    return below
