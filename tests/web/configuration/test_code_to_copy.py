"""The code that the settings page offers to copy: it runs as it stands, and keeps to the contract."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import httpx
import pytest

from app.web.http.pages import SETTINGS
from support_context.check.running import check_endpoint
from support_context.check.target import PRIVATE_NETWORKS, Target
from support_context.egress import Egress
from support_context.secrets import Secret
from tests.support.processes import free_port
from tests.support.tls_front import tls_front

TOKEN = "canary-token-0123456789"
PATH = "/api/who"
START_SECONDS = 30.0
EXAMPLES = Path(__file__).parents[3] / "examples"

STARTS = {
    "Express": ["node", "server.mjs"],
    "Fastify": ["node", "server.mjs"],
    "node:http": ["node", "server.mjs"],
    "FastAPI": [sys.executable, "-m", "uvicorn", "main:app", "--no-access-log", "--port", "$PORT"],
}
"""How each is started; Next.js and Django need a project around the file."""

MODULES = {"Express": "express", "Fastify": "fastify"}
"""What is installed by `make test-examples`, and borrowed from there."""


def code(name: str, method: str, parameter: str, folder: Path) -> tuple[str, str]:
    """Have the page's own script write the file."""
    script = folder / "write.mjs"
    asked = json.dumps({"method": method, "path": PATH, "parameter": parameter})
    written = f"console.log(JSON.stringify(codeFor({json.dumps(name)}, {asked})));"
    script.write_text((SETTINGS / "help" / "code.js").read_text("utf-8") + written)
    made = subprocess.run(["node", str(script)], capture_output=True, check=True, text=True)  # noqa: S603, S607 - ours
    answer = json.loads(made.stdout)
    return answer["file"], answer["text"]


@contextmanager
def started(name: str, folder: Path) -> Iterator[int]:
    port = free_port()
    command = [part.replace("$PORT", str(port)) for part in STARTS[name]]
    environment = os.environ | {"PORT": str(port), "SUPPORT_CONTEXT_TOKEN": TOKEN}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)  # noqa: S603
    try:
        gives_up = monotonic() + START_SECONDS
        while True:
            try:
                httpx.get(f"http://127.0.0.1:{port}/", trust_env=False)
                break
            except httpx.HTTPError:
                assert process.poll() is None, (folder / "log").read_text()
                assert monotonic() < gives_up, (folder / "log").read_text()
                sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (Debian: apt install nodejs)")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("name", STARTS)
async def test_code_keeps_to_the_contract_as_it_is_copied(name: str, method: str, tmp_path: Path) -> None:
    if name in MODULES:
        modules = EXAMPLES / MODULES[name] / "node_modules"
        if not modules.is_dir():
            pytest.skip(f"{MODULES[name]} is not installed: make test-examples does that")
        (tmp_path / "node_modules").symlink_to(modules)
    file, text = code(name, method, "customer", tmp_path)
    (tmp_path / file).write_text(text)
    with started(name, tmp_path) as port, tls_front(port, tmp_path / "ca.pem") as origin:
        target = Target(origin + PATH, ("acct_12ab34cd",), method=method, parameter="customer", match_path="/email")
        report = await check_endpoint(target, Secret(TOKEN), Egress(PRIVATE_NETWORKS, tmp_path / "ca.pem"))

    failed = {found.id: finding.seen for found, finding in report.findings.items() if finding.verdict == "fail"}
    assert failed == {}


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (Debian: apt install nodejs)")
@pytest.mark.parametrize(("name", "file"), [("Next.js", "app/api/who/route.js"), ("Django", "views.py")])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_code_inside_a_project_is_whole(name: str, file: str, method: str, tmp_path: Path) -> None:
    named, text = code(name, method, "customer", tmp_path)
    source = tmp_path / f"code.{'py' if file.endswith('.py') else 'mjs'}"
    source.write_text(text)
    reading = [sys.executable, "-m", "py_compile"] if file.endswith(".py") else ["node", "--check"]

    assert named == file
    assert subprocess.run([*reading, str(source)], check=False).returncode == 0  # noqa: S603 - our own script
    assert "$" not in text.replace("${", "").replace("$/i", "")
