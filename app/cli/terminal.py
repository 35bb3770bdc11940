"""Lines on standard error that all commands print in the same way, and the exit that goes with one."""

import typer


def stopped(message: str, status: int = 1) -> typer.Exit:
    """Say why the command stops and return what ends it with this exit status."""
    say(f"customer-context: {message}")
    return typer.Exit(status)


def say(message: str) -> None:
    """Print a line for a person, beside what a program may read."""
    typer.echo(message, err=True)
