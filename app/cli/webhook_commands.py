"""Commands for the webhook: try its receiver."""

from typing import Annotated

import typer

from app.domain.webhooks.event_kinds import Event


def try_receiver(
    events: Annotated[
        list[Event] | None, typer.Argument(help="Kinds of events to send.", show_default="enrichment.completed")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Send an example of every kind.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Send signed examples of events to CC_WEBHOOK_URL and say what came back.

    The examples are those of openapi.yaml, about a ticket t_1 and a project prj_1. Each is sent once. Exit status 1:
    one was not taken.
    """
    from app.cli import webhook_testing

    wanted = list(Event) if everything else events or [Event.ENRICHMENT_COMPLETED]
    webhook_testing.try_receiver(wanted, as_json=as_json)
