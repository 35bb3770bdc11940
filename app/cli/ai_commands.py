"""Commands for whoever runs the AI: try it."""

from typing import Annotated

import typer


def check(
    timeout: Annotated[
        float | None, typer.Option(help="Seconds for one answer; CC_RUN_DEADLINE_SECONDS if not given.", min=1.0)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Make both AI calls on a sample email and record: what was sent, what came back, tokens, seconds, dollars.

    It asks the provider that CC_AI_PROVIDER names and needs neither database nor service token. Exit status 1:
    something is to be mended, and the last lines say what.
    """
    from app.cli.ai_checking import check_ai

    check_ai(timeout, as_json=as_json)
