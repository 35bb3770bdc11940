"""docs/endpoint-guide.md: its commands run as they stand, from nothing to a look-up."""

import shutil
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.guide import TYPED, blocks_of, follow
from tests.support.processes import free_port

BLOCKS = blocks_of(Path(__file__).parents[2] / "docs" / "endpoint-guide.md")
PORTS = ("MOCK_PORT", "ENDPOINT_PORT", "SERVICE_PORT")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here (Debian: apt install curl)")
@pytest.mark.skipif(shutil.which("openssl") is None, reason="no OpenSSL here (Debian: apt install openssl)")
async def test_commands_do_what_the_guide_says_when_they_are_typed(
    project: Path, environment: Mapping[str, str], database_url: str
) -> None:
    done = follow(
        BLOCKS,
        project,
        {**environment, "CC_DATABASE_URL": database_url, **{name: str(free_port()) for name in PORTS}},
    )

    assert done.exit_code == 0, done.output
    assert done.unmet(BLOCKS) == []


def test_few_blocks_are_only_to_be_read() -> None:
    printed = {after for before, after in pairwise(BLOCKS) if before.kind in TYPED}

    assert len([block for block in BLOCKS if block.kind == "text" and block not in printed]) == 1
