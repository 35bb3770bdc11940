"""One email and one customer's record on which an AI is tried: what any model that is up to the work gets right."""

from app.domain.tickets import Email
from support_context.facts import Facts

IDENTIFY = "Look for the account ID after `Account ID:` in the body. It starts with acct_."
DISPLAY = "Show Plan, Status (Active or Inactive) and Seats."

IDENTIFIER = "acct_12ab34cd"
EMAIL = Email.of(
    "Adding two more people",
    "Hello,\n\nwe would like to add two people to our workspace, but the button is grey.\n\n"
    f"Account ID: {IDENTIFIER}\n\nThank you\nJane, Northwind Bikes",
    "jane@example.com",
)
FACTS = Facts({"company": "Northwind Bikes", "plan": "Pro", "active": True, "seats": 12})
