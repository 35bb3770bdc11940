"""A guide as its reader follows it: its blocks in order, in one shell, and what each is said to print.

A block is its fence's first words. `bash` is typed; `bash node` too, where Node.js is at hand. `python` and `js` with a
file's name in their first line are saved under it. `text` behind a typed block is what that prints: each of its lines
occurs in the output, `…` standing for anything. A `text` block anywhere else is to be read only.
"""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 480.0
"""After this a guide that does not come to its end is killed, so that it fails its test instead of holding it up."""

TYPED = ("bash", "bash node")

_FENCE = re.compile(r"^```([a-z][a-z ]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:#|//) ([\w./-]+\.\w+)\n")
_BEGIN, _END = "::begin block ", "::end block "


@dataclass(frozen=True)
class Block:
    """One block, with the number of its line in the guide."""

    kind: str
    text: str
    line: int

    @property
    def file(self) -> str | None:
        """The name that the reader saves it under."""
        named = _NAME.match(self.text) if self.kind in {"python", "js"} else None
        return named[1] if named else None


@dataclass(frozen=True)
class Followed:
    """What became of a guide that was followed."""

    exit_code: int
    output: str
    printed: Mapping[int, str]

    def unmet(self, blocks: Iterable[Block]) -> list[str]:
        """Return every promise of the guide about what is printed that was not kept."""
        return [
            f"line {block.line} prints no {line!r}, but {self.printed[block.line]!r}"
            for block, promised in promises_of(blocks)
            for line in promised.splitlines()
            if line.strip() and not re.search(_pattern(line), self.printed[block.line], re.DOTALL)
        ]


def blocks_of(guide: Path) -> list[Block]:
    """Read a guide."""
    text = guide.read_text("utf-8")
    found = [Block(each[1].strip(), each[2], text.count("\n", 0, each.start()) + 1) for each in _FENCE.finditer(text)]
    assert len(found) == len(re.findall("^```[a-z]", text, re.MULTILINE)), "a fence is not closed"
    return found


def promises_of(blocks: Iterable[Block]) -> Iterator[tuple[Block, str]]:
    """Yield each typed block with what it is said to print."""
    before: Block | None = None
    for block in blocks:
        if block.kind == "text" and before and before.kind in TYPED:
            yield before, block.text
        before = block


def follow(blocks: Iterable[Block], folder: Path, environment: Mapping[str, str]) -> Followed:
    """Type the blocks into one shell in this folder, which ends at the first that fails."""
    script = "set -euo pipefail\n" + "".join(_typed(block) for block in blocks)
    with subprocess.Popen(  # noqa: S603 - our own guide
        ["bash", "-c", script],  # noqa: S607 - the reader's shell
        cwd=folder,
        env={**environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            output = "the guide did not come to its end"
        finally:
            with suppress(ProcessLookupError):  # what the guide left running
                os.killpg(shell.pid, signal.SIGKILL)
    printed = re.findall(rf"{_BEGIN}(\d+)\n(.*?){_END}\1\n", output, re.DOTALL)
    return Followed(shell.returncode, output, {int(line): text for line, text in printed})


def _typed(block: Block) -> str:
    if block.kind in TYPED:
        return f"echo '{_BEGIN}{block.line}'\n{block.text}\necho '{_END}{block.line}'\n"
    if block.file:
        return f"printf %s {shlex.quote(block.text)} >{shlex.quote(block.file)}\n"
    return ""


def _pattern(line: str) -> str:
    return ".*?".join(re.escape(part) for part in line.strip().split("…"))
