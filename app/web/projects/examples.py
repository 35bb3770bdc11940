"""Examples of the project routes for the OpenAPI description."""

from typing import Any

ACCESS_TOKEN: dict[str, Any] = {
    "a_day": {"summary": "For one day", "value": {"label": "Jane, integration tests", "expires_in": 86_400}},
    "read": {"summary": "Only reading", "value": {"label": "CI", "expires_in": 7_776_000, "scope": "read"}},
}

MADE: dict[str, Any] = {
    "made": {
        "summary": "Made",
        "value": {
            "token_id": "tok_0123456789abcdef01234567",
            "token": "cct_…",
            "label": "Jane, integration tests",
            "scope": "owner",
            "expires_at": "2026-11-23T09:30:00Z",
            "settings_url": "/settings#token=cct_…&project=prj_1",
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

LISTED_PROJECTS: dict[str, Any] = {
    "projects": {
        "summary": "The only project",
        "value": {
            "projects": [
                {"project_id": "prj_1", "plan": "business", "customer_context_included": True, "enabled": True}
            ],
            "next_cursor": None,
        },
    }
}
