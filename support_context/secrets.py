"""A secret that cannot be printed by accident: not by a log line, a traceback or a debugger."""

from support_context.limits import LARGEST_TOKEN, SMALLEST_TOKEN

BEARER_TOKEN = rf"[!-~]{{{SMALLEST_TOKEN},{LARGEST_TOKEN}}}"
"""A bearer token: visible ASCII, no spaces."""


class Secret:
    """Holds a secret text; only `reveal` gives it back."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the text itself; call this only where it leaves for the party that it was given for."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))

    def __reduce__(self) -> str:
        raise TypeError("a Secret does not pickle")
