"""Parts of JSON bodies that every room shares: the form of an id, and problem details."""

from typing import Annotated

from pydantic import BaseModel, Field

ID = r"^[A-Za-z0-9._:@-]{1,128}$"
"""Ids that the helpdesk chose, in bodies, paths, queries and headers."""


Id = Annotated[str, Field(pattern=ID)]


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
