"""The command line `customer-context`: every command with the example that its help shows."""

import typer

from app.cli.check import check
from app.cli.enrich import enrich
from app.cli.evaluate import evaluate_file
from app.cli.keys import check_keys, new_key, rotate_keys
from app.cli.mock import mock
from app.cli.operating import demo, migrate, serve, status, worker
from app.settings import InvalidSettings

app = typer.Typer(
    help="Customer Context: looks up who wrote a support ticket, so that the reply already knows the customer.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
keys = typer.Typer(help="Make keys and tokens, and rotate them.", no_args_is_help=True)
app.add_typer(keys, name="keys")

app.command(epilog="Example: customer-context serve --host 0.0.0.0 --port 8000 --workers 2")(serve)
app.command(epilog="Example: customer-context worker --seats 200")(worker)
app.command(epilog="Example: customer-context migrate")(migrate)
app.command(epilog="Example: customer-context status --json")(status)
app.command(epilog="Example: customer-context demo --port 8000")(demo)
app.command("eval", epilog="Example: customer-context eval examples/eval/account-id.yaml --max-wrong 0")(evaluate_file)
app.command(epilog="Example: customer-context enrich --project prj_demo --subject 'Seats' --body-file mail.txt")(enrich)
app.command(
    add_help_option=False,  # the command has its own
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)(check)
app.command(epilog="Example: customer-context mock --port 8443 --customers customers.json")(mock)
keys.command("new", epilog="Example: export CC_ENCRYPTION_KEYS=$(customer-context keys new)")(new_key)
keys.command("check", epilog="Example: customer-context keys check --json")(check_keys)
keys.command("rotate", epilog="Example: customer-context keys rotate")(rotate_keys)


def main() -> None:
    """Run the command line; settings that cannot be used end it with one line."""
    try:
        app()
    except InvalidSettings as problem:
        raise SystemExit(f"customer-context: {problem}") from None
