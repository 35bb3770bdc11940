"""Files of emails to evaluate, small enough to be read in one look."""

from pathlib import Path
from typing import Any

import yaml

from support_context.facts import Json

IDENTIFY = "Look for the account ID after `Account ID:` in the body. It starts with acct_."
DISPLAY = "Show Plan and Seats."
ANSWER: dict[str, Json] = {"plan": "Pro", "seats": 12}

EMAIL = {"name": "seats", "kind": "plain", "body": "Account ID: acct_12ab34cd", "identifier": "acct_12ab34cd"}


def write_suite(folder: Path, *emails: dict[str, Any], name: str = "mails.yaml", **others: Any) -> Path:
    """Write a file with these emails, or with one that comes out right; `others` stand beside them."""
    path = folder / name
    document = {"instructions": {"identify": IDENTIFY, "display": DISPLAY}, "emails": list(emails) or [EMAIL]}
    path.write_text(yaml.safe_dump(document | others, sort_keys=False), "utf-8")
    return path
