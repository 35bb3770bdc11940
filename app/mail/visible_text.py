"""Reduces an HTML email to the text that its reader sees: hidden text left out, what is apart on screen apart.

The tree is made by turbohtml, a real parser that caps how deep markup nests; visibility is worked out as CSS means it.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import turbohtml
from turbohtml import Element, Node, Text

from app.domain.reading.quoting import marked
from app.mail.boxes import ATTRIBUTES, PICTURES, SeenBox, box, said_by_attributes
from app.mail.styles import Styles, TooMuch, Work

MOST_WORK = 60_000
"""Units of work for one email, some 0.1 s of CPU; a long newsletter takes 20,000."""

ELEMENT = 2
ELEMENT_WITH_ATTRIBUTES = 5
"""Units that an element takes; a text or a rule takes one."""

_APART = "\ue001"
"""Stands between two things of one line that are apart on screen; private use, so no text that is kept has it."""

_PARTED = re.compile(rf" ?{_APART}[ {_APART}]*")

_QUOTING_CLASSES = frozenset(
    "gmail_quote gmail_quote_container yahoo_quoted protonmail_quote moz-cite-prefix moz-forward-container "
    "OutlookMessageHeader ms-outlook-mobile-reference-message zmail_extra tutanota_quote freshdesk_quote "
    "front-blockquote sh-quoted-content missive_quote".split()
)
_QUOTING_IDS = (
    "yahoo_quoted",
    "OLK_SRC_BODY_SECTION",
    "mail-editor-reference-message-container",
    "isForwardContent",
    "isReplyContent",
)
_QUOTING_NAMES = frozenset({"quote", "messageReplySection"})
_QUOTING_ONWARDS = frozenset({"divRplyFwdMsg", "appendonsend", "zwchr"})
"""Elements after which everything is the older message: Outlook and Zimbra put no box around it."""


def visible_text(html: str) -> str:
    """Return the visible text, a line for each block, `> ` before what the email quotes; never raises.

    A page that is more work than any honest one ends where that shows, so that no rule that hides is left out.
    """
    page = _Page()
    with suppress(TooMuch):
        page.read(turbohtml.parse(html))
    return page.text()


@dataclass(slots=True)
class _Open:
    """An element whose children are being read."""

    children: Iterator[Node]
    seen: SeenBox
    line: bool = False
    apart: bool = False
    link: bool = False
    quotes: int = 0  # blockquotes around it, itself included
    quoted: bool = False  # in a part that a mail program marks as quoted


class _Page:
    """The lines written so far, and what the walk through the tree needs to know."""

    def __init__(self) -> None:
        self._work = Work(MOST_WORK)
        self._styles = Styles(self._work)
        self._lines: list[tuple[int, str]] = []
        self._line: list[str] = []
        self._level = 0
        self._onwards = False
        self._after_link = False

    def read(self, document: turbohtml.Document) -> None:
        """Walk the tree in the order of the text, without recursion."""
        for sheet in document.find_all("style"):
            self._styles.read(sheet.text)
        stack = [_Open(iter(document.children), SeenBox())]
        while stack:
            node = next(stack[-1].children, None)
            if node is None:
                self._close(stack.pop())
                continue
            if isinstance(node, Text):
                self._work.spend()
                self._write(node.data, stack[-1])
            elif isinstance(node, Element) and (opened := self._open(node, stack[-1])):
                stack.append(opened)

    def text(self) -> str:
        """Return what was written."""
        self._end_line()
        return "\n".join(marked(self._lines))

    def _open(self, element: Element, outside: _Open) -> _Open | None:
        tag = element.tag
        if tag == "br":
            self._end_line()
            return None
        given = element.attrs
        self._work.spend(ELEMENT_WITH_ATTRIBUTES if given else ELEMENT)
        attributes = {name: element.attr(name) or "" for name in given if name in ATTRIBUTES} if given else {}
        said = said_by_attributes(tag, attributes) if attributes else {}
        style = self._styles.of(element, tag, attributes.get("style", ""), said)
        seen = box(tag, attributes, style, outside.seen)
        if seen is None:
            self._part(line=False, apart=tag in PICTURES)
            return None
        link = tag == "a"
        self._part(seen.line, seen.apart or (link and self._after_link))
        opened = _Open(iter(element.children), seen.seen, seen.line, seen.apart, link, outside.quotes, outside.quoted)
        if tag == "blockquote":
            opened.quotes += 1
        if attributes:
            self._note_quote(attributes, opened)
        return opened

    def _note_quote(self, attributes: dict[str, str], opened: _Open) -> None:
        names = attributes.get("class", "").split()[:20]
        identity = attributes.get("id", "")
        while identity.startswith("x_"):  # Outlook's mark on what it took over from another page
            identity = identity[2:]
        opened.quoted |= any(name.removeprefix("x_") in _QUOTING_CLASSES or "yahoo_quoted" in name for name in names)
        opened.quoted |= identity.startswith(_QUOTING_IDS) or attributes.get("name") in _QUOTING_NAMES
        self._onwards |= identity in _QUOTING_ONWARDS

    def _close(self, opened: _Open) -> None:
        self._part(opened.line, opened.apart)
        self._after_link |= opened.link

    def _part(self, line: bool, apart: bool) -> None:
        if line:
            self._end_line()
        elif apart:
            self._line.append(_APART)

    def _write(self, text: str, inside: _Open) -> None:
        if text.isspace() and not inside.seen.spaced:
            self._line.append(" ")
            return
        self._after_link = False
        if not inside.seen.legible:
            return
        level = max(inside.quotes, int(inside.quoted or self._onwards))
        if level != self._level:
            self._end_line()
            self._level = level
        first, *others = text.split("\n") if inside.seen.spaced else [text]
        self._line.append(first)
        for each in others:
            self._end_line()
            self._line.append(each)

    def _end_line(self) -> None:
        row = " ".join("".join(self._line).split())
        self._line.clear()
        row = _PARTED.sub("\t", row).strip() if _APART in row else row
        if row:
            self._lines.append((self._level, row))
