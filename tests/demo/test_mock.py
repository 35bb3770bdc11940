import os
import re
import shlex
import socket
import ssl
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from app.cli.commands import app
from app.demo.mock import mock, of_each_kind

CUSTOMERS = """{
    "acct_1": {"type": "account", "plan": "Pro", "since": "2023-02-08"},
    "acct_2": {"type": "account", "plan": "Free", "since": "2024-02-08"},
    "17": {"type": "order", "item": "Helmet"}
}"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CC_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "customers.json").write_text(CUSTOMERS)
    return tmp_path


def run_check(line: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the printed command line as a shell would, in this process."""
    words = shlex.split(line)
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        monkeypatch.setenv(name, value)
    assert words.pop(0) == "customer-context"
    return CliRunner().invoke(app, words).stdout


def test_printed_lines_work_as_they_stand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = list[str]()

    def try_it() -> None:
        (shown,) = said
        url, ca_file = re.findall(r"^(?:URL|CA file): +(\S+)", shown, re.MULTILINE)
        curl = shlex.split(next(line for line in shown.splitlines() if line.startswith("curl ")))
        trusted = ssl.create_default_context(cafile=ca_file)
        assert curl[1:3] == ["--cacert", ca_file]
        answer = httpx.get(curl[5], headers=dict([curl[4].split(": ")]), verify=trusted, trust_env=False)
        assert answer.json() == {"type": "account", "plan": "Pro", "since": "2023-02-08"}
        checked = run_check(next(line for line in shown.splitlines() if " check " in line), monkeypatch)
        assert checked.splitlines()[-1] == "The endpoint keeps to the contract: 28 pass."
        assert url in checked
        assert f"export CC_EGRESS_CA_FILE={ca_file} CC_EGRESS_ALLOWED_CIDRS=127.0.0.1/32" in shown

    mock(0, folder / "customers.json", "id", said.append, said.append, wait=try_it)


def test_token_stays_the_same_when_the_mock_starts_again(folder: Path) -> None:
    said = list[str]()
    for _ in range(2):
        mock(0, folder / "customers.json", "id", said.append, said.append, wait=lambda: None)
    first, second = (re.findall(r"^Token: +(\S+)", shown, re.MULTILINE) for shown in said)

    assert first == second
    assert os.stat(folder / "data" / "mock" / "secrets.json").st_mode & 0o077 == 0  # noqa: PTH116


def test_ids_to_try_are_one_of_each_kind() -> None:
    assert of_each_kind({"a": {"x": 1}, "b": {"x": 2}, "c": {"y": 1}, "d": {"z": 1}}) == ["a", "c"]
    assert of_each_kind({"a": {"x": 1}}) == ["a"]


@pytest.mark.parametrize("name", ["none.json", "broken.json"])
def test_command_ends_with_one_line_when_the_file_cannot_be_used(folder: Path, name: str) -> None:
    (folder / "broken.json").write_text("{")
    ran = CliRunner().invoke(app, ["mock", "--customers", str(folder / name)])

    assert (ran.exit_code, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 1


def test_command_ends_with_one_line_when_the_port_is_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = CliRunner().invoke(app, ["mock", "--port", str(port), "--customers", str(folder / "customers.json")])

    assert ran.exit_code == 1
    assert ran.stderr == f"customer-context: --port {port}: Address already in use; try --port 0\n"
