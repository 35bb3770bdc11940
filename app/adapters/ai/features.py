"""The optional parts of a request that a model takes: from the Models API, from a table, or learnt from a refusal."""

import re
from dataclasses import dataclass, replace

THINKING_ROOM = 4_096
"""Tokens beyond the answer for a model whose thinking cannot be turned off: at low effort a few hundred are usual."""

OFF, BETWEEN_TOOLS = "disabled", "between_tools"
"""The types of `thinking` that turn it off, in the order of trial; a call without tools has nothing between them."""


@dataclass(frozen=True, slots=True)
class Features:
    """The optional parts of a request that are sent; `room` is how many tokens thinking gets that cannot be turned off.

    `schema` is structured output; without it the schema stands in the prompt. `cache` marks the prefix to be cached.
    """

    thinking: str | None = None
    effort: bool = False
    schema: bool = False
    cache: bool = False
    temperature: bool = False
    room: int = 0

    def names(self) -> list[str]:
        """Return the optional parts that are sent, in words for people."""
        told = {
            f"thinking: {self.thinking}": self.thinking is not None,
            f"room for thinking: {self.room} tokens": self.room > 0,
            "effort": self.effort,
            "structured output": self.schema,
            "the schema in the prompt": not self.schema,
            "cached prefix": self.cache,
            "temperature 0": self.temperature,
        }
        return [name for name, sent in told.items() if sent]


PLAIN = Features()
"""A server of which nothing is known: nothing optional is sent, the schema stands in the prompt."""

_CLAUDE = Features(OFF, effort=True, schema=True, cache=True)
_ALWAYS_THINKS = replace(_CLAUDE, thinking=None, room=THINKING_ROOM)

KNOWN = (
    ("haiku-5-5", _CLAUDE),
    ("sonnet-5-5", replace(_CLAUDE, thinking=BETWEEN_TOOLS)),
    ("opus-5-5", _ALWAYS_THINKS),
    ("fable", _ALWAYS_THINKS),
    ("mythos", _ALWAYS_THINKS),
    ("haiku-4-5", replace(_CLAUDE, effort=False)),
    ("sonnet-4-5", replace(_CLAUDE, effort=False)),
    ("claude", _CLAUDE),
)
"""By a part of the model's name, the first that fits; what a Claude does not take after all, its refusal tells.

From the model pages of platform.claude.com, October 2026; asked before the table wherever there is a Models API.
"""

_NAMED = {
    "thinking": r"thinking|chat_template_kwargs",
    "effort": r"effort|output_config(?!\.format)",
    "schema": r"output_config(?!\.effort)|output_?format|response_format|json_?schema|structured.?output|\bformat\b",
    "cache": r"cache_control",
    "temperature": r"temperature",
}
"""How the refusal of each part names it, in the words of providers and servers."""

LONGEST_REFUSAL = 4_000
"""Characters of a refusal that are looked at."""


def known(model: str) -> Features:
    """Return a model's features by the table, whatever a platform has put before or behind its name."""
    return next((features for part, features in KNOWN if part in model), PLAIN)


def without_refused(features: Features, refusal: str) -> Features | None:
    """Return the features less those that a refusal with status 400 names; None where it names none that was sent."""
    text = refusal[:LONGEST_REFUSAL].lower()
    named = {part for part, words in _NAMED.items() if re.search(words, text)}
    less = features
    if "thinking" in named and features.thinking is not None:
        other = BETWEEN_TOOLS if features.thinking == OFF and not features.temperature else None
        less = replace(less, thinking=other, room=0 if other else THINKING_ROOM)
    less = replace(
        less,
        effort=less.effort and "effort" not in named,
        schema=less.schema and "schema" not in named,
        cache=less.cache and "cache" not in named,
        temperature=less.temperature and "temperature" not in named,
    )
    return None if less == features else less
