"""Tries the webhook's receiver behind the command `webhook test`: what was sent, what came back, what to mend."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from time import monotonic

import typer

from app.domain.webhooks.event_kinds import Event
from app.domain.webhooks.webhook_messages import GONE, Reply
from app.settings.loading import load_settings
from app.settings.service_settings import Settings
from app.wiring.webhook_sending import send_example

NOT_TAKEN = 1
"""Exit status where a receiver has not answered 2xx."""

CLASS_OF_SUCCESS, CLASS_OF_REDIRECTS = 2, 3

UNAUTHORIZED = frozenset({400, 401, 403})
"""Statuses with which a receiver refuses a signature."""


@dataclass(frozen=True, slots=True)
class TriedEvent:
    """One example that was sent, and what came back."""

    event: str
    webhook_id: str
    taken: bool
    http_status: int | None
    fault: str
    seconds: float
    mend: str


def try_receiver(events: Sequence[Event], *, as_json: bool) -> None:
    """Send an example of each kind to the webhook that the environment names; exit status 1 where one was not taken."""
    tried = asyncio.run(_tried(load_settings(), events))
    typer.echo(json.dumps([asdict(each) for each in tried], indent=2) if as_json else "\n".join(map(_lines, tried)))
    if not all(each.taken for each in tried):
        raise typer.Exit(NOT_TAKEN)


async def _tried(settings: Settings, events: Sequence[Event]) -> list[TriedEvent]:
    tried = []
    for event in events:
        started = monotonic()
        webhook_id, reply = await send_example(settings, event)
        taken = reply.status is not None and reply.status // 100 == CLASS_OF_SUCCESS
        seconds = round(monotonic() - started, 3)
        mend = "" if taken else _mend(reply)
        tried.append(TriedEvent(event.value, webhook_id, taken, reply.status, reply.fault, seconds, mend))
    return tried


def _mend(reply: Reply) -> str:
    if reply.status is None:
        return (
            "nothing answered in 15 s at CC_WEBHOOK_URL: look at its host, its port, its certificate and the way there"
        )
    if reply.status == GONE:
        return "410 says that the receiver wants no more of a message: it would not be sent again"
    if reply.status in UNAUTHORIZED:
        return "the receiver refuses the message: does it verify the raw body with a secret of CC_WEBHOOK_SECRETS?"
    if reply.status // 100 == CLASS_OF_REDIRECTS:
        return "redirects are not followed: set CC_WEBHOOK_URL to where this one leads"
    return "only 2xx is taken: look at the receiver's log; the service would try again for a day"


def _lines(tried: TriedEvent) -> str:
    came_back = tried.fault or "nothing" if tried.http_status is None else f"HTTP {tried.http_status}"
    taken = "taken" if tried.taken else "not taken"
    told = f"{tried.event}: {taken}, {came_back} in {tried.seconds:.2f} s (webhook-id {tried.webhook_id})"
    return f"{told}\n  {tried.mend}" if tried.mend else told
