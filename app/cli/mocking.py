"""Serves a file of customers as an owner's endpoint would, behind the command `mock`."""

import os
from pathlib import Path

import typer

from app.cli.terminal import say, stopped
from app.demo.customers_file import BadCustomers
from app.demo.mock import mock


def serve_file(customers: Path, port: int, param: str) -> None:
    """Serve the customers of a file until Ctrl-C; one line and exit status 1 where that cannot be."""
    try:
        mock(port, customers, param, typer.echo, say)
    except BadCustomers as problem:
        raise stopped(f"{customers}: {problem}") from None
    except OSError as problem:
        raise stopped(f"--port {port}: {os.strerror(problem.errno or 0)}; try --port 0") from None
