"""Enriches one email with a running service, behind the command `enrich`."""

import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from app.cli.terminal import stopped

PATIENCE_SECONDS = 310.0
"""How long `enrich` waits for the service; a run itself is over within CC_RUN_DEADLINE_SECONDS."""


def email_of(
    project: str, subject: str, body_file: str, sender: str, *, html: bool, verified: bool | None
) -> dict[str, Any]:
    """Return the body of the request for an email whose text is in a file, `-` for standard input."""
    email: dict[str, Any] = {"project_id": project, "subject": subject, "body": _text_of(body_file), "sender": sender}
    email["body_format"] = "html" if html else "text"
    if verified is not None:
        email["sender_verified"] = verified
    return email


def enriched_by(url: str, ticket: str, email: dict[str, Any]) -> str:
    """Enrich an email with the service at a URL, as a new ticket unless named; return what an agent sees."""
    ticket = ticket or f"cli_{uuid4().hex[:12]}"
    return as_seen_by_an_agent(_post(f"{url.rstrip('/')}/tickets/{ticket}/enrich", email))


def as_seen_by_an_agent(result: dict[str, Any]) -> str:
    """Lay a result out as plain text, the way the sidebar shows it."""
    width = max((len(field["label"]) for field in result["fields"]), default=0)
    rows = [f"  {field['label']:<{width}}  {field['value']}" for field in result["fields"]]
    links = [f"  {link['label']}: {link['url']}" for link in result["links"]]
    reason = f" ({result['reason']})" if result["reason"] else ""
    foot = [
        f"{result['status']}{reason} · {result['timings_ms'].get('total', 0)} ms · "
        f"{result['credits_used']} credit(s) · {result['ai_provider']} {result['ai_model']} · "
        f"sender: {result.get('identity', 'unknown')}"
    ]
    if result.get("ai_context_withheld"):
        foot.append("kept from the drafting AI: it is told only that there is a record")
    parts = [[result["message"]], [result["summary"]] if result["summary"] else [], rows, links, foot]
    return "\n\n".join("\n".join(part) for part in parts if part)


def _post(address: str, body: dict[str, Any]) -> dict[str, Any]:
    token = os.environ.get("CC_SERVICE_TOKENS", "").split(",")[0].strip()
    if not token:
        raise stopped("CC_SERVICE_TOKENS: not set; export the service token first")
    try:
        answer = httpx.post(
            address, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_SECONDS, trust_env=False
        )
        content = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError) as problem:
        raise stopped(
            f"no answer from the service ({type(problem).__name__}); is it running, and is --url right?"
        ) from None
    if answer.status_code == httpx.codes.ACCEPTED:
        raise stopped(f"{content['message']} To ask again: the same command with --ticket {content['ticket_id']}")
    if answer.status_code != httpx.codes.OK:
        raise stopped(f"{content.get('title')}: {content.get('detail')}")
    result: dict[str, Any] = content
    return result


def _text_of(body_file: str) -> str:
    if body_file == "-":
        return sys.stdin.read()
    try:
        return Path(body_file).read_text("utf-8", errors="replace")
    except OSError as problem:
        raise stopped(f"--body-file: {problem.strerror}") from None
