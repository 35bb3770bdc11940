"""Examples of the ticket routes for the OpenAPI description: those of the guide, word for word."""

import json
from typing import Any

from app.domain.drafts.check import MESSAGES
from app.web.tickets.bodies import PENDING_MESSAGE

EMAIL = {
    "subject": "Cannot add a seat",
    "body": "Hi, we cannot add a seat.\n\nAccount ID: acct_12ab34cd\n\nThanks, Jane",
    "sender": "jane@example.com",
    "sender_verified": True,
}

TICKET: dict[str, Any] = {
    "new_ticket": {"summary": "A new ticket", "value": {"project_id": "prj_1", **EMAIL, "is_spam": False}}
}

BATCH: dict[str, Any] = {
    "after_an_outage": {
        "summary": "A ticket, and one that is not valid",
        "value": {
            "tickets": [
                {"ticket_id": "t_1", "project_id": "prj_1", **EMAIL, "body_format": "text", "is_spam": False},
                {"ticket_id": "t_2", "project_id": "prj_1", "subject": "Without a body"},
            ]
        },
    }
}


def _usage(read: int, written: int) -> dict[str, int]:
    cached = {"cache_read_input_tokens": 0, "cache_creation_input_tokens": 0}
    return {"input_tokens": read, "output_tokens": written, **cached}


RESULT: dict[str, Any] = {
    "status": "ok",
    "reason": None,
    "message": "Customer data was looked up and is shown below.",
    "identifier": "acct_12ab34cd",
    "identified_by": "ai",
    "summary": "Plan: Pro · Seats: 12",
    "fields": [
        {"label": "Plan", "value": "Pro", "source": "/plan", "type": "text", "raw": "Pro", "agent_only": False},
        {"label": "Seats", "value": "12", "source": "/seats", "type": "number", "raw": "12", "agent_only": False},
    ],
    "links": [{"label": "View in admin", "url": "https://admin.example.com/acct_12ab34cd"}],
    "identity": "match",
    "ai_context": "<customer_context kqwzrtplmnbvcxdf>…\n…\n</customer_context kqwzrtplmnbvcxdf>",
    "ai_context_withheld": False,
    "credits_used": 1,
    "ai_provider": "anthropic",
    "ai_model": "claude-haiku-5-5",
    "usage": _usage(812, 96),
    "timings_ms": {"extract": 412, "fetch": 87, "summarize": 503, "total": 1010},
    "steps": [
        {"name": "extract", "outcome": "ok", "duration_ms": 412, "http_status": None, "bytes": None, "changes": ""},
        {"name": "fetch", "outcome": "ok", "duration_ms": 87, "http_status": 200, "bytes": 247, "changes": ""},
        {
            "name": "summarize",
            "outcome": "ok",
            "duration_ms": 503,
            "http_status": None,
            "bytes": None,
            "changes": "4 rows, 0 repaired, 0 renamed, 0 dropped",
        },
    ],
    "created_at": "2026-11-22T09:30:00Z",
    "last_attempt": None,
}

NO_IDENTIFIER: dict[str, Any] = {
    **RESULT,
    "status": "no_identifier",
    "reason": "not_found",
    "message": "No customer identifier was found in this email, so nothing was looked up; ask the sender for it.",
    "identifier": None,
    "summary": "",
    "fields": [],
    "links": [],
    "identity": "unknown",
    "ai_context": "",
    "usage": _usage(410, 8),
    "timings_ms": {"extract": 398, "total": 398},
    "steps": [
        {"name": "extract", "outcome": "failed", "duration_ms": 398, "http_status": None, "bytes": None, "changes": ""},
        {"name": "fetch", "outcome": "skipped", "duration_ms": 0, "http_status": None, "bytes": None, "changes": ""},
        {
            "name": "summarize",
            "outcome": "skipped",
            "duration_ms": 0,
            "http_status": None,
            "bytes": None,
            "changes": "",
        },
    ],
}

ENRICHED: dict[str, Any] = {
    name: {"summary": summary, "value": {"ticket_id": "t_1", "project_id": "prj_1", **result, "reused": False}}
    for name, summary, result in (
        ("ok", "Found", RESULT),
        ("no_identifier", "The email names no customer", NO_IDENTIFIER),
    )
}

PENDING: dict[str, Any] = {
    "pending": {
        "summary": "Under way",
        "value": {
            "ticket_id": "t_1",
            "project_id": "prj_1",
            "status": "pending",
            "reason": None,
            "message": PENDING_MESSAGE,
            "identifier": None,
            "identified_by": None,
            "summary": "",
            "fields": [],
            "links": [],
            "identity": "unknown",
            "ai_context": "",
            "ai_context_withheld": False,
            "credits_used": 0,
            "ai_provider": None,
            "ai_model": None,
            "usage": None,
            "timings_ms": {},
            "steps": [],
            "created_at": "2026-11-22T09:29:58Z",
            "last_attempt": None,
            "reused": False,
        },
    }
}

BATCHED: dict[str, Any] = {
    "batched": {
        "summary": "One taken in, one refused",
        "value": {
            "tickets": [
                {
                    "ticket_id": "t_1",
                    "outcome": "accepted",
                    "location": "/tickets/t_1/customer-context?project_id=prj_1",
                    "code": None,
                    "detail": None,
                    "errors": None,
                },
                {
                    "ticket_id": "t_2",
                    "outcome": "refused",
                    "location": None,
                    "code": "validation_error",
                    "detail": "Correct the parts that errors names.",
                    "errors": [{"loc": ["body", "tickets", 1, "body"], "msg": "Field required", "type": "missing"}],
                },
            ],
            "accepted": 1,
            "stored": 0,
            "refused": 1,
        },
    }
}

COMPLETED: dict[str, Any] = {
    "completed": {
        "summary": "One run has ended",
        "value": "retry: 2000\n: each run that ends from now on\n\nevent: completed\n"
        f"data: {json.dumps(ENRICHED['ok']['value'], ensure_ascii=False)}\n\n: still here\n\n",
    }
}

DRAFT: dict[str, Any] = {
    "reply": {
        "summary": "A reply with one wrong figure",
        "value": {
            "project_id": "prj_1",
            "draft": "Hi Jane, your Pro plan has 21 seats; each further seat is 40 EUR.",
            "also_known": ["Hi, we cannot add a seat.", "Each further seat is 40 EUR a month."],
        },
    }
}

CHECKED: dict[str, Any] = {
    "checked": {
        "summary": "One number that nothing backs",
        "value": {
            "ticket_id": "t_1",
            "findings": [
                {"kind": "number", "text": "21", "start": 27, "end": 29, "message": MESSAGES["number"]},
            ],
            "checked_against": {"created_at": "2026-11-22T09:30:00Z", "fields": 2, "withheld": False},
        },
    }
}

REFRESH: dict[str, Any] = {
    "refresh": {"summary": "The customer of this ticket, anew", "value": {"project_id": "prj_1"}}
}

LOOK_UP: dict[str, Any] = {
    "by_hand": {
        "summary": "An agent knows who it is",
        "value": {
            "project_id": "prj_1",
            "identifier": "acct_12ab34cd",
            "sender": "jane@example.com",
            "sender_verified": True,
        },
    }
}

LISTED: dict[str, Any] = {
    "listed": {
        "summary": "One that was found, and whose last refresh failed",
        "value": {
            "tickets": [
                {
                    "ticket_id": "t_1",
                    "status": "ok",
                    "reason": None,
                    "created_at": "2026-11-22T09:30:00Z",
                    "last_attempt": {
                        "status": "fetch_error",
                        "reason": "timeout",
                        "message": "The customer endpoint did not finish its answer within 5 seconds; its owner should "
                        "make the look-up faster.",
                        "at": "2026-11-22T11:00:00Z",
                    },
                }
            ],
            "next_cursor": None,
        },
    }
}
