"""The command that stands in for an owner's backend."""

import os
from pathlib import Path
from typing import Annotated

import typer

from app.cli.terminal import say, stopped
from app.demo.customers_file import BadCustomers
from app.demo.mock import mock as serve_customers


def mock(
    customers: Annotated[
        Path,
        typer.Option(
            help='JSON, {"an id": {…}} or a list of objects with the id in each; or CSV with a column of ids.',
            show_default=False,
        ),
    ],
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)] = 8443,
    param: Annotated[str, typer.Option(help="Query or body key of the id, and the id's name in the file.")] = "id",
) -> None:
    """Serve customers of a file over TLS as an owner's endpoint would, for trying the settings page."""
    try:
        serve_customers(port, customers, param, typer.echo, say)
    except BadCustomers as problem:
        raise stopped(f"{customers}: {problem}") from None
    except OSError as problem:
        raise stopped(f"--port {port}: {os.strerror(problem.errno or 0)}; try --port 0") from None
