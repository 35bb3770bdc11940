"""Drives the four replicas that `run` has started: tickets of two groups, a killed replica, a lost database.

.venv/bin/python examples/replicas/drive.py .data/replicas
"""

import asyncio
import os
import re
import signal
import sys
import uuid
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import monotonic

import httpx

BALANCER = "http://127.0.0.1:8080"
PROJECTS = {"prj_east": "a", "prj_west": "a", "prj_north": "b", "prj_south": "b"}
"""The projects, and the group that projects.map gives each."""

TICKETS, AT_ONCE = 200, 20


async def main(data: Path) -> None:
    """Print what each phase did, by group."""
    token = read(data / "environment", r"CC_SERVICE_TOKENS=(\S+)")
    endpoint = read(data / "mock.txt", r"URL:\s+(\S+)"), read(data / "mock.txt", r"Token:\s+(\S+)")
    headers = {"Authorization": f"Bearer {token}", "X-Actor-Id": "u1"}
    async with httpx.AsyncClient(base_url=BALANCER, headers=headers, timeout=60, trust_env=False) as client:
        for project_id in PROJECTS:
            await set_up(client, project_id, *endpoint)
        await where_they_are(headers)
        await phase(client, "all is well")
        replica = int(read(data / "replica2.pid", r"(\d+)"))
        await phase(client, "a replica of group a is killed", lambda: os.kill(replica, signal.SIGKILL))
        postmaster = data / "b" / "postgres" / "data" / "postmaster.pid"
        if postmaster.exists():  # the embedded one, which nobody starts again while its replicas live
            await phase(
                client,
                "the database of group b is stopped",
                lambda: os.kill(int(read(postmaster, r"(\d+)")), signal.SIGINT),
            )


async def set_up(client: httpx.AsyncClient, project_id: str, url: str, token: str) -> None:
    """Put a project and its configuration; the path says whose it is, so no header is needed."""
    project = {"plan": "business", "owner_ids": ["u1"], "monthly_ai_credits": 1_000_000}
    (await client.put(f"/projects/{project_id}", json=project)).raise_for_status()
    configuration = {
        "api_url": url,
        "bearer_token": token,
        "identify_instructions": "The account ID looks like acct_ and four digits.",
        "display_instructions": "Show plan, status and seats.",
        "enabled": True,
    }
    (await client.put(f"/projects/{project_id}/customer-context", json=configuration)).raise_for_status()


async def where_they_are(headers: dict[str, str]) -> None:
    """Ask a replica of each group, past the balancer, which projects its database holds."""
    for group, port in (("a", 8001), ("b", 8003)):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as replica:
            listed = (await replica.get("/projects")).raise_for_status().json()["projects"]
        print(f"database {group} holds {', '.join(sorted(each['project_id'] for each in listed))}")


async def phase(client: httpx.AsyncClient, name: str, event: Callable[[], None] = lambda: None) -> None:
    """Enrich tickets of every project; after a quarter of them, let something happen. Print what came of it."""
    ends: dict[str, Counter[str]] = {"a": Counter(), "b": Counter()}
    seconds: dict[str, list[float]] = {"a": [], "b": []}
    line, started = asyncio.Semaphore(AT_ONCE), 0

    async def ticket(project_id: str) -> None:
        nonlocal started
        async with line:
            started += 1
            if started == TICKETS // 4:
                event()
            before = monotonic()
            # The project stands in the body, which the balancer does not read: the header tells it.
            answer = await client.post(
                f"/tickets/t_{uuid.uuid4().hex}/enrich",
                json={"project_id": project_id, "subject": "Seats", "body": "Account ID: acct_1001"},
                headers={"X-Project-Id": project_id},
            )
            said = answer.json()
            ends[PROJECTS[project_id]][said["status"] if answer.is_success else said["code"]] += 1
            seconds[PROJECTS[project_id]].append(monotonic() - before)

    names = list(PROJECTS)
    await asyncio.gather(*(ticket(names[number % len(names)]) for number in range(TICKETS)))
    for group, counted in ends.items():
        told = ", ".join(f"{end} {number}" for end, number in counted.most_common())
        print(f"{name}; group {group}: {told}; half of them within {median(seconds[group]):.2f} s")


def read(file: Path, pattern: str) -> str:
    """Return what a file of `run` says."""
    found = re.search(pattern, file.read_text())
    if found is None:
        raise SystemExit(f"{file}: nothing found; has examples/replicas/run started?")
    return found[1]


asyncio.run(main(Path(sys.argv[1])))
