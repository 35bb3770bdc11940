"""docs/endpoint-guide.md: its commands run as they stand, from an empty folder and the check's wheel to a look-up."""

import asyncio
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.guide import TYPED, Followed, blocks_of, follow
from tests.support.ports import free_port
from tests.support.processes import serving

ROOT = Path(__file__).parents[2]
BLOCKS = blocks_of(ROOT / "docs" / "endpoint-guide.md")
PROJECT = "prj_1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with nothing in it but the wheel that the reader was handed."""
    folder = tmp_path / "empty"
    folder.mkdir()
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(folder), str(ROOT / "support_context")], check=True)  # noqa: S603 - ours
    return folder


@pytest.fixture
def libraries(tmp_path: Path) -> Path:
    """What a registry would give: every library of this environment, but nothing of this project."""
    made = tmp_path / "libraries"
    made.mkdir()
    for each in Path(sysconfig.get_path("purelib")).iterdir():
        if not each.name.startswith(("support_context", "customer_context")):
            (made / each.name).symlink_to(each)
    return made


@pytest.fixture
def reader(environment: Mapping[str, str], libraries: Path, tmp_path: Path) -> Mapping[str, str]:
    """What the reader's shell knows: a Python, and no command of this project."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    ours = Path(sysconfig.get_path("scripts"))
    others = [each for each in os.environ["PATH"].split(os.pathsep) if Path(each) != ours]
    path = os.pathsep.join([str(tmp_path / "bin"), *others])
    return {**environment, "PATH": path, "PYTHONPATH": str(libraries)}


async def access_token(folder: Path, database_url: str) -> str:
    """Have a helpdesk tell the service of the project, and hand its owner an access token."""
    async with serving(folder, {"CC_DATABASE_URL": database_url}) as service, service.client() as helpdesk:
        project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1_000}
        (await helpdesk.put(f"/projects/{PROJECT}", json=project)).raise_for_status()
        token = {"label": "Guide", "expires_in": 3_600}
        made = (await helpdesk.post(f"/projects/{PROJECT}/access-tokens", json=token)).raise_for_status()
        return str(made.json()["token"])


def wait_for(certificate: Path, following: "asyncio.Task[Followed]") -> None:
    """Wait until the reader has made the certificate that the service shall trust."""
    while not following.done() and not (certificate.exists() and "END CERTIFICATE" in certificate.read_text()):
        time.sleep(0.05)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here (Debian: apt install curl)")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no OpenSSL here (Debian: apt install openssl)")
async def test_commands_do_what_the_guide_says_when_they_are_typed(
    folder: Path, reader: Mapping[str, str], tmp_path: Path, database_url: str
) -> None:
    port, certificate = free_port(), folder / "tls" / "client.pem"
    known = {
        "ENDPOINT_PORT": str(free_port()),
        "SERVICE_URL": f"http://127.0.0.1:{port}",
        "PROJECT": PROJECT,
        "CUSTOMER_CONTEXT_TOKEN": await access_token(tmp_path / "before", database_url),
    }
    following = asyncio.create_task(asyncio.to_thread(follow, BLOCKS, folder, {**reader, **known}))
    await asyncio.to_thread(wait_for, certificate, following)
    settings = {"CC_DATABASE_URL": database_url, "CC_EGRESS_CA_FILE": str(certificate)}
    async with serving(tmp_path / "service", settings, port=port):
        done = await following

    assert done.exit_code == 0, done.output
    assert done.unmet(BLOCKS) == []


def test_few_blocks_are_only_to_be_read() -> None:
    printed = {after for before, after in pairwise(BLOCKS) if before.kind in TYPED}

    assert len([block for block in BLOCKS if block.kind == "text" and block not in printed]) == 1
