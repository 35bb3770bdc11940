"""Parts of JSON bodies that every room shares: strict members, the form of an id, and problem details."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema, model_validator

ID = r"^(?!\.{1,2}$)[A-Za-z0-9._:@-]{1,128}$"
"""Ids that the helpdesk chose, in bodies, paths, queries and headers.

Neither `.` nor `..` is one: HTTP clients resolve both in a path, so that a request would mean another thing.
"""


def is_id(text: str) -> bool:
    """Tell whether a text can be an id."""
    return re.fullmatch(ID, text) is not None


def _id(value: str) -> str:
    if not is_id(value):
        raise ValueError("must be 1 to 128 of the characters A-Z a-z 0-9 . _ : @ -, and neither . nor .. alone")
    return value


Id = Annotated[str, AfterValidator(_id), WithJsonSchema({"type": "string", "pattern": ID})]


class StrictBody(BaseModel):
    """A JSON body of a request; a member that it does not have is refused, so that a typo never turns a check off."""

    model_config = ConfigDict(extra="forbid")


def without(read_only: frozenset[str]) -> Any:
    """Return the validator that leaves out what GET adds, so that an edited answer can be sent back as it stands."""

    def left_out(value: Any) -> Any:
        return {key: each for key, each in value.items() if key not in read_only} if isinstance(value, dict) else value

    return model_validator(mode="before")(left_out)


class ComplaintOut(BaseModel):
    """One part of the request that is wrong."""

    loc: list[str | int]
    msg: str
    type: str


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ComplaintOut] | None = Field(None, description="with 422 only")
