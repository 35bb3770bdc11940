"""Examples for the OpenAPI description: those of the guide, word for word."""

from typing import Any

IDENTIFY = (
    "If the body contains `Order #` followed by a number, use that order number. "
    "Otherwise, if the body has an `acct_` account ID, use that."
)
DISPLAY = (
    "If it's an account, show Plan and Status (Active or Inactive). "
    "If it's an order, show Item, Amount, and Fulfillment status."
)

CONFIGURATION: dict[str, Any] = {
    "everything": {
        "summary": "Everything that a look-up needs",
        "value": {
            "method": "GET",
            "api_url": "https://api.example.com/support-context",
            "identifier_parameter": "id",
            "bearer_token": "sk_support_context_0123456789",
            "identify_instructions": IDENTIFY,
            "display_instructions": DISPLAY,
            "enabled": True,
        },
    },
    "turn_off": {"summary": "Turn it off (PATCH)", "value": {"enabled": False}},
}

EMAIL = {
    "subject": "Cannot add a seat",
    "body": "Hi, we cannot add a seat.\n\nAccount ID: acct_12ab34cd\n\nThanks, Jane",
    "sender": "jane@example.com",
}

TICKET: dict[str, Any] = {
    "new_ticket": {"summary": "A new ticket", "value": {"project_id": "prj_1", **EMAIL, "is_spam": False}}
}

TRIAL: dict[str, Any] = {
    "stored": {"summary": "What is stored", "value": EMAIL},
    "typed": {"summary": "With unsaved changes", "value": {**EMAIL, "config": {"display_instructions": "Show Plan."}}},
}

RESULT: dict[str, Any] = {
    "status": "ok",
    "reason": None,
    "message": "Customer data was looked up just now and is shown below.",
    "identifier": "acct_12ab34cd",
    "summary": "Plan: Pro · Seats: 12",
    "fields": [
        {"label": "Plan", "value": "Pro", "source": "/plan"},
        {"label": "Seats", "value": "12", "source": "/seats"},
    ],
    "links": [{"label": "View in admin", "url": "https://admin.example.com/acct_12ab34cd"}],
    "ai_context": "<customer_context>\n…\n</customer_context>",
    "credits_used": 1,
    "ai_provider": "anthropic",
    "ai_model": "claude-haiku-5-5",
    "usage": {"input_tokens": 812, "output_tokens": 96},
    "timings_ms": {"extract": 412, "fetch": 87, "summarize": 503, "total": 1010},
    "created_at": "2026-11-22T09:30:00Z",
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
    "ai_context": "",
    "usage": {"input_tokens": 410, "output_tokens": 8},
    "timings_ms": {"extract": 398, "total": 398},
}

ENRICHED: dict[str, Any] = {
    name: {"summary": summary, "value": {"ticket_id": "t_1", "project_id": "prj_1", **result, "reused": False}}
    for name, summary, result in (
        ("ok", "Found", RESULT),
        ("no_identifier", "The email names no customer", NO_IDENTIFIER),
    )
}
