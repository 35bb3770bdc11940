"""docs/caller-guide.md: its commands and programs run as they stand."""

import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.demo_process import running_demo
from tests.support.guide import TYPED, blocks_of, follow

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "docs" / "caller-guide.md"
BLOCKS = blocks_of(GUIDE)

NO_TYPESCRIPT = (
    "no Node.js here (Debian: apt install nodejs npm)"
    if shutil.which("npm") is None
    else "no TypeScript here; type: scripts/typescript"
    if not (ROOT / "clients" / "typescript" / "node_modules").exists()
    else ""
)


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here (Debian: apt install curl)")
async def test_commands_do_what_the_guide_says_when_they_are_typed(
    project: Path, environment: Mapping[str, str], database_url: str
) -> None:
    blocks = [block for block in BLOCKS if not NO_TYPESCRIPT or block.kind not in {"bash node", "js"}]

    with running_demo(CC_DATABASE_URL=database_url) as demo:
        running = {"SERVICE_URL": demo.addresses[0].removesuffix("/"), "CC_DATA_DIR": str(demo.data_dir)}
        done = follow(blocks, project, {**environment, **running})

    assert done.exit_code == 0, done.output
    assert done.unmet(blocks) == []
    if NO_TYPESCRIPT:
        pytest.skip(f"all but the TypeScript part was tried: {NO_TYPESCRIPT}")


def test_few_blocks_are_only_to_be_read() -> None:
    printed = {after for before, after in pairwise(BLOCKS) if before.kind in TYPED}

    assert len([block for block in BLOCKS if block.kind == "text" and block not in printed]) == 1
    assert not [block for block in BLOCKS if block.kind in {"python", "js"} and not block.file]
