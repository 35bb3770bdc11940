"""Pages of lists: how many entries, and the cursor that says where the next page begins."""

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import Depends, Query
from pydantic import AfterValidator, BeforeValidator

from app.domain.claims import Position
from app.web.http.bodies import is_id

MOST_LISTED = 200
"""Entries of one page."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"(\d{1,18})-(.{1,128})")


ABSENT_IF_EMPTY = BeforeValidator(lambda text: text or None)
"""Reads `?cursor=`, a parameter that is named and left empty, as one that is not there."""


def _cursor(text: str) -> str:
    read = _CURSOR.fullmatch(text)
    if read is None or not is_id(read[2]):
        raise ValueError("must be the next_cursor of the page before")
    return text


async def position_of(
    cursor: Annotated[
        Annotated[str, AfterValidator(_cursor)] | None,
        ABSENT_IF_EMPTY,
        Query(description="next_cursor of the page before; absent: the newest"),
    ] = None,
) -> Position | None:
    """Return where a page of results begins."""
    if cursor is None:
        return None
    microseconds, _, ticket_id = cursor.partition("-")
    return Position(_EPOCH + timedelta(microseconds=int(microseconds) % 10**17), ticket_id)


def cursor_to(position: Position | None) -> str | None:
    """Return the cursor that leads behind a position."""
    if position is None:
        return None
    return f"{(position.submitted_at - _EPOCH) // timedelta(microseconds=1)}-{position.ticket_id}"


Before = Annotated[Position | None, Depends(position_of)]
Limit = Annotated[int, Query(ge=1, le=MOST_LISTED, description="entries of this page")]
