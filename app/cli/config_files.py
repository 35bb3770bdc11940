"""A project's configuration as a file under version control, behind the commands `config pull`, `diff` and `push`."""

import difflib
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import typer
import yaml

from app.cli.terminal import say, stopped

PATIENCE_SECONDS = 30.0
"""Longest wait for one answer of the service."""

VERSION = "version"
"""The member of the file that is no field: the ETag of what was pulled, which a push must still meet."""

NOT_OURS = frozenset(
    {"bearer_token_configured", "bearer_token_updated_at", "created_at", "updated_at", "updated_by", "identifier_form"}
)
"""What the service tells beside the fields; a file does not hold it."""

HEAD = "# customer-context config push sends this back; the bearer token is never in a file.\n"

DIFFERENT, UNUSABLE = 1, 2
"""Exit statuses, as `diff` has them: there are differences, or it was refused; it could not be done."""


class Remote:
    """The configuration of a project at a running service."""

    def __init__(self, url: str, project: str, token_env: str) -> None:
        token = os.environ.get(token_env, "")
        if not token:
            raise stopped(f"{token_env}: not set; export an access token of the project in it", UNUSABLE)
        self._address = f"{url.rstrip('/')}/projects/{quote(project, safe='')}/customer-context"
        self._headers = {"Authorization": f"Bearer {token}"}

    def read(self) -> tuple[dict[str, Any], str]:
        """Return the fields and the version."""
        return self._fields_of(self._asked("GET"))

    def save(self, fields: dict[str, Any], version: str) -> tuple[dict[str, Any], str]:
        """Save the fields over what is stored, if that is still this version."""
        return self._fields_of(self._asked("PATCH", json=fields, headers={"If-Match": version}))

    def _asked(self, method: str, json: Any = None, headers: dict[str, str] | None = None) -> httpx.Response:
        sent = self._headers | (headers or {})
        try:
            answer = httpx.request(
                method, self._address, json=json, headers=sent, timeout=PATIENCE_SECONDS, trust_env=False
            )
        except (httpx.HTTPError, httpx.InvalidURL) as problem:
            said = f"no answer from the service ({type(problem).__name__}); is it running, and is --url right?"
            raise stopped(said, UNUSABLE) from None
        if answer.status_code == httpx.codes.PRECONDITION_FAILED:
            said = "somebody else saved since this file was pulled; see config diff, and pull again before you push"
            raise stopped(said, DIFFERENT)
        if not answer.is_success:
            raise stopped(_refusal(answer), UNUSABLE)
        return answer

    def _fields_of(self, answer: httpx.Response) -> tuple[dict[str, Any], str]:
        fields = {name: value for name, value in answer.json().items() if name not in NOT_OURS}
        return fields, answer.headers["ETag"]


def pull(remote: Remote, file: Path) -> None:
    """Write what is stored into the file."""
    fields, version = remote.read()
    _write(file, fields, version)
    say(f"Pulled into {file}")


def diff(remote: Remote, file: Path) -> None:
    """Print what a push would change; exit status 1 where that is something."""
    mine, _ = _read(file)
    stored, _ = remote.read()
    lines = list(differences(stored, mine))
    typer.echo("\n".join(lines) if lines else "No differences.")
    if lines:
        raise typer.Exit(DIFFERENT)


def push(remote: Remote, file: Path, mails: Path | None, max_wrong: int | None, min_accuracy: float | None) -> None:
    """Save the file's fields, unless somebody else saved in between or its instructions fail on the emails."""
    fields, version = _read(file)
    if not version:
        raise stopped(f"{file}: no version; pull first, so that nobody's change is overwritten", UNUSABLE)
    if mails is not None:
        _hold(fields, mails, max_wrong, min_accuracy)
    saved, version = remote.save(fields, version)
    _write(file, saved, version)
    say("Pushed; the file has the new version.")


def differences(stored: dict[str, Any], mine: dict[str, Any]) -> list[str]:
    """Return the lines of a unified diff, field by field."""
    return list(
        difflib.unified_diff(_lines(stored), _lines(mine | _absent(stored, mine)), "stored", "file", lineterm="")
    )


def _absent(stored: dict[str, Any], mine: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that the file leaves out: a push leaves them as they are."""
    return {name: value for name, value in stored.items() if name not in mine}


def _lines(fields: dict[str, Any]) -> list[str]:
    text = yaml.safe_dump(dict(sorted(fields.items())), allow_unicode=True, sort_keys=False, width=100)
    return text.splitlines()


def _hold(fields: dict[str, Any], mails: Path, max_wrong: int | None, min_accuracy: float | None) -> None:
    """Run `eval` with the file's instructions; ends the command where a limit is not kept."""
    from app.cli.evaluating import evaluate_file

    instructions = {
        "instructions": {
            "identify": fields.get("identify_instructions", ""),
            "display": fields.get("display_instructions", ""),
        }
    }
    if fields.get("match_path"):
        instructions["match_path"] = fields["match_path"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instructions.yaml"
        path.write_text(yaml.safe_dump(instructions, allow_unicode=True), "utf-8")
        try:
            evaluate_file(mails, path, None, "", None, None, min_accuracy, max_wrong, as_json=False)
        except typer.Exit as ending:
            tried = ending.exit_code == DIFFERENT
            why = (
                "the instructions do not keep the limits on these emails" if tried else "the emails could not be tried"
            )
            say(f"customer-context: not pushed: {why}")
            raise


def _read(file: Path) -> tuple[dict[str, Any], str]:
    try:
        read = yaml.safe_load(file.read_text("utf-8"))
    except OSError as problem:
        raise stopped(f"{file}: {problem.strerror}", UNUSABLE) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise stopped(f"{file}: not YAML; pull it again to see its form", UNUSABLE) from None
    if not isinstance(read, dict):
        raise stopped(f"{file}: not an object of fields; pull it again to see its form", UNUSABLE)
    if read.get("bearer_token"):
        raise stopped(
            f"{file}: holds a bearer token, which never belongs in a file; enter it on the settings page", UNUSABLE
        )
    version = read.pop(VERSION, "")
    return {name: value for name, value in read.items() if name not in NOT_OURS}, str(version or "")


def _write(file: Path, fields: dict[str, Any], version: str) -> None:
    text = yaml.safe_dump({VERSION: version, **fields}, allow_unicode=True, sort_keys=False, width=100)
    try:
        file.write_text(HEAD + text, "utf-8")
    except OSError as problem:
        raise stopped(f"{file}: {problem.strerror}", UNUSABLE) from None


def _refusal(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return f"the service answered HTTP {answer.status_code}"
    wrong = "; ".join(f"{'.'.join(map(str, each['loc'][1:]))}: {each['msg']}" for each in told.get("errors") or [])
    return f"{told.get('title')}: {wrong or told.get('detail')}"
