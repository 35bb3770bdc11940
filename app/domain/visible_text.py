"""Reduces an HTML email to the text that its reader sees, hidden text left out.

It reads tags one after the other and builds no tree: tree builders take quadratic time and memory on markup that is
nested or crossed on purpose (100,000 open `<div>` cost lexbor two minutes), and an email is written by a stranger.
"""

import html as entities
import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"<!--(?:>|->|.*?(?:--!?>|\Z))|<[!?][^>]*(?:>|\Z)|</[^a-zA-Z][^>]*(?:>|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*+)(?P<attributes>(?:[^>\"']|\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z))*+)(?:>|\Z)",
    re.DOTALL,
)
_ATTRIBUTE = re.compile(r"(?P<name>[^\s=/\"'>]+)(?:\s*=\s*(?:\"(?P<a>[^\"]*)\"?|'(?P<b>[^']*)'?|(?P<c>[^\s\"'>]*)))?")
_HIDING_STYLE = re.compile(
    r"(?:^|[;\s])(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all"
    r"|(?:font-size|opacity|max-height)\s*:\s*0*\.?0+(?:px|pt|r?em|%)?\s*(?:!important\s*)?(?:;|$))",
    re.IGNORECASE,
)
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())  # noqa: SIM905 (a list of words)
_RAW = frozenset("script style title textarea xmp iframe noembed noframes".split())  # noqa: SIM905 (a list of words)
"""Elements whose content is text up to their own end tag, whatever it looks like."""

_UNSEEN = _RAW - {"textarea", "xmp"} | {
    "head",
    "template",
    "noscript",
    "svg",
    "math",
    "object",
    "datalist",
    "audio",
    "video",
}
_BLOCKS = frozenset(
    "address article aside blockquote body center dd div dl dt fieldset footer form h1 h2 h3 h4 h5 h6 header hr html "  # noqa: SIM905 (a list of words)
    "li main nav ol p pre section table tbody tfoot thead tr ul".split()
)
_CELLS = frozenset({"td", "th"})
_ENDED_BY_ITS_LIKE = _CELLS | {"li", "dd", "dt", "tr", "option"}
_BARRIERS = _CELLS | {"table", "caption"}
"""Elements that an end tag of something outside them does not close (HTML, 13.2.4.2)."""

DEEPEST_QUOTE = 3
"""Levels of quoting that are marked with `> `; what is older stays at the last mark."""


def visible_text(html: str) -> str:
    """Return the visible text, a line for each block, `> ` before what the email quotes; never raises."""
    page, position = _Page(), 0
    while token := _TOKEN.search(html, position):
        page.write(html[position : token.start()])
        position, name = token.end(), (token["name"] or "").lower()
        if not name:
            continue
        if token["close"]:
            page.close(name)
            continue
        page.open(name, token["attributes"])
        if name in _RAW:
            end = re.compile(rf"</{name}(?=[\s/>]|\Z)", re.IGNORECASE).search(html, position)
            page.write(html[position : end.start() if end else len(html)])
            position = end.start() if end else len(html)
    page.write(html[position:])
    return page.text()


@dataclass(frozen=True, slots=True)
class _Element:
    name: str
    hidden: bool


class _Page:
    """The open elements, how many of them hide or quote, and the lines written so far."""

    def __init__(self) -> None:
        self._open: list[_Element] = []
        self._places: dict[str, list[int]] = {}
        self._barriers: list[int] = []
        self._hiding = 0
        self._lines: list[str] = []
        self._line: list[str] = []

    def write(self, text: str) -> None:
        if text and not self._hiding:
            self._line.append(entities.unescape(text))

    def open(self, name: str, attributes: str) -> None:
        self._end_what_ends_here(name)
        if name in _BLOCKS or name == "br":
            self._end_line()
        elif name in _CELLS:
            self._line.append(" ")
        if name in _VOID:
            return
        element = _Element(name, name in _UNSEEN or _hides(attributes))
        self._places.setdefault(name, []).append(len(self._open))
        if name in _BARRIERS:
            self._barriers.append(len(self._open))
        self._open.append(element)
        self._hiding += element.hidden

    def close(self, name: str) -> None:
        """Close the innermost element of this name and all in it, unless a table cell stands between."""
        if name in _BLOCKS:
            self._end_line()
        places = self._places.get(name)
        if not places or (self._barriers and self._barriers[-1] > places[-1] and name not in _BARRIERS | {"tr"}):
            return
        for _ in range(len(self._open) - places[-1]):
            self._pop()

    def text(self) -> str:
        self._end_line()
        return "\n".join(self._lines).strip("\n")

    def _end_what_ends_here(self, name: str) -> None:
        last = self._open[-1].name if self._open else ""
        if (last == "p" and name in _BLOCKS) or (last == name and name in _ENDED_BY_ITS_LIKE):
            self._end_line() if name in _BLOCKS else None
            self._pop()
        elif name == "body" and self._places.get("head"):
            self.close("head")

    def _pop(self) -> None:
        if self._open[-1].name == "blockquote":
            self._end_line()
        element = self._open.pop()
        self._places[element.name].pop()
        if element.name in _BARRIERS:
            self._barriers.pop()
        self._hiding -= element.hidden

    def _end_line(self) -> None:
        row = " ".join("".join(self._line).split())
        self._line.clear()
        quotes = min(len(self._places.get("blockquote", ())), DEEPEST_QUOTE)
        if row:
            self._lines.append("> " * quotes + row)


def _hides(attributes: str) -> bool:
    for found in _ATTRIBUTE.finditer(attributes):
        name = found["name"].lower()
        if name == "hidden":
            return True
        if name == "style" and _HIDING_STYLE.search(entities.unescape(found["a"] or found["b"] or found["c"] or "")):
            return True
    return False
