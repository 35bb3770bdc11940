"""Where the databases of tests lie: in memory, where the system has room there."""

import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # noqa: S108 - each folder in it is made for its owner alone
"""Linux' file system in memory: making and dropping a database there takes 15 ms of CPU, and 210 on a disk."""

ROOM_BYTES = 2 << 30
"""Four test processes need less than half of it; a container has 64 MB there, unless it is told otherwise."""

DATABASE_FOLDER = (
    MEMORY if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_BYTES else Path(tempfile.gettempdir())
)
"""Not `tmp_path`: the socket of a PostgreSQL needs a path below 90 bytes."""


def database_folder(prefix: str) -> Path:
    """Make a new folder for the data of a PostgreSQL; whoever makes it removes it."""
    return Path(tempfile.mkdtemp(prefix=prefix, dir=DATABASE_FOLDER))
