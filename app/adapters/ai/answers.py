"""Reads the JSON object in an AI model's answer, also in a fence, in prose or after thoughts."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar

from app.domain.outcomes import Usage
from app.domain.prompts import Misfit
from support_context.facts import Json

LONGEST_ANSWER = 20_000
"""Characters of an answer that are read: ten times what a summary with 24 rows has."""

MOST_OPENINGS = 40
"""Braces at which an object is looked for: prose about an answer has a few, a flood of them must not cost."""

_THOUGHTS = re.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)
_DECODER = json.JSONDecoder()

_Read = TypeVar("_Read")


class Ending(Enum):
    """How an AI model's answer ended: whole, cut off at the limit of tokens, or refused."""

    COMPLETE = "complete"
    CUT_OFF = "cut off"
    REFUSED = "refused"


class NoMessage(Exception):
    """A response body without an answer of an AI model, such as a proxy's error page."""


@dataclass(frozen=True, slots=True)
class Said:
    """An AI model's answer with its token usage; `thought` tells that tokens were spent on thinking."""

    text: str
    usage: Usage
    ending: Ending = Ending.COMPLETE
    thought: bool = False


def read_from(text: str, read: Callable[[Json], _Read]) -> _Read:
    """Return what `read` makes of the first JSON in the text that fits; raises its `Misfit`, or one of ours."""
    if len(text) > LONGEST_ANSWER:
        raise Misfit("it is too long")
    misfit = Misfit("it is empty" if not text.strip() else "it holds no JSON object")
    for found in _jsons_in(text):
        try:
            return read(found)
        except Misfit as problem:
            misfit = problem
    raise misfit


def _jsons_in(text: str) -> Iterator[Json]:
    """Return the whole text if it is JSON, else the objects in it, thoughts left out."""
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        text = _THOUGHTS.sub("", text)
        opening = -1
        for _ in range(MOST_OPENINGS):
            opening = text.find("{", opening + 1)
            if opening < 0:
                return
            try:
                found, end = _DECODER.raw_decode(text, opening)
            except (ValueError, RecursionError):
                continue
            yield found
            opening = end - 1
