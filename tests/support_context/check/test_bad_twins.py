"""Each way of being bad, on real TLS: the check finds it, calls it by its requirement, and finds nothing else."""

import asyncio
import importlib.util
import re
import ssl
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from app.demo.hosting import hosted
from app.demo.records import open_records
from support_context.check.connection_rules import Circumstances
from support_context.check.observing import observe
from support_context.check.plan import plan
from support_context.check.requirements import Finding, Requirement, Verdict
from support_context.check.running import check_endpoint
from support_context.check.target import Target
from support_context.check.verdicts import judge
from support_context.egress import Egress
from support_context.fetch.network import tls_context
from support_context.fetch.probe import ProbedEndpoint
from support_context.secrets import Secret
from tests.support_context.check.conftest import TOKEN

SCRIPT = Path(__file__).parents[3] / "examples" / "bad_endpoint.py"
SPEC = importlib.util.spec_from_file_location("bad_endpoint", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
bad_endpoint: Any = importlib.util.module_from_spec(SPEC)
sys.modules["bad_endpoint"] = bad_endpoint  # its dataclasses look themselves up
SPEC.loader.exec_module(bad_endpoint)

LOOPBACK = (ip_network("127.0.0.0/8"),)

OF_ITS_OWN = ("https", "certificate_expiry", "reachable", "public_address", "time", "time_tight")
"""Twins that need a server, a certificate or a deadline of their own."""


@dataclass(frozen=True)
class Row:
    """Every twin but a few, served side by side by one server."""

    origin: str
    ca_file: Path
    tls: ssl.SSLContext


@pytest.fixture(scope="module")
def row(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Row]:
    ca_file = tmp_path_factory.mktemp("twins") / "ca.pem"
    with closing(open_records()) as records:
        routes = [
            bad_endpoint.route(replace(bad_endpoint.broken(name, records, TOKEN), seconds=0.0), f"/{name}")
            for name in bad_endpoint.BAD
        ]
        routes.append(bad_endpoint.route(bad_endpoint.good(records, TOKEN), "/nothing"))
        slow = replace(bad_endpoint.good(records, TOKEN), seconds=0.5)
        routes.append(bad_endpoint.route(slow, "/slow"))
        with hosted(Starlette(routes=routes), ca_file) as origin:
            yield Row(origin, ca_file, tls_context(ca_file))


async def findings(
    url: str, tls: ssl.SSLContext, allowed: tuple[Any, ...] = LOOPBACK, seconds: float = 5.0
) -> dict[Requirement, Finding]:
    # Most know no address; that is asked for only where it is what the twin is about.
    pointer = "/email" if "/match_path" in url else ""
    target, token = Target(url, tuple(bad_endpoint.IDS), match_path=pointer), Secret(TOKEN)
    endpoint = ProbedEndpoint(tls, allowed, seconds=seconds)
    try:
        observed = await observe(endpoint, plan(target, token), token)
    finally:
        await endpoint.aclose()
    return judge(observed, Circumstances(target, allowed, opened_by_option=False, now=datetime.now(UTC)))


def wrong(found: dict[Requirement, Finding]) -> dict[str, str]:
    return {
        requirement.id: finding.verdict.value
        for requirement, finding in found.items()
        if finding.verdict in (Verdict.FAIL, Verdict.WARN)
    }


def test_every_requirement_has_a_twin_that_misses_it() -> None:
    assert {bad.misses for bad in bad_endpoint.BAD.values()} == {requirement.id for requirement in Requirement}


async def test_nothing_is_found_when_nothing_is_broken(row: Row) -> None:
    found = await findings(f"{row.origin}/nothing", row.tls)

    assert {finding.verdict for finding in found.values()} == {Verdict.PASS}


@pytest.mark.parametrize("name", [name for name in bad_endpoint.BAD if name not in OF_ITS_OWN])
async def test_twin_is_found_by_its_requirement_and_by_no_other(row: Row, name: str) -> None:
    bad = bad_endpoint.BAD[name]
    found = await findings(f"{row.origin}/{name}", row.tls)

    assert wrong(found).pop(bad.misses, None) == bad.verdict, found
    assert set(wrong(found)) == {bad.misses, *bad.also}
    shown = "\n".join(finding.seen for finding in found.values())
    print(f"{name}: {found[Requirement[bad.misses.upper()]].seen}")  # noqa: T201 - to be read with -rP
    assert not [secret for secret in (TOKEN, bad_endpoint.BCRYPT, "Northwind") if secret in shown]
    assert not re.search(r"\b4111(?!\d\b)", shown)  # of the card's number; 41,110 to 41,119 are ports of addresses


@pytest.mark.parametrize(
    ("name", "seen", "mend"),
    [
        ("odd_ids_prototype", 'the id "constructor": HTTP 200 with data', "use a Map"),
        ("odd_ids", "with data", "as a parameter"),
        ("known_id_login", "a web page that looks like a login, titled “Sign in”", "Let this URL through"),
        (
            "no_redirect",
            "HTTP 308 to another path of the same host, https://127.0.0.1:",
            "Configure the URL that it leads",
        ),
        ("links", "/links/0 (not an absolute http(s) URL)", "absolute URLs"),
        ("amounts", "/amount", "588.00 USD"),
        ("times", "/renews_at", "ISO 8601"),
    ],
)
async def test_twin_is_told_what_was_seen_and_how_to_mend_it(row: Row, name: str, seen: str, mend: str) -> None:
    found = await findings(f"{row.origin}/{name}", row.tls)
    requirement = Requirement[bad_endpoint.BAD[name].misses.upper()]

    assert seen in found[requirement].seen
    assert mend in (found[requirement].mend or requirement.mend)


async def test_each_requirement_is_told_once_as_soon_as_it_is_decided(row: Row) -> None:
    told: list[tuple[str, Finding]] = []
    told_before: list[int] = []

    def step(done: int, total: int, what: str) -> None:
        assert done == len(told_before) < total
        told_before.append(len(told))

    target, egress = Target(f"{row.origin}/nothing", tuple(bad_endpoint.IDS)), Egress(LOOPBACK, row.ca_file)
    report = await check_endpoint(
        target, Secret(TOKEN), egress, on_step=step, on_finding=lambda each, finding: told.append((each.id, finding))
    )

    assert dict(told) == {requirement.id: finding for requirement, finding in report.findings.items()}
    assert len(told) == len(report.findings)
    assert 0 < told_before[1] < told_before[10] < told_before[20] < len(told)  # one after the other, not all at the end


@pytest.mark.parametrize("name", ["https", "certificate_expiry"])
async def test_twin_with_a_bad_certificate_is_found(name: str, tmp_path: Path) -> None:
    with closing(open_records()) as records:
        parts = bad_endpoint.broken(name, records, TOKEN)
        application = bad_endpoint.application(parts)
        with hosted(application, tmp_path / "ca.pem", certificate_ends=parts.certificate_ends) as origin:
            found = await findings(origin + bad_endpoint.PATH, tls_context(tmp_path / "ca.pem"))

    assert wrong(found) == {name: bad_endpoint.BAD[name].verdict}


async def test_private_address_is_found(row: Row) -> None:
    found = await findings(f"{row.origin}/nothing", row.tls, allowed=())

    assert wrong(found) == {"public_address": "fail"}


async def test_closed_port_is_found(row: Row) -> None:
    found = await findings("https://127.0.0.1:1024/", row.tls)

    assert wrong(found) == {"reachable": "fail"}
    assert found[Requirement.LINKS].seen == "the endpoint could not be called: the connection was refused"


async def test_endpoint_that_is_too_slow_is_found_and_asked_once_only(row: Row) -> None:
    started = asyncio.get_running_loop().time()
    found = await findings(f"{row.origin}/slow", row.tls, seconds=0.2)

    assert wrong(found) == {"time": "fail"}
    for met in (Requirement.REACHABLE, Requirement.PUBLIC_ADDRESS, Requirement.HTTPS):  # it was connected
        assert found[met].verdict is Verdict.PASS
    assert found[Requirement.LINKS].waits_for is Requirement.TIME
    assert asyncio.get_running_loop().time() - started < 2.0
