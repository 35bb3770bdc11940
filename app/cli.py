"""The command line `customer-context`: serve it, try it, look after it."""

import asyncio
import base64
import json
import os
import secrets
import sys
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import typer

from app import status_report
from app.demo.run import demo as run_demo
from app.domain.claims import DatabaseUnavailable
from app.serving import migrate_patiently
from app.serving import serve as run_server
from app.serving import work as run_worker
from app.settings import InvalidSettings, Settings, load_settings
from app.wiring import check, database, report_workload

PATIENCE_SECONDS = 60.0
"""How long `enrich` waits for the service; a run itself is over within CC_RUN_DEADLINE_SECONDS."""

TOKEN_BYTES = 32
"""Random bytes of a new key or token: 256 bits."""

app = typer.Typer(
    help="Customer Context: looks up who wrote a support ticket, so that the reply already knows the customer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys = typer.Typer(help="Make keys and tokens.", no_args_is_help=True)
app.add_typer(keys, name="keys")

Host = Annotated[str, typer.Option(help="Address to listen on.")]
Port = Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65_535)]
Seats = Annotated[
    int | None, typer.Option(help="Tickets that a process runs at once; CC_SEATS if not given.", min=2, max=2_000)
]


@app.command(epilog="Example: customer-context serve --host 0.0.0.0 --port 8000 --workers 2")
def serve(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    workers: Annotated[int, typer.Option(help="Processes that serve.", min=1, max=64)] = 1,
    seats: Seats = None,
    no_worker: Annotated[
        bool, typer.Option("--no-worker", help="Serve only; another process runs the tickets.")
    ] = False,
) -> None:
    """Apply pending migrations, then serve and run tickets; settings come from the environment (see the README)."""
    settings = _settings(0 if no_worker else seats)

    if settings.has_weak_token():
        _say("CC_SERVICE_TOKENS: a token is short enough to be guessed; see customer-context keys new --service-token")

    def ready(base_url: str) -> None:
        if settings.database_url is None:
            _say(
                f"An embedded PostgreSQL runs under {settings.data_dir}: not for production, set CC_DATABASE_URL there."
            )
        typer.echo(f"Customer Context is ready: {base_url}")

    run_server(settings, host, port, workers, on_ready=ready)


@app.command(epilog="Example: customer-context worker --seats 200")
def worker(seats: Seats = None) -> None:
    """Apply pending migrations, then run queued tickets without serving HTTP."""
    settings = _settings(seats)
    if not settings.seats:
        raise _stopped("CC_SEATS: a worker needs seats; try --seats 200")
    run_worker(settings, lambda: typer.echo(f"Customer Context works: up to {settings.seats} tickets at once"))


@app.command(epilog="Example: customer-context migrate")
def migrate() -> None:
    """Apply pending migrations to the database and stop."""
    asyncio.run(_migrated(_settings()))
    typer.echo("The database is up to date.")


@app.command(epilog="Example: customer-context status --json")
def status(as_json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False) -> None:
    """Show what waits, what runs, who runs it, and how the last hour's tickets ended."""
    try:
        report = asyncio.run(report_workload(_settings()))
    except DatabaseUnavailable:
        raise _stopped("CC_DATABASE_URL: PostgreSQL does not answer; is it running?") from None
    typer.echo(status_report.as_json(report) if as_json else status_report.as_text(report))


@app.command(epilog="Example: customer-context demo --port 8000")
def demo(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Serve with everything made up: an embedded database, a sample customer endpoint, a demo project."""
    run_demo(host, port)


@app.command(epilog="Example: customer-context enrich --project prj_demo --subject 'Seats' --body-file mail.txt")
def enrich(
    project: Annotated[str, typer.Option(help="Project id.")],
    body_file: Annotated[str, typer.Option(help="File with the email's text; - reads standard input.")],
    subject: Annotated[str, typer.Option(help="Subject of the email.")] = "",
    sender: Annotated[str, typer.Option(help="Address of the sender.")] = "",
    ticket: Annotated[str, typer.Option(help="Ticket id; a new one if not given.")] = "",
    html: Annotated[bool, typer.Option("--html", help="The file holds HTML.")] = False,
    url: Annotated[str, typer.Option(help="Where the service runs.")] = "http://127.0.0.1:8000",
) -> None:
    """Enrich one email with a running service and print what an agent would see; the token is CC_SERVICE_TOKENS'."""
    ticket = ticket or f"cli_{uuid4().hex[:12]}"
    email = {"project_id": project, "subject": subject, "body": _text_of(body_file), "sender": sender}
    email["body_format"] = "html" if html else "text"
    typer.echo(as_seen_by_an_agent(_post(f"{url.rstrip('/')}/tickets/{ticket}/enrich", email)))


@keys.command("new", epilog="Example: export CC_ENCRYPTION_KEYS=$(customer-context keys new)")
def new_key(
    service_token: Annotated[bool, typer.Option("--service-token", help="Make a token for CC_SERVICE_TOKENS.")] = False,
    webhook_secret: Annotated[
        bool, typer.Option("--webhook-secret", help="Make a secret for CC_WEBHOOK_SECRETS and the webhook's receiver.")
    ] = False,
) -> None:
    """Print a fresh encryption key for CC_ENCRYPTION_KEYS, or a service token, or a webhook secret."""
    if service_token and webhook_secret:
        raise typer.BadParameter("choose one of --service-token and --webhook-secret")
    if service_token:
        typer.echo(f"ccs_{secrets.token_urlsafe(TOKEN_BYTES)}")
    else:
        key = base64.b64encode(secrets.token_bytes(TOKEN_BYTES)).decode()
        typer.echo(f"whsec_{key}" if webhook_secret else key)


def as_seen_by_an_agent(result: dict[str, Any]) -> str:
    """Lay a result out as plain text, the way the sidebar shows it."""
    width = max((len(field["label"]) for field in result["fields"]), default=0)
    rows = [f"  {field['label']:<{width}}  {field['value']}" for field in result["fields"]]
    links = [f"  {link['label']}: {link['url']}" for link in result["links"]]
    reason = f" ({result['reason']})" if result["reason"] else ""
    foot = [
        f"{result['status']}{reason} · {result['timings_ms'].get('total', 0)} ms · "
        f"{result['credits_used']} credit(s) · {result['ai_provider']} {result['ai_model']}"
    ]
    parts = [[result["message"]], [result["summary"]] if result["summary"] else [], rows, links, foot]
    return "\n\n".join("\n".join(part) for part in parts if part)


def main() -> None:
    """Run the command line; settings that cannot be used end it with one line."""
    try:
        app()
    except InvalidSettings as problem:
        raise SystemExit(f"customer-context: {problem}") from None


async def _migrated(settings: Settings) -> None:
    async with database(settings) as url:
        await migrate_patiently(url, settings)


def _post(address: str, body: dict[str, str]) -> dict[str, Any]:
    token = os.environ.get("CC_SERVICE_TOKENS", "").split(",")[0].strip()
    if not token:
        raise _stopped("CC_SERVICE_TOKENS: not set; export the service token first")
    try:
        answer = httpx.post(
            address, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE_SECONDS, trust_env=False
        )
        content = answer.json()
    except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError) as problem:
        raise _stopped(
            f"no answer from the service ({type(problem).__name__}); is it running, and is --url right?"
        ) from None
    if answer.status_code == httpx.codes.ACCEPTED:
        raise _stopped(f"{content['message']} To ask again: the same command with --ticket {content['ticket_id']}")
    if answer.status_code != httpx.codes.OK:
        raise _stopped(f"{content.get('title')}: {content.get('detail')}")
    result: dict[str, Any] = content
    return result


def _text_of(body_file: str) -> str:
    if body_file == "-":
        return sys.stdin.read()
    try:
        return Path(body_file).read_text("utf-8", errors="replace")
    except OSError as problem:
        raise _stopped(f"--body-file: {problem.strerror}") from None


def _settings(seats: int | None = None) -> Settings:
    if seats is not None:
        os.environ["CC_SEATS"] = str(seats)  # the processes that serve read it there too
    settings = load_settings()
    check(settings)
    return settings


def _stopped(message: str) -> typer.Exit:
    _say(f"customer-context: {message}")
    return typer.Exit(1)


def _say(message: str) -> None:
    typer.echo(message, err=True)
