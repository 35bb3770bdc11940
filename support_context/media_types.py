"""The Content-Type and Content-Encoding of an answer: whether they declare JSON, and whether it is compressed."""

import re

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # noqa: S105 - a token of the HTTP grammar (RFC 9110, 5.6.2)
_PARTS = re.compile(r"(?:[^\",]|\"(?:[^\"\\]|\\.)*+\"?)++")
_JSON_TYPE = re.compile(rf"(?:application/json|{_TOKEN}/{_TOKEN}\+json)[ \t]*(?:;.*)?", re.IGNORECASE)
_HTML_TYPE = re.compile(r"(?:text/html|application/xhtml\+xml)[ \t]*(?:;.*)?", re.IGNORECASE)

_NO_CODING = re.compile(
    r"|identity|none|null|utf-?(?:8|16|32)|(?:us-)?ascii|iso-8859-\d+|latin-?\d|windows-\d+|cp\d+|unicode"
    r"|[78]bit|binary|text|plain|json|application/json",
    re.IGNORECASE,
)
"""Names that servers put into Content-Encoding and that are no coding, charsets most of all."""


def is_json(content_type: str) -> bool:
    """Tell whether every type that a Content-Type lists is JSON; a charset is ignored (RFC 8259, 11)."""
    types = [part.strip(" \t") for part in _PARTS.findall(content_type)]
    return bool(types) and all(_JSON_TYPE.fullmatch(each) for each in types)


def is_html(content_type: str) -> bool:
    """Tell whether a Content-Type is a web page's."""
    return any(_HTML_TYPE.fullmatch(part.strip(" \t")) for part in _PARTS.findall(content_type))


def is_compressed(content_encoding: str) -> bool:
    """Tell whether a Content-Encoding names anything that could be a coding."""
    return not all(_NO_CODING.fullmatch(part.strip(" \t")) for part in content_encoding.split(","))
