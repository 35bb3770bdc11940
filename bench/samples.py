"""What every part of the bench agrees on: one email, one customer, the delays of those that are waited for."""

import json

IDENTIFIER = "acct_12ab34cd"
BEARER_TOKEN = "bench-endpoint-token"  # noqa: S105 - made up, and shown to a stand-in only

AI_SECONDS = 0.300
"""How long the stand-in AI thinks, per call."""

ENDPOINT_SECONDS = 0.080
"""How long the stand-in customer endpoint looks up."""

WAITED_SECONDS = 2 * AI_SECONDS + ENDPOINT_SECONDS
"""What one enrichment cannot go below; latency is reported as what comes on top."""

CUSTOMER = {
    "type": "account",
    "company": "Northwind Bikes",
    "plan": "Pro",
    "status": "Active",
    "seats": 12,
    "monthly_revenue": "$588.00",
    "customer_since": "2023-02-08",
    "links": [{"label": "View account in admin", "url": f"https://admin.example.com/accounts/{IDENTIFIER}"}],
}

SUMMARY = {
    "summary": "Northwind Bikes is on the Pro plan with 12 seats.",
    "fields": [
        {"label": "Plan", "value": "Pro", "source": "/plan"},
        {"label": "Status", "value": "Active", "source": "/status"},
        {"label": "Seats", "value": "12", "source": "/seats"},
        {"label": "Monthly revenue", "value": "$588.00", "source": "/monthly_revenue"},
    ],
}

HOSTILE_CUSTOMER = {"plan": "\ufdfa" * 21_000}
"""63 KB of the character that grows most under NFKC, to 18 of them."""

HOSTILE_SUMMARY = {
    "summary": "\ufdfa" * 600,
    "fields": [{"label": f"Plan {number}", "source": "/plan", "as": "text"} for number in range(48)],
}

HOSTILE_HTML = (
    "<style>" + "".join(f".c{number} .d{number % 7} > p{{display:none}}" for number in range(2_000)) + "</style>"
    f"<p>Account ID: {IDENTIFIER}</p>" + '<div class="c1 c2 d3" style="font:0/0 a;color:#fff">x<b>' * 17_000
)
"""A megabyte of nested elements with classes, styles and rules that each might fit."""

IDENTIFY_INSTRUCTIONS = "Use the account that starts with acct_."
DISPLAY_INSTRUCTIONS = "Show Plan; Status (Active or Inactive); Seats; Monthly revenue."

SIGNATURE = "\n".join(f"Line {number} of what people quote below their emails." for number in range(20))

PROJECTS = [f"prj_bench_{number}" for number in range(64)]
"""Whose tickets are sent, in turns: with as many slots as each has by default, more than one process has seats."""

PROJECT = PROJECTS[0]

EMAIL = {
    "subject": "Adding two more people",
    "body": f"Hello,\n\nthe button is grey. Account ID: {IDENTIFIER}\n\nJane\n\n{SIGNATURE}",
    "sender": "jane@example.com",
}
"""An email of common length, about 1.2 KB."""

TICKETS = [json.dumps({"project_id": project_id, **EMAIL}).encode() for project_id in PROJECTS]
"""The body of every request for one ticket, for each project."""


def place_of(ticket_id: str) -> int:
    """Return which of the projects a ticket belongs to, by the number at its end."""
    return int(ticket_id.rpartition("-")[2]) % len(PROJECTS)
