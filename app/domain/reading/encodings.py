"""Reads the transfer encodings that relays leave in a text: quoted-printable, encoded words, percent-encoded links.

Each reading takes the place of what it was read from: `=2010482` is a space and 10482, and never 2010482. A field that
a mail merge left unfilled is read as nothing.
"""

import re
from binascii import Error as NotBase64
from binascii import a2b_base64, a2b_qp
from urllib.parse import unquote

from support_context.plain_text import plain

MOST_PERCENT_LAYERS = 3
"""How often a link is read again: one that passes two scanners carries the first inside the second."""

_SOFT_BREAK = re.compile(r"=[ \t]*\n(?:>[ ]?)*(?=\S)")
"""A line break that the encoding made (RFC 2045, 6.7): what it parts is one run. Quote marks may head the next line."""

_OCTETS = re.compile(r"(?:=[0-9A-F]{2})+")
_SURELY_QUOTED = re.compile(r"=3D|=[0-9A-F]{2}=[0-9A-F]{2}|=20(?=\s|\Z)")
"""What nobody writes but this encoding: an equals sign, two octets in a row, a space before the end of a line."""

_WORD = re.compile(r"=\?([A-Za-z0-9-]{1,20})\?([QqBb])\?([!->@-~]{1,998})\?=(?:\s+(?==\?))?")
"""A word of a header in another character set (RFC 2047); white space between two of them is none."""

_CHARSETS = {"utf-8": "utf-8", "us-ascii": "ascii", "iso-8859-1": "latin-1", "iso-8859-15": "iso8859-15"}
_CHARSETS |= {"windows-1252": "cp1252", "windows-1251": "cp1251", "iso-2022-jp": "iso2022_jp"}
"""Codecs by the names of RFC 2047. Python knows others, which a stranger must not choose."""

_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_PERCENTAGE = re.compile(r"[0-9]%")
_OF_A_LINK = re.compile(r"[/:=&?@]|%(?:2F|3A|3D|26|3F|40)", re.IGNORECASE)
_UNFILLED = re.compile(
    r"\{\{[^{}\n]{1,80}\}\}|[$#%]\{[^{}\n]{1,80}\}|<%[^<>\n]{1,80}%>|\[\[[^\[\]\n]{1,80}\]\]|\*\|[^|\n]{1,80}\|\*|%%[^%\n]{1,80}%%"
)
"""A field of a mail merge, as `{{account_id}}`, `${id}` and `*|ID|*`, which names what belongs there."""


def decoded(text: str) -> str:
    """Return the text as it reads once every transfer encoding is taken off; most texts have none."""
    read = text
    if "=?" in read:
        read = _WORD.sub(_word, read)
    if "=" in read:
        read = _unquoted(read)
    if "%" in read:
        read = re.sub(r"\S+", _link, read)
    if "{" in read or "%" in read or "[" in read or "|" in read:
        read = _UNFILLED.sub(" ", read)
    return text if read == text else plain(read)


def _word(found: re.Match[str]) -> str:
    charset = _CHARSETS.get(found[1].lower())
    if charset is None:
        return found[0]
    try:
        octets = a2b_qp(found[3], header=True) if found[2] in "Qq" else a2b_base64(found[3])
    except NotBase64:
        return found[0]
    return octets.decode(charset, "replace")


def _unquoted(text: str) -> str:
    joined = _SOFT_BREAK.sub("", text)
    sure = joined != text or bool(_SURELY_QUOTED.search(text))

    def octets(found: re.Match[str]) -> str:
        behind_a_word = found.start() > 0 and found.string[found.start() - 1].isalnum()
        if behind_a_word and not sure:
            return found[0]  # the query of a link: `?order=2010482`
        read = bytes.fromhex(found[0].replace("=", ""))
        try:
            return read.decode()
        except UnicodeDecodeError:
            return read.decode("latin-1")

    return _OCTETS.sub(octets, joined)


def _link(found: re.Match[str]) -> str:
    link = found[0]
    if _PERCENTAGE.search(link) and not _OF_A_LINK.search(link):
        return link
    for _ in range(MOST_PERCENT_LAYERS):
        if not _PERCENT.search(link):
            break
        link = unquote(link)
    return link
