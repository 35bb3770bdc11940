"""Commands for those who set a project up: evaluate, enrich one email, check an endpoint, serve a mock of one."""

from pathlib import Path
from typing import Annotated

import typer

from support_context import command


def evaluate(
    file: Annotated[Path, typer.Argument(help="YAML or CSV: emails, each with the identifier expected, or none.")],
    instructions: Annotated[
        Path | None, typer.Option(help="YAML file whose instructions are used instead; a CSV file needs it.")
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(help="YAML file with other instructions, tried on the same emails beside the first.")
    ] = None,
    models: Annotated[
        str, typer.Option(help="Names of models, comma-separated, that read the same emails side by side.")
    ] = "",
    parallel: Annotated[
        int | None, typer.Option(help="Emails that are run at once; 8, or 1 for a compatible server.", min=1, max=64)
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="Seconds for one answer; CC_RUN_DEADLINE_SECONDS, or 300 for a compatible server.", min=1.0),
    ] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(help="Fail below this share of emails that came out right.", min=0.0, max=1.0)
    ] = None,
    max_wrong: Annotated[int | None, typer.Option(help="Fail above so many wrong-customer hits.", min=0)] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """Try an owner's instructions on emails whose right answers are known.

    It runs the AI's two steps, with the AI that CC_AI_PROVIDER names and the service's own checks; it needs neither
    database nor service token, and calls no endpoint.

    An email is right when the identifier expected was accepted, character for character, or none was where none was
    expected; missed when one was expected and none accepted; wrong, a wrong-customer hit, when any other identifier was
    accepted, whoever it belongs to, or any at all where none was expected; unanswered when the AI gave no usable
    answer. Accepted means that it stands in the email and would have been sent. Accuracy is the share of right ones
    among all emails; precision on none is how often none was expected where none was accepted. docs/eval.md defines
    every other figure.

    Exit status 1: a limit is not kept, or limits were given and the AI did not answer everything; 2: the file or the
    settings cannot be used.
    """
    from app.cli import evaluating

    evaluating.evaluate_file(
        file, instructions, compare, models, parallel, timeout, min_accuracy, max_wrong, as_json=as_json
    )


def enrich(
    project: Annotated[str, typer.Option(help="Project id.")],
    body_file: Annotated[str, typer.Option(help="File with the email's text; - reads standard input.")],
    subject: Annotated[str, typer.Option(help="Subject of the email.")] = "",
    sender: Annotated[str, typer.Option(help="Address of the sender.")] = "",
    verified: Annotated[
        bool | None, typer.Option("--verified/--not-verified", help="Your own verdict on the sender, if you have one.")
    ] = None,
    ticket: Annotated[str, typer.Option(help="Ticket id; a new one if not given.")] = "",
    html: Annotated[bool, typer.Option("--html", help="The file holds HTML.")] = False,
    url: Annotated[str, typer.Option(help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Enrich one email with a running service and print what an agent would see; the token is CC_SERVICE_TOKENS'."""
    from app.cli import enriching

    email = enriching.email_of(project, subject, body_file, sender, html=html, verified=verified)
    typer.echo(enriching.enriched_by(url, ticket, email))


def check(context: typer.Context) -> None:
    """Hold an endpoint to the contract and say what to mend; ends with 0 if it passes, 1 if not, 2 if it cannot run."""
    raise typer.Exit(command.main(context.args, "customer-context check"))


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
    from app.cli import mocking

    mocking.serve_file(customers, port, param)
