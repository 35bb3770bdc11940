"""Every command of the command line with the example that its help shows; each imports what it runs when it runs."""

from typing import Annotated

import typer

from app import __version__
from app.cli import ai_commands, config_commands, key_commands, owner_commands, service_commands, webhook_commands

SHORT_AND_LONG = {"help_option_names": ["-h", "--help"]}

app = typer.Typer(
    help="Customer Context: looks up who wrote a support ticket, so that the reply already knows the customer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings=SHORT_AND_LONG,
)
keys = typer.Typer(help="Make keys and tokens, and rotate them.", no_args_is_help=True)
app.add_typer(keys, name="keys")
ai = typer.Typer(help="Look after the AI that reads emails.", no_args_is_help=True)
app.add_typer(ai, name="ai")
webhook = typer.Typer(help="Look after the webhook that tells the helpdesk.", no_args_is_help=True)
app.add_typer(webhook, name="webhook")
config = typer.Typer(help="Keep a project's configuration in a file under version control.", no_args_is_help=True)
app.add_typer(config, name="config")


def _tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"customer-context {__version__}")
        raise typer.Exit


@app.callback()
def of_all(
    version: Annotated[
        bool, typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Take the options that stand before any command."""


app.command(epilog="Example: customer-context serve --host 0.0.0.0 --port 8000 --workers 2")(service_commands.serve)
app.command(epilog="Example: customer-context worker --seats 200")(service_commands.worker)
app.command(epilog="Example: customer-context migrate")(service_commands.migrate)
app.command(epilog="Example: customer-context status --watch")(service_commands.status)
app.command(epilog="Example: customer-context demo --port 8000")(service_commands.demo)
app.command("eval", epilog="Example: customer-context eval examples/eval/account-id.yaml --max-wrong 0")(
    owner_commands.evaluate
)
app.command(epilog="Example: customer-context enrich --project prj_demo --subject 'Seats' --body-file mail.txt")(
    owner_commands.enrich
)
app.command(
    add_help_option=False,  # the command has its own
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "allow_interspersed_args": False},
)(owner_commands.check)
app.command(epilog="Example: customer-context mock --port 8443 --customers customers.json")(owner_commands.mock)
ai.command("check", epilog="Example: customer-context ai check --json")(ai_commands.check)
keys.command("new", epilog="Example: export CC_ENCRYPTION_KEYS=$(customer-context keys new)")(key_commands.new)
keys.command("check", epilog="Example: customer-context keys check --json")(key_commands.check)
keys.command("rotate", epilog="Example: customer-context keys rotate")(key_commands.rotate)
webhook.command("test", epilog="Example: customer-context webhook test endpoint.failing credits.low")(
    webhook_commands.try_receiver
)
config.command("pull", epilog="Example: customer-context config pull context.yaml --project prj_demo")(
    config_commands.pull
)
config.command("diff", epilog="Example: customer-context config diff context.yaml --project prj_demo")(
    config_commands.diff
)
config.command("push", epilog="Example: customer-context config push context.yaml --project prj_demo")(
    config_commands.push
)
