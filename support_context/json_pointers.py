"""JSON Pointers (RFC 6901): the keys in one, and the pointer to a member of what one leads to."""

import re

STEP = r"(?:/(?:[^~/]|~[01])*)"
"""One step of a pointer (section 3): a slash and a token, in which `~` only escapes."""


def is_pointer(text: str) -> bool:
    """Tell whether a text is a JSON Pointer; `""` is one, too."""
    return re.fullmatch(f"{STEP}*", text) is not None


def keys_of(pointer: str) -> list[str]:
    """Split a JSON Pointer into its unescaped keys (section 4); `""`, the whole document, has none."""
    return [unescaped(token) for token in pointer.split("/")[1:]]


def unescaped(token: str) -> str:
    """Return the key that one token of a pointer stands for (section 4)."""
    return token.replace("~1", "/").replace("~0", "~")


def inside(pointer: str, key: str) -> str:
    """Return the pointer to the member `key`, which is escaped (section 3), of what `pointer` leads to."""
    return f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
