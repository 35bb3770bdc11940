"""Examples of the configuration routes for the OpenAPI description: those of the guide, word for word."""

from typing import Any

from app.web.tickets.examples import EMAIL

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
            "relay_senders": ["forms@shop.example"],
            "agent_only": ["/health_score"],
            "enabled": True,
        },
    },
    "turn_off": {"summary": "Turn it off (PATCH)", "value": {"enabled": False}},
}

TRIAL: dict[str, Any] = {
    "stored": {"summary": "What is stored", "value": EMAIL},
    "typed": {"summary": "With unsaved changes", "value": {**EMAIL, "config": {"display_instructions": "Show Plan."}}},
}

STEPS: dict[str, Any] = {
    "told": {
        "summary": "What the AI found, while the endpoint is being asked",
        "value": 'event: step\ndata: {"name": "extract", "outcome": "running", "duration_ms": 0, "detail": ""}\n\n'
        'event: step\ndata: {"name": "extract", "outcome": "ok", "duration_ms": 412, "detail": "found …"}\n\n'
        'event: step\ndata: {"name": "fetch", "outcome": "running", "duration_ms": 0, "detail": ""}\n\n',
    }
}

KEPT_STEPS = [
    {"name": "extract", "outcome": "ok", "duration_ms": 412},
    {"name": "fetch", "outcome": "ok", "duration_ms": 87, "http_status": 200, "bytes": 247},
    {"name": "summarize", "outcome": "ok", "duration_ms": 503, "changes": "4 rows, 0 repaired"},
]

ACTIVITY: dict[str, Any] = {
    "one_day": {
        "summary": "Of today (days=1)",
        "value": {
            "project_id": "prj_1",
            "lookups": 4,
            "ok_share": 0.5,
            "unknown_share": 0.25,
            "match_share": 1.0,
            "per_day": [
                {
                    "day": "2026-11-22",
                    "by_status": {
                        "ok": 2,
                        "no_data": 1,
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
                {
                    "ended_at": "2026-11-22T09:30:00Z",
                    "status": "ok",
                    "reason": None,
                    "duration_ms": 1_010,
                    "ticket_id": "t_1",
                    "steps": KEPT_STEPS,
                },
                {
                    "ended_at": "2026-11-22T09:12:00Z",
                    "status": "fetch_error",
                    "reason": "timeout",
                    "duration_ms": 5_420,
                    "ticket_id": "t_2",
                    "steps": [],
                },
            ],
            "monthly_ai_credits": 1_000,
            "credits_used_this_month": 4,
            "credits_reset_at": "2026-12-01T00:00:00Z",
            "breaker": {"state": "closed", "failures": 1, "opened_at": None, "next_probe_at": None},
        },
    }
}

CHECK: dict[str, Any] = {
    "two_kinds": {"summary": "One id of each kind", "value": {"ids": ["acct_12ab34cd", "10451"]}},
    "typed": {
        "summary": "With unsaved changes",
        "value": {"ids": ["acct_12ab34cd"], "config": {"identifier_parameter": "customer"}},
    },
}

CHECK_STEPS: dict[str, Any] = {
    "told": {
        "summary": "The first request of 28, and what it decided",
        "value": 'event: step\ndata: {"done": 0, "total": 28, "what": "a known id"}\n\n'
        'event: finding\ndata: {"id": "known_id", "title": "A known id answers 200 with data", "verdict": "pass", '
        '"seen": "HTTP 200", "mend": "", "waits_for": null}\n\n',
    }
}
