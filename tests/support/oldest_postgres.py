"""A PostgreSQL of the oldest version that is supported, from the system's packages, on a socket of its own."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.adapters.postgres.server import OLDEST_VERSION
from tests.support.database_folders import database_folder

PROGRAMS = Path(f"/usr/lib/postgresql/{OLDEST_VERSION}/bin")
"""Where Debian and Ubuntu put it: `apt-get install postgresql-15`."""

DATABASE = "customer_context"


@contextmanager
def oldest_postgres() -> Iterator[str]:
    """Run the server while the block runs; yields the URL of an empty database."""
    home = database_folder("cc-oldest-")
    owner = pwd.getpwnam("postgres") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())  # it refuses to run as root
    os.chown(home, owner.pw_uid, owner.pw_gid)

    def run(program: str, *arguments: str) -> None:
        subprocess.run(  # noqa: S603 - a program of the system with arguments of ours
            [PROGRAMS / program, *arguments],
            check=True,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            user=owner.pw_uid,
            group=owner.pw_gid,
            extra_groups=[] if os.geteuid() == 0 else None,
        )

    data, options = home / "data", f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
    run("initdb", "--auth=trust", "--encoding=UTF8", "--no-instructions", "-U", "postgres", "-D", str(data))
    run("pg_ctl", "-w", "-D", str(data), "-l", str(home / "log"), "-o", options, "start")
    try:
        run("createdb", "-h", str(home), "-U", "postgres", DATABASE)
        yield f"postgresql://postgres@/{DATABASE}?host={home}"
    finally:
        run("pg_ctl", "-w", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(home)
