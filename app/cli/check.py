"""The command that holds an owner's endpoint to the contract: `customer-context-check` under this program's name."""

import typer

from support_context import command


def check(context: typer.Context) -> None:
    """Hold an endpoint to the contract and say what to mend; ends with 0 if it passes, 1 if not, 2 if it cannot run."""
    raise typer.Exit(command.main(context.args, "customer-context check"))
