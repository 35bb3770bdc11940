"""The code that the settings page offers to copy: it runs as it stands, and keeps to the contract."""

import json
import os
import re
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
from tests.support.guide import blocks_of
from tests.support.ports import free_port
from tests.support.tls_front import tls_front

TOKEN = "canary-token-0123456789"
PATHS = {"GET": "/api/who", "POST": "/api/ask"}
START_SECONDS = 30.0
ROOT = Path(__file__).parents[3]
EXAMPLES, GUIDE = ROOT / "examples", ROOT / "docs" / "endpoint-guide.md"

STARTS = {
    "Express": ["node", "server.mjs"],
    "Fastify": ["node", "server.mjs"],
    "node:http": ["node", "server.mjs"],
    "FastAPI": [sys.executable, "-m", "uvicorn", "main:app", "--no-access-log", "--port", "$PORT"],
    "Next.js": ["node", "node_modules/next/dist/bin/next", "start", "--hostname", "127.0.0.1"],
    "Django": [str(EXAMPLES / "django/.venv/bin/gunicorn"), "project:application", "--bind", "127.0.0.1:$PORT"],
}
"""How each is started."""

BORROWED = {"Express": "express/node_modules", "Fastify": "fastify/node_modules", "Next.js": "nextjs/node_modules"}
"""What is installed by `make test-examples`, and borrowed from there."""

PROJECT = """
from django.conf import settings
settings.configure(SECRET_KEY="of-a-test", ROOT_URLCONF="project", ALLOWED_HOSTS=["127.0.0.1"], DEBUG=False)

from django.core.wsgi import get_wsgi_application
from django.urls import path
application = get_wsgi_application()

import views
urlpatterns = [path("api/who", views.support_context), path("api/ask", views.support_context)]
"""
"""The project around Django's file, as the page says it: the routes in `urls.py`, and `DEBUG` off."""

BUILD_SECONDS = 240.0

COPIES = [
    pytest.param(name, methods, id=f"{name} {' and '.join(methods)}")
    for name in STARTS
    for methods in ([["GET", "POST"]] if name == "Next.js" else [["GET"], ["POST"]])
]
"""Each framework with each method. A project of Next.js, which takes long to build, has both as routes; one of another
framework is the one file."""


def prepare(name: str, methods: list[str], folder: Path) -> None:
    """Lay the copied files into a project of its framework, as somebody would."""
    if name in BORROWED:
        modules = EXAMPLES / BORROWED[name]
        if not modules.is_dir():
            pytest.skip(f"{name} is not installed: make test-examples does that")
        (folder / "node_modules").symlink_to(modules)
    if name == "Django":
        if not Path(STARTS[name][0]).exists():
            pytest.skip("Django is not installed: make test-examples does that")
        (folder / "project.py").write_text(PROJECT)
    for method in methods:
        file, text = code(name, method, "customer", folder, PATHS[method])
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text)
    if name == "Next.js":
        build = ["node", "node_modules/next/dist/bin/next", "build", "--webpack"]
        environment = os.environ | {"NEXT_TELEMETRY_DISABLED": "1", "SUPPORT_CONTEXT_TOKEN": TOKEN}
        subprocess.run(build, cwd=folder, env=environment, check=True, timeout=BUILD_SECONDS)  # noqa: S603 - ours


def code(name: str, method: str, parameter: str, folder: Path, path: str) -> tuple[str, str]:
    """Have the page's own script write the file."""
    script = folder / "write.mjs"
    asked = json.dumps({"method": method, "path": path, "parameter": parameter})
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
@pytest.mark.parametrize(("name", "methods"), COPIES)
async def test_code_keeps_to_the_contract_as_it_is_copied(name: str, methods: list[str], tmp_path: Path) -> None:
    failed: dict[str, dict[str, str]] = {}
    prepare(name, methods, tmp_path)
    with started(name, tmp_path) as port, tls_front(port, tmp_path / "ca.pem") as origin:
        for method in methods:
            url, known = origin + PATHS[method], ("acct_12ab34cd", "10451")
            target = Target(url, known, method=method, parameter="customer", match_path="/email")
            report = await check_endpoint(target, Secret(TOKEN), Egress(PRIVATE_NETWORKS, tmp_path / "ca.pem"))
            findings = report.findings.items()
            failed[method] = {found.id: finding.seen for found, finding in findings if finding.verdict != "pass"}

    assert failed == {method: {} for method in methods}


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (Debian: apt install nodejs)")
@pytest.mark.parametrize(("name", "file"), [("Next.js", "app/api/who/route.js"), ("Django", "views.py")])
def test_file_of_a_project_is_named_where_it_belongs(name: str, file: str, tmp_path: Path) -> None:
    named, text = code(name, "GET", "customer", tmp_path, PATHS["GET"])

    assert named == file
    assert re.search(r"\$[A-Z]", text) is None  # nothing that was to be filled in


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js here (Debian: apt install nodejs)")
def test_endpoint_guide_has_the_code_that_the_page_offers(tmp_path: Path) -> None:
    (copied,) = [block for block in blocks_of(GUIDE) if block.file == "main.py"]
    _, text = code("FastAPI", "GET", "id", tmp_path, "/support-context")

    assert copied.text.partition("\n")[2].strip() == text.strip()
