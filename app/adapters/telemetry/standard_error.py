"""Standard error as a log: what a library or the interpreter writes there past the log becomes a JSON line of it."""

import io
import json
from datetime import UTC, datetime
from typing import TextIO

MOST_OF_A_LINE = 1_000
"""Characters of such a line that are kept."""


class JsonLines(io.TextIOBase):
    """Standard error that turns each line of text into a JSON object, as the log has them."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self._begun = ""

    def write(self, text: str) -> int:
        """Write whole lines; keep what has not ended yet."""
        *lines, self._begun = (self._begun + text).split("\n")
        for line in filter(str.strip, lines):
            self.stream.write(self._as_object(line) + "\n")
        self.stream.flush()
        return len(text)

    def flush(self) -> None:
        """Flush the stream beneath: a line that has not ended waits for its end."""
        self.stream.flush()

    def fileno(self) -> int:
        """Return the descriptor of the stream beneath."""
        return self.stream.fileno()

    def isatty(self) -> bool:
        """Say no, also on a terminal: nobody shall draw on this."""
        return False

    def writable(self) -> bool:
        """Say yes."""
        return True

    def _as_object(self, line: str) -> str:
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
        return json.dumps({"event": line[:MOST_OF_A_LINE], "level": "warning", "logger": "stderr", "timestamp": now})


def beneath(stream: TextIO) -> TextIO:
    """Return the stream that the log itself writes to: the one beneath `JsonLines`, where they are in use."""
    return stream.stream if isinstance(stream, JsonLines) else stream
