"""Lists for reconciliation and for people's own requests: projects, results, what is held about a customer."""

from collections.abc import Sequence
from typing import TypeVar

from app.adapters.postgres.reports.listing_store import ListingStore
from app.domain.claims import ListedResult, Position, Wanted
from app.domain.projects import ListedProject
from app.domain.reading.extraction import as_sent
from app.domain.refusals import Refusal, Refused

_T = TypeVar("_T")


class Listing:
    """Reads lists page by page; the second value is the cursor of the next page, None at the end."""

    def __init__(self, lists: ListingStore) -> None:
        self._lists = lists

    async def projects(self, limit: int, after: str = "") -> tuple[Sequence[ListedProject], str | None]:
        """Return a page of projects."""
        page, more = _cut(await self._lists.projects(limit + 1, after), limit)
        return page, page[-1].project_id if more else None

    async def results(
        self, project_id: str, wanted: Wanted, limit: int, before: Position | None = None
    ) -> tuple[Sequence[ListedResult], Position | None]:
        """Return a page of a project's results. Raises `Refused` for an unknown project."""
        page, more = _cut(await self._lists.results(project_id, wanted, limit + 1, before), limit)
        if not page and not await self._lists.has_project(project_id):
            raise Refused(Refusal.PROJECT_NOT_FOUND)
        return page, page[-1].position if more else None

    async def of_customer(
        self, project_id: str, identifier: str, actor: str | None, limit: int, before: Position | None = None
    ) -> tuple[Sequence[ListedResult], Position | None]:
        """Return a page of what is held about a customer, and note that somebody asked.

        The identifier is read as the customer endpoint would have got it. Raises `Refused` for an unknown project.
        """
        if not await self._lists.note_customer_read(project_id, actor):
            raise Refused(Refusal.PROJECT_NOT_FOUND)
        sent = as_sent(identifier)
        page, more = _cut(await self._lists.of_customer(project_id, sent, limit + 1, before), limit)
        return page, page[-1].position if more else None


def _cut(found: Sequence[_T], limit: int) -> tuple[Sequence[_T], bool]:
    return found[:limit], len(found) > limit
