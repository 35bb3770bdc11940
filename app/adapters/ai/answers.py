"""Reads the JSON object in an answer, also in a fence, in prose or after thoughts, where nothing held a schema."""

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
    """How a model stopped."""

    COMPLETE = "complete"
    CUT_OFF = "cut off"
    REFUSED = "refused"


class NoMessage(Exception):
    """A body that holds no answer of a model, as a proxy's page."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a model answered; `thought` tells that it spent tokens on thinking."""

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
