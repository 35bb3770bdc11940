"""What all commands say in the same way: a line beside the output, and the one line that stops them."""

import typer


def stopped(message: str) -> typer.Exit:
    """Say why the command stops and return what ends it, with exit status 1."""
    say(f"customer-context: {message}")
    return typer.Exit(1)


def say(message: str) -> None:
    """Print a line for a person, beside what a program may read."""
    typer.echo(message, err=True)
