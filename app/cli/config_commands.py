"""Commands that keep a project's configuration in a file: pull, diff, push."""

from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(help="YAML file of the configuration.", show_default=False)]
Project = Annotated[str, typer.Option(help="Project id.", show_default=False)]
Url = Annotated[str, typer.Option(help="Where the service runs.")]
TokenEnv = Annotated[str, typer.Option(help="Environment variable that holds an access token of the project.")]

HERE, TOKEN_ENV = "http://127.0.0.1:8000", "CUSTOMER_CONTEXT_TOKEN"


def pull(file: File, project: Project, url: Url = HERE, token_env: TokenEnv = TOKEN_ENV) -> None:
    """Write the stored configuration into a file, without the bearer token."""
    from app.cli import config_files

    config_files.pull(config_files.Remote(url, project, token_env), file)


def diff(file: File, project: Project, url: Url = HERE, token_env: TokenEnv = TOKEN_ENV) -> None:
    """Show what a push of the file would change; ends with 0 if nothing, 1 if something, 2 if it cannot be told."""
    from app.cli import config_files

    config_files.diff(config_files.Remote(url, project, token_env), file)


def push(
    file: File,
    project: Project,
    url: Url = HERE,
    token_env: TokenEnv = TOKEN_ENV,
    mails: Annotated[
        Path | None, typer.Option("--eval", help="Emails, as eval takes them, that the instructions must pass first.")
    ] = None,
    max_wrong: Annotated[int | None, typer.Option(help="With --eval: most wrong-customer hits.", min=0)] = None,
    min_accuracy: Annotated[
        float | None, typer.Option(help="With --eval: least share of emails that came out right.", min=0.0, max=1.0)
    ] = None,
) -> None:
    """Save the file's configuration, if nobody saved since it was pulled; refuses to go live where --eval fails."""
    from app.cli import config_files

    config_files.push(config_files.Remote(url, project, token_env), file, mails, max_wrong, min_accuracy)
