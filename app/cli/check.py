"""The command that holds an owner's endpoint to the contract."""

import asyncio
import os
import sys
from pathlib import Path
from time import monotonic
from typing import Annotated

import typer
from rich.console import Console

from app.cli.terminal import say, stopped
from app.settings import EgressSettings, InvalidSettings
from app.wiring.checking import check_endpoint, egress_settings
from support_context.check.report import Report, as_json, as_junit
from support_context.check.table import NARROWEST, WIDEST, print_table
from support_context.check.target import NOBODY, BadTarget, Target, refuse_token
from support_context.secrets import Secret

FAILED, COULD_NOT_RUN = 1, 2
"""Exit statuses beside 0: a requirement is not met; the check itself could not be run."""

SECONDS_BETWEEN_LINES = 2.0
"""How often progress is told where it cannot be drawn over itself."""


def check(
    url: Annotated[str, typer.Argument(help="URL of the endpoint, as it is configured.", show_default=False)],
    ids: Annotated[
        list[str], typer.Option("--id", help="Id that the endpoint knows; again for another kind.", show_default=False)
    ],
    unknown_id: Annotated[str, typer.Option(help="Id of the right form that nobody has.")] = NOBODY,
    method: Annotated[str, typer.Option(help="GET or POST, as it is configured.")] = "GET",
    param: Annotated[str, typer.Option(help="Query or body key of the id.")] = "id",
    token_env: Annotated[
        str, typer.Option(help="Environment variable that holds the bearer token; asked for if not given.")
    ] = "",
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="Let addresses through that are not public: a staging host.")
    ] = False,
    ca_file: Annotated[
        Path | None, typer.Option(help="PEM file of a further CA; CC_EGRESS_CA_FILE if not given.", show_default=False)
    ] = None,
    match_path: Annotated[
        str, typer.Option(help="JSON Pointer to the customer's address, as it is configured.", show_default=False)
    ] = "",
    as_json_: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML into this file.", show_default=False)] = None,
) -> None:
    """Hold an endpoint to the contract and say what to mend; ends with 0 if it passes, 1 if not, 2 if it cannot run."""
    target = Target(url, tuple(ids), unknown_id, method.upper(), param, match_path)
    try:
        target.refuse_what_cannot_be_checked()
        token = _token(token_env)
        refuse_token(token)
        settings = egress_settings(allow_private, ca_file)
        report = asyncio.run(_checked(target, token, settings, allow_private))
    except (BadTarget, InvalidSettings) as problem:
        raise stopped(str(problem), COULD_NOT_RUN) from None
    if junit is not None:
        _write(junit, as_junit(report))
    _print(report, as_json_)
    raise typer.Exit(0 if report.passed else FAILED)


async def _checked(target: Target, token: Secret, settings: EgressSettings, opened_by_option: bool) -> Report:
    progress = _Progress()
    try:
        return await check_endpoint(target, token, settings, opened_by_option=opened_by_option, on_step=progress.step)
    finally:
        progress.clear()


def _token(variable: str) -> Secret:
    if variable:
        text = os.environ.get(variable, "")
        if not text:
            raise BadTarget(f"{variable}: not set; export the bearer token in it, or leave --token-env out to be asked")
        return Secret(text)
    try:
        return Secret(typer.prompt("Bearer token", hide_input=True, err=True))
    except typer.Abort:
        raise BadTarget("no bearer token; name the variable that holds it with --token-env") from None


def _print(report: Report, as_json_: bool) -> None:
    if as_json_:
        typer.echo(as_json(report))
        return
    console = Console(highlight=False)
    # A pipe has no width; a wide terminal has more than the eye can follow.
    console.width = min(max(console.width, NARROWEST), WIDEST) if console.is_terminal else WIDEST
    with console.capture() as captured:
        print_table(report, console)
    typer.echo("\n".join(line.rstrip() for line in captured.get().splitlines()))


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise stopped(f"--junit: {problem.strerror}", COULD_NOT_RUN) from None


class _Progress:
    """Tells on standard error how far the check is: one line that is drawn over, or a line every two seconds."""

    def __init__(self) -> None:
        self._drawn = sys.stderr.isatty()
        self._told = monotonic()

    def step(self, done: int, total: int, what: str) -> None:
        text = f"{done} of {total}: {what}"
        if self._drawn:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        elif monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            say(text)
            self._told = monotonic()

    def clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
