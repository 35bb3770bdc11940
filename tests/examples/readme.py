"""The examples as their README has them: which there are, and the commands that prepare and start each."""

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = ROOT / "examples" / "README.md"

MADE = {"node_modules", ".next", ".venv", "__pycache__", ".prepared", "build"}
"""What stands in an example's folder without being part of it."""


@dataclass(frozen=True)
class Example:
    """One example: a folder, the commands that prepare it, the command that serves it."""

    folder: Path
    preparing: tuple[str, ...]
    starting: str

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def missing(self) -> str:
        """Return the program, or the file of the system, that its commands need and that is not here; "" if none is."""
        commands = [command.split() for command in self.preparing]
        programs = [command[0] for command in commands if "/" not in command[0] and shutil.which(command[0]) is None]
        paths = [path for command in commands for word in command for path in word.split(":") if path.startswith("/")]
        return next(iter([*programs, *(path for path in paths if not Path(path).exists())]), "")

    @property
    def is_prepared(self) -> bool:
        """Whether it was prepared from what stands in its folder now."""
        return self._stamp.exists() and self._stamp.read_text() == self._fingerprint()

    def note_prepared(self) -> None:
        self._stamp.write_text(self._fingerprint())

    @property
    def _stamp(self) -> Path:
        return self.folder / ".prepared"

    def _fingerprint(self) -> str:
        files = (path for path in sorted(self.folder.rglob("*")) if path.is_file())
        own = [path for path in files if not MADE & set(path.relative_to(self.folder).parts)]
        contents = [f"{path.relative_to(self.folder)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in own]
        return "\n".join([*self.preparing, *contents])


def examples() -> list[Example]:
    """Return every example, in the README's order."""
    blocks = re.findall(r"```bash\ncd (examples/[\w-]+)\n(.+?)\n```", README.read_text("utf-8"), re.DOTALL)
    commands = [(ROOT / folder, lines.splitlines()) for folder, lines in blocks]
    return [Example(folder, tuple(lines[:-1]), lines[-1]) for folder, lines in commands]
