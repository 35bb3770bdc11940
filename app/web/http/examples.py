"""Examples for the OpenAPI description: those of the guide, word for word."""

import json
from typing import Any

from app.web.http.outgoing import PENDING_MESSAGE

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
            "match_path": "/email",
            "identity_policy": "require_match",
            "enabled": True,
        },
    },
    "turn_off": {"summary": "Turn it off (PATCH)", "value": {"enabled": False}},
}

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
    "identity": "match",
    "ai_context": "<customer_context>\n…\n</customer_context>",
    "ai_context_withheld": False,
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
    "identity": "unknown",
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
            "created_at": "2026-11-22T09:29:58Z",
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

STEPS: dict[str, Any] = {
    "told": {
        "summary": "What the AI found, while the endpoint is being asked",
        "value": 'event: step\ndata: {"name": "extract", "outcome": "running", "duration_ms": 0, "detail": ""}\n\n'
        'event: step\ndata: {"name": "extract", "outcome": "ok", "duration_ms": 412, "detail": "found …"}\n\n'
        'event: step\ndata: {"name": "fetch", "outcome": "running", "duration_ms": 0, "detail": ""}\n\n',
    }
}

ACCESS_TOKEN: dict[str, Any] = {
    "a_day": {"summary": "For one day", "value": {"label": "Jane, integration tests", "expires_in": 86_400}}
}

MADE: dict[str, Any] = {
    "made": {
        "summary": "Made",
        "value": {
            "token_id": "tok_0123456789abcdef01234567",
            "token": "cct_…",
            "label": "Jane, integration tests",
            "expires_at": "2026-11-23T09:30:00Z",
            "settings_url": "/settings#token=cct_…&project=prj_1",
        },
    }
}

ACTIVITY: dict[str, Any] = {
    "one_day": {
        "summary": "Of today (days=1)",
        "value": {
            "project_id": "prj_1",
            "lookups": 4,
            "ok_share": 0.75,
            "per_day": [
                {
                    "day": "2026-11-22",
                    "by_status": {
                        "ok": 3,
                        "no_identifier": 0,
                        "fetch_error": 1,
                        "skipped_credits": 0,
                        "disabled": 0,
                    },
                }
            ],
            "steps": {
                "extract": {"p50_ms": 412, "p95_ms": 631},
                "fetch": {"p50_ms": 87, "p95_ms": 4_310},
                "summarize": {"p50_ms": 503, "p95_ms": 702},
                "total": {"p50_ms": 1_010, "p95_ms": 4_950},
            },
            "recent": [
                {"ended_at": "2026-11-22T09:30:00Z", "status": "ok", "reason": None, "duration_ms": 1_010},
                {
                    "ended_at": "2026-11-22T09:12:00Z",
                    "status": "fetch_error",
                    "reason": "timeout",
                    "duration_ms": 5_420,
                },
            ],
            "monthly_ai_credits": 1_000,
            "credits_used_this_month": 4,
            "credits_reset_at": "2026-12-01T00:00:00Z",
            "breaker": {"state": "closed", "failures": 1, "opened_at": None, "next_probe_at": None},
        },
    }
}

AUDIT: dict[str, Any] = {
    "newest": {
        "summary": "The two newest (limit=2)",
        "value": {
            "entries": [
                {
                    "at": "2026-11-22T09:30:00Z",
                    "actor": None,
                    "action": "customer_erased",
                    "fields": [],
                    "subject": None,
                    "results_erased": 3,
                },
                {
                    "at": "2026-11-22T09:12:00Z",
                    "actor": "u1",
                    "action": "configuration_saved",
                    "fields": ["api_url", "bearer_token", "enabled"],
                    "subject": None,
                    "results_erased": None,
                },
            ],
            "next_cursor": "4711",
        },
    }
}

ANSWERS = ENRICHED | PENDING | BATCHED | AUDIT
"""Every example of a JSON answer."""

COMPLETED: dict[str, Any] = {
    "completed": {
        "summary": "One run has ended",
        "value": "retry: 2000\n: each run that ends from now on\n\nevent: completed\n"
        f"data: {json.dumps(ENRICHED['ok']['value'], ensure_ascii=False)}\n\n: still here\n\n",
    }
}
