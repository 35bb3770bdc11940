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


FULL: dict[str, Any] = {
    **FOUND,
    "identity": "match",
    "identified_by": "agent",
    "last_attempt": {
        "status": "fetch_error",
        "reason": "timeout",
        "message": Outcome.TIMEOUT.sentence,
        "at": "2026-11-22T08:00:00Z",
    },
    "fields": [
        {"label": "Plan", "value": "Pro", "source": "/plan", "type": "text", "raw": "Pro"},
        {"label": "Status", "value": "Active", "source": "/status", "type": "choice", "raw": "active"},
        {"label": "Payment", "value": "Past due", "source": "/payment", "type": "choice", "raw": "past_due"},
        {"label": "Monthly revenue", "value": "1,480.00 EUR", "source": "/mrr", "type": "money", "raw": "1480.00 EUR"},
        {"label": "Renews", "value": "2026-12-01", "source": "/renews", "type": "date", "raw": "2026-12-01"},
        {"label": "Uptime", "value": "99.95 %", "source": "/uptime", "type": "percent", "raw": "99.95"},
        {
            "label": "Website",
            "value": "https://northwind.example/",
            "source": "/site",
            "type": "text",
            "raw": "https://northwind.example/",
        },
        {
            "label": "Notes",
            "value": "Prefers to be called in the morning. " * 8,
            "source": "/notes",
            "type": "text",
            "raw": "x",
        },
        *rows(*((f"Detail {number}", f"Value {number}") for number in range(1, 17))),
    ],
}
"""A result with everything that the card can show."""
