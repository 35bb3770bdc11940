"""What the demo prints once it is ready: where it is, and command lines that work as they stand."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from app.demo.project import OWNER_ID, PROJECT_ID
from app.demo.sidebar import PAGE_PATH


@dataclass(frozen=True, slots=True)
class Sample:
    """One email to try, with the line that says what it shows."""

    shows: str
    subject: str
    body: str


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
)
NOBODY = Sample(
    "a ticket without any identifier: nothing is looked up, and the answer says so",
    "Opening hours",
    "Hi, are you open on Saturdays? Thanks!",
)
UNSAVED = Sample(
    "the test route, as an owner uses it before turning the feature on: the whole cycle with a trace of each step",
    "Invoice",
    "Please send the invoice of October.\nAccount ID: acct_612dd272",
)


def welcome(base_url: str, settings_url: str, service_token: str, ticket_prefix: str, notes: list[str]) -> str:
    """Return the page as text; a new `ticket_prefix` makes tickets that were never seen before."""
    tickets = [
        _commented(sample, _curl(f"{base_url}/tickets/{ticket_prefix}-{number}/enrich", service_token, _ticket(sample)))
        for number, sample in enumerate((FOUND, ORDER, NOBODY), start=1)
    ]
    test_url = f"{base_url}/projects/{PROJECT_ID}/customer-context/test"
    email = {"subject": UNSAVED.subject, "body": UNSAVED.body}
    test = _commented(UNSAVED, _curl(test_url, service_token, email, f"X-Actor-Id: {OWNER_ID}"))
    return "\n".join(
        [
            f"Customer Context is ready at {base_url}{PAGE_PATH}",
            "",
            f"Settings:  {settings_url}",
            f"Routes:    {base_url}/docs",
            *notes,
            "",
            "Try these in another terminal, each as it stands. Ctrl-C here stops everything.",
            "",
            *tickets,
            test,
        ]
    )


def _ticket(sample: Sample) -> dict[str, object]:
    return {"project_id": PROJECT_ID, "subject": sample.subject, "body": sample.body, "sender": "jane@example.com"}


def _commented(sample: Sample, command: str) -> str:
    return f"# {sample.shows}\n{command}\n"


def _curl(url: str, service_token: str, body: Mapping[str, object], *headers: str) -> str:
    """Return one line: it survives being pasted into any shell, and being found by a script."""
    every = [f"Authorization: Bearer {service_token}", "Content-Type: application/json", *headers]
    options = " ".join(f"-H {shlex.quote(header)}" for header in every)
    return f"curl -sS {url} {options} -d {shlex.quote(json.dumps(body))} | python3 -m json.tool --no-ensure-ascii"
