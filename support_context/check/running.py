"""Runs the check of an endpoint over the guarded fetch."""

from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from support_context.check.connection_rules import Circumstances
from support_context.check.observing import OnStep, observe
from support_context.check.plan import plan
from support_context.check.report import Report, report_of
from support_context.check.target import PRIVATE_NETWORKS, Target
from support_context.check.verdicts import Judging, OnFinding, not_https
from support_context.egress import CA_FILE, Egress, InvalidEgress, pem_file, read_egress
from support_context.fetch.network import tls_context
from support_context.fetch.probe import ProbedEndpoint
from support_context.secrets import Secret


def egress_of(environment: dict[str, str], allow_private: bool, ca_file: Path | None) -> Egress:
    """Return the environment's way out, with what the options open beside it; raises `InvalidEgress`."""
    egress = read_egress(environment)
    if ca_file is not None:
        try:
            egress = replace(egress, ca_file=pem_file(str(ca_file)))
        except ValueError as problem:
            raise InvalidEgress(f"--ca-file: {problem}") from None
    return replace(egress, allowed=egress.allowed + (PRIVATE_NETWORKS if allow_private else ()))


async def check_endpoint(
    target: Target,
    token: Secret,
    egress: Egress,
    *,
    opened_by_option: bool = False,
    on_step: OnStep = lambda done, total, what: None,
    on_finding: OnFinding = lambda requirement, finding: None,
) -> Report:
    """Check one endpoint; raises `InvalidEgress` where the CA file cannot be read, and nothing else.

    `on_step` is told before each request, `on_finding` of each requirement as soon as it is decided.
    """
    if target.is_plain_http:
        findings = not_https(target)
        for requirement, finding in findings.items():
            on_finding(requirement, finding)
        return report_of(target, findings, None)
    try:
        tls = tls_context(egress.ca_file)
    except ValueError as problem:
        raise InvalidEgress(f"{CA_FILE}: {problem}") from None
    async with aclosing(ProbedEndpoint(tls, egress.allowed)) as endpoint:
        now, own_ca = datetime.now(UTC), egress.ca_file is not None
        judging = Judging(Circumstances(target, egress.allowed, opened_by_option, now, own_ca), on_finding)
        observed = await observe(endpoint, plan(target, token), token, on_step, judging.see)
    return report_of(target, judging.findings, observed)
