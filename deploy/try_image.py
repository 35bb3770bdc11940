"""Executes every step of the Dockerfile in a clean Debian root, for machines without a container engine.

Needs root, debootstrap, and what chroot and mounts need. A Debian of the release below stands in for the base image: it
has the same Python minor version. What comes out is run as the image would be: as its user, with a read-only root and a
small /tmp, until /healthz and one look at the database answer.
"""

import argparse
import asyncio
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.adapters.postgres.embedded import embedded_postgres

ROOT = Path(__file__).parents[1]
RELEASE = "trixie"
PACKAGES = "python3,python3-venv,python3-pip,ca-certificates"
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
START_SECONDS = 90.0
STOP_SECONDS = 30.0

# What pip needs to reach its registry from here; nothing of it is part of the image.
OUTSIDE = ("/etc/resolv.conf", "/etc/hosts", "/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs/ca-certificates.crt")


@dataclass
class Stage:
    """A root that grows step by step, and what its next step finds."""

    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": PATH})
    folder: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)


@dataclass
class Build:
    """All stages, by number and by name."""

    base: Path
    work: Path
    arguments: dict[str, str]
    stages: dict[str, Stage] = field(default_factory=dict)
    steps: int = 0

    @property
    def now(self) -> Stage:
        """The stage that is being built."""
        return next(reversed(self.stages.values()))

    def execute(self, name: str, argument: str) -> None:
        """Execute one instruction."""
        began = time.monotonic()
        getattr(self, f"_{name.lower()}")(argument)
        self.steps += 1
        say(f"{self.steps:3} {time.monotonic() - began:6.1f} s  {name} {argument[:100]}")

    def _from(self, argument: str) -> None:
        image, *alias = re.split(r"\s+AS\s+", argument, flags=re.IGNORECASE)
        if not image.startswith("python:3.13"):
            raise SystemExit(f"try_image: only Debian's Python 3.13 can stand in, not {image}")
        root = self.work / f"stage{len(self.stages)}"
        run("cp", "-a", "--reflink=auto", str(self.base), str(root))
        self.stages[alias[0] if alias else str(len(self.stages))] = Stage(root)

    def _arg(self, argument: str) -> None:
        name, _, default = argument.partition("=")
        self.now.environment[name] = self.arguments.get(name, default)

    def _env(self, argument: str) -> None:
        for pair in shlex.split(argument):
            name, _, value = pair.partition("=")
            self.now.environment[name] = re.sub(r"\$(\w+)", self._variable, value)

    def _variable(self, found: re.Match[str]) -> str:
        return self.now.environment.get(found[1], "")

    def _workdir(self, argument: str) -> None:
        self.now.folder = argument
        (self.now.root / argument.lstrip("/")).mkdir(parents=True, exist_ok=True)

    def _user(self, argument: str) -> None:
        self.now.user = argument

    def _copy(self, argument: str) -> None:
        *sources, target = shlex.split(argument)
        context, left_out = ROOT, ["__pycache__"]  # as .dockerignore says
        if sources[0].startswith("--from="):
            context, left_out = self.stages[sources.pop(0).removeprefix("--from=")].root, []
        for source in sources:
            origin = context / source.lstrip("/")
            place = self.now.root / os.path.normpath(Path(self.now.folder) / target).lstrip("/")
            if origin.is_dir():
                shutil.copytree(
                    origin, place, symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*left_out)
                )
            else:
                place = place / origin.name if target.endswith(("/", ".")) else place
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(origin, place)

    def _run(self, argument: str) -> None:
        stage = self.now
        pip = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_CERT_"))}
        within = ["chroot", f"--userspec={stage.user}", str(stage.root), "/bin/sh", "-ec"]
        with reachable(stage.root):
            run(*within, f"cd {shlex.quote(stage.folder)}; {argument}", env=pip | stage.environment)

    def _cmd(self, argument: str) -> None:
        self.now.command = shlex.split(argument.strip("[]").replace(",", " "))

    def _healthcheck(self, argument: str) -> None:
        self.now.health = re.findall(r'"((?:[^"\\]|\\.)*)"', argument.partition("CMD")[2])

    def _expose(self, argument: str) -> None:
        say(f"      (port {argument} is told, not opened)")

    def _label(self, argument: str) -> None:
        say(f"      (told of the image: {', '.join(shlex.split(argument))})")


def main() -> None:
    """Build, then run what was built."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, help="a Debian root that debootstrap has made before")
    parser.add_argument("--mirror", default="", help="Debian mirror for debootstrap; its own default if not given")
    parser.add_argument("--build-arg", action="append", default=[], help="NAME=VALUE, as for docker build")
    chosen = parser.parse_args()
    if os.geteuid() != 0 or shutil.which("debootstrap") is None:
        raise SystemExit("try_image: needs root and debootstrap (Debian: apt install debootstrap)")
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="cc-image-") as folder:
        work = Path(folder)
        work.chmod(0o755)
        base = chosen.base or debian(work / "base", chosen.mirror)
        (base / "usr/bin/python").exists() or (base / "usr/bin/python").symlink_to("python3")
        build = Build(base, work, dict(each.split("=", 1) for each in chosen.build_arg))
        for name, argument in instructions((ROOT / "Dockerfile").read_text()):
            build.execute(name, argument)
        size = run("du", "-sm", f"{build.now.root}/opt").split()[0]
        say(f"Built in {time.monotonic() - began:.0f} s: {build.steps} steps, {size} MB on top of the base")
        asyncio.run(serves(build.now))
    say("The image builds, serves as its user on a read-only root, and leaves in order.")


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Return what the file says, line by line, continued ones joined."""
    lines = [line for line in dockerfile.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", " ", "\n".join(lines))
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in joined.splitlines() if line)]


def debian(root: Path, mirror: str) -> Path:
    """Make a clean Debian root with what the base image has."""
    began = time.monotonic()
    run("debootstrap", "--variant=minbase", f"--include={PACKAGES}", RELEASE, str(root), *([mirror] if mirror else []))
    say(f"A clean Debian {RELEASE} in {time.monotonic() - began:.0f} s")
    return root


@contextmanager
def reachable(root: Path) -> Iterator[None]:
    """Lend a root the way to the registry, /dev and /proc while a step runs."""
    mounted = []
    own_packages = os.environ.get("PIP_FIND_LINKS", "").split()
    for lent in ("/dev", "/proc", *OUTSIDE, *own_packages):
        if Path(lent).exists():
            mounted.append(bind(lent, root))
    try:
        yield
    finally:
        for place in reversed(mounted):
            run("umount", str(place))


def bind(path: str, root: Path) -> Path:
    """Show a file or folder of this machine at the same place below a root."""
    place = root / path.lstrip("/")
    if Path(path).is_dir():
        place.mkdir(parents=True, exist_ok=True)
    else:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    run("mount", "--bind", str(Path(path).resolve()), str(place))
    return place


async def serves(stage: Stage) -> None:
    """Run the image's command over a PostgreSQL, and look at it as a balancer does."""
    with tempfile.TemporaryDirectory(prefix="cc-db-") as data:
        async with embedded_postgres(Path(data) / "data") as url, forwarded(url) as database_url:
            key = run(sys.executable, "-m", "app", "keys", "new").strip()
            settings = {"CC_DATABASE_URL": database_url, "CC_ENCRYPTION_KEYS": key, "CC_SERVICE_TOKENS": "t" * 32}
            await asyncio.to_thread(look_at, stage, stage.environment | settings)


def look_at(stage: Stage, environment: dict[str, str]) -> None:
    """Start, ask /healthz and /readyz, run the health check of the image, try to write, end."""
    with closed_to_writing(stage.root):
        began = time.monotonic()
        within = ["chroot", f"--userspec={stage.user}", str(stage.root), "/bin/sh", "-ec"]
        start = f"cd {stage.folder}; exec {shlex.join(stage.command)}"
        with subprocess.Popen([*within, start], env=environment) as service:  # noqa: S603 - the image's command
            try:
                until_it_answers(service)
                say(f"/healthz and /readyz answered after {time.monotonic() - began:.1f} s")
                run(*within, f"cd {stage.folder}; exec {shlex.join(stage.health)}", env=environment)
                status = Path(f"/proc/{service.pid}/status").read_text()
                say("the HEALTHCHECK passes; runs as uid " + re.findall(r"Uid:\s+(\d+)", status)[0])
                run(*within, "! touch /x && ! touch /opt/venv/x && touch /tmp/x", env=environment)
                say("nothing can be written but /tmp")
            finally:
                service.terminate()
                say(f"SIGTERM: exit code {service.wait(STOP_SECONDS)}")


@contextmanager
def closed_to_writing(root: Path) -> Iterator[None]:
    """Make a root read-only, but for a small /tmp of its own, as compose.yaml and the manifests do."""
    run("mount", "--bind", str(root), str(root))
    mounted = [root]
    try:
        mounted += [bind(lent, root) for lent in ("/dev", "/proc")]
        run("mount", "-t", "tmpfs", "-o", "size=64m,mode=1777", "none", f"{root}/tmp")  # noqa: S108 - its own
        mounted.append(root / "tmp")
        run("mount", "-o", "remount,bind,ro", str(root))
        yield
    finally:
        for place in reversed(mounted):
            run("umount", str(place))


def until_it_answers(service: "subprocess.Popen[bytes]") -> None:
    """Wait for both probes."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    give_up = time.monotonic() + START_SECONDS
    for path in ("/healthz", "/readyz"):
        while True:
            if service.poll() is not None or time.monotonic() > give_up:
                raise SystemExit(f"try_image: {path} does not answer")
            try:
                direct.open(f"http://127.0.0.1:8000{path}", timeout=2).close()  # raises for a status from 400 up
                break
            except OSError:
                time.sleep(0.2)


@asynccontextmanager
async def forwarded(url: str) -> AsyncIterator[str]:
    """Lead a loopback port to the socket of PostgreSQL, which the root has not; yields the URL of the port."""
    folder = re.findall(r"host=([^&]+)", url)[0]

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_unix_connection(f"{folder}/.s.PGSQL.5432")
        await asyncio.gather(pour(reader, there[1]), pour(there[0], writer), return_exceptions=True)

    async with await asyncio.start_server(lead, "127.0.0.1", 0, family=socket.AF_INET) as server:
        port = server.sockets[0].getsockname()[1]
        yield f"postgresql://postgres@127.0.0.1:{port}/{url.partition('?')[0].rpartition('/')[2]}"


async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Copy until the end."""
    while piece := await reader.read(65_536):
        writer.write(piece)
        await writer.drain()
    writer.close()


def run(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a program; fails with what it said."""
    done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise SystemExit(f"try_image: {shlex.join(command)[:300]}\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def say(text: str) -> None:
    """Print one line at once, through a pipe too."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
