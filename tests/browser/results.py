"""Results as the service sends them, for the card to show."""

from typing import Any

from app.domain.outcomes import Outcome

FOUND: dict[str, Any] = {
    "ticket_id": "t_1",
    "project_id": "prj_1",
    "status": "ok",
    "reason": None,
    "message": Outcome.OK.sentence,
    "identifier": "acct_12ab34cd",
    "summary": "Northwind Bikes is on the Pro plan with 12 seats.",
    "fields": [
        {"label": "Plan", "value": "Pro", "source": "/plan"},
        {"label": "Seats", "value": "12", "source": "/seats"},
    ],
    "links": [{"label": "View in admin", "url": "https://admin.example.com/accounts/acct_12ab34cd"}],
    "created_at": "2026-11-20T09:30:00Z",
}


def ended(outcome: Outcome, **changes: Any) -> dict[str, Any]:
    """Return the result of a run that ended so, with nothing found."""
    return {
        **FOUND,
        "status": outcome.status.value,
        "reason": outcome.reason,
        "message": outcome.sentence,
        "summary": "",
        "fields": [],
        "links": [],
        **changes,
    }


def rows(*pairs: tuple[object, object]) -> list[dict[str, Any]]:
    """Return labelled rows."""
    return [{"label": label, "value": value, "source": "/x"} for label, value in pairs]
