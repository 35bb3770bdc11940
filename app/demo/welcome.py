"""The demo's greeting: its addresses, and command lines that work as they stand."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.project import FAILING_PROJECT_ID, OWNER_ID, PROJECT_ID, STRICT_PROJECT_ID

BOLD, DIM, PLAIN = "\x1b[1m", "\x1b[2m", "\x1b[0m"
"""How a terminal is told of the parts of the page (ECMA-48, 8.3.117)."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One email to try, with the line that says what it shows."""

    shows: str
    subject: str
    body: str
    sender: str = "jane@example.com"
    project_id: str = PROJECT_ID


FOUND = Sample(
    "a ticket whose sender gives an account ID: the answer holds the customer's plan, status, seats and revenue",
    "Adding two more people",
    "Hello,\n\nwe would like to add two people to our workspace, but the button is grey.\n\n"
    "Account ID: acct_12ab34cd\n\nThank you\nJane, Northwind Bikes",
)
ORDER = Sample(
    "a ticket with an order number: the same endpoint, another kind of ID, other rows",
    "Where is my helmet?",
    "Good morning,\n\nmy parcel should have been here on Monday. It was Order #10482.\n\nBest wishes\nTom",
    "tom@example.com",
)
NOBODY = Sample(
    "a ticket without any identifier: nothing is looked up, and the answer says so",
    "Opening hours",
    "Hi, are you open on Saturdays? Thanks!",
)
GERMAN = Sample(
    "a ticket in another language: the ID is found, whatever the words around it",
    "Rechnung",
    "Guten Tag,\n\nunser Konto ist acct_12ab34cd. Bitte senden Sie uns die Rechnung.\n\nJane",
)
MISMATCH = Sample(
    "a ticket that names somebody else's ID: the card warns that the sender is not the customer",
    "My seats",
    "How many seats do we have?\n\nAccount ID: acct_12ab34cd",
    "mallory@example.net",
)
WITHHELD = Sample(
    "the same in a project that requires a match: agents see the record, the AI that drafts the reply does not",
    MISMATCH.subject,
    MISMATCH.body,
    MISMATCH.sender,
    STRICT_PROJECT_ID,
)
FAILING = Sample(
    "a project whose endpoint is down: the ticket carries on, and the answer says what to mend",
    FOUND.subject,
    FOUND.body,
    project_id=FAILING_PROJECT_ID,
)
UNSAVED = Sample(
    "the test route, as an owner uses it before turning the feature on: the whole cycle with a trace of each step",
    "Invoice",
    "Please send the invoice of October.\nAccount ID: acct_612dd272",
    "ada@example.com",
)
TICKETS = (FOUND, ORDER, NOBODY, GERMAN, MISMATCH, WITHHELD, FAILING)


def welcome(
    base_url: str,
    settings_url: str,
    service_token: str,
    ticket_prefix: str,
    notes: list[tuple[str, str]],
    *,
    coloured: bool = False,
) -> str:
    """Return the page as text: where everything is, then command lines that work as they stand.

    A new `ticket_prefix` makes tickets that were never seen before.
    """
    where = [("Open", f"{base_url}/"), ("Settings", settings_url), ("Routes", f"{base_url}/docs"), *notes]
    page = [
        *_box("Customer Context is ready", [*where, ("Stop", "Ctrl-C")]),
        "",
        "Or try these in another terminal, each as it stands (make curls shows them again):",
        "",
        *_commands(base_url, service_token, ticket_prefix),
    ]
    return "\n".join(page if coloured else [_plain(line) for line in page])


def command_lines(base_url: str, service_token: str, ticket_prefix: str, *, coloured: bool = False) -> str:
    """Return the command lines alone, for tickets that were never seen before."""
    lines = _commands(base_url, service_token, ticket_prefix)
    return "\n".join(lines if coloured else [_plain(line) for line in lines])


def _commands(base_url: str, service_token: str, ticket_prefix: str) -> list[str]:
    tickets = [
        _commented(sample, _curl(f"{base_url}/tickets/{ticket_prefix}-{number}/enrich", service_token, _ticket(sample)))
        for number, sample in enumerate(TICKETS, start=1)
    ]
    test_url = f"{base_url}/projects/{PROJECT_ID}/customer-context/test"
    email = {"subject": UNSAVED.subject, "body": UNSAVED.body, "sender": UNSAVED.sender}
    return [*tickets, _commented(UNSAVED, _curl(test_url, service_token, email, f"X-Actor-Id: {OWNER_ID}"))]


def _box(title: str, rows: list[tuple[str, str]]) -> list[str]:
    """Return the rows beside a line: closed on the right, it would break where the terminal is narrow."""
    rule = "─" * 60
    return [
        f"┌{rule}",
        f"│ {BOLD}{title}{PLAIN}",
        "│",
        *(f"│ {DIM}{name:<10}{PLAIN}{text}" for name, text in rows),
        f"└{rule}",
    ]


def _plain(line: str) -> str:
    return line.replace(BOLD, "").replace(DIM, "").replace(PLAIN, "")


def _ticket(sample: Sample) -> dict[str, object]:
    """Return the ticket as a helpdesk sends it that has verified the sender (SPF, DKIM, DMARC)."""
    email = {"subject": sample.subject, "body": sample.body, "sender": sample.sender, "sender_verified": True}
    return {"project_id": sample.project_id, **email}


def _commented(sample: Sample, command: str) -> str:
    return f"{DIM}# {sample.shows}{PLAIN}\n{command}\n"


def _curl(url: str, service_token: str, body: Mapping[str, object], *headers: str) -> str:
    """Return one line: it survives being pasted into any shell, and being found by a script."""
    every = [f"Authorization: Bearer {service_token}", "Content-Type: application/json", *headers]
    options = " ".join(f"-H {shlex.quote(header)}" for header in every)
    return f"curl -sS {url} {options} -d {shlex.quote(json.dumps(body))} | python3 -m json.tool --no-ensure-ascii"
