"""Runs the check of an owner's endpoint over the guarded fetch; it needs nothing else of the service."""

from datetime import UTC, datetime
from pathlib import Path

from app.settings import EgressSettings, InvalidSettings, load_egress_settings
from app.wiring.customer_endpoint import probed_endpoint
from support_context.check.connection import Circumstances
from support_context.check.judging import judge, not_https
from support_context.check.observing import OnStep, observe
from support_context.check.plan import plan
from support_context.check.report import Report, report_of
from support_context.check.target import PRIVATE_NETWORKS, Target
from support_context.secrets import Secret


def egress_settings(allow_private: bool, ca_file: Path | None) -> EgressSettings:
    """Return the environment's way out, with what the options open beside it; raises `InvalidSettings`."""
    settings = load_egress_settings()
    if ca_file is not None and not ca_file.is_file():
        raise InvalidSettings("--ca-file: no such file; name a PEM file")
    opened = settings.egress_allowed_cidrs + (PRIVATE_NETWORKS if allow_private else ())
    return settings.model_copy(
        update={"egress_allowed_cidrs": opened, "egress_ca_file": ca_file or settings.egress_ca_file}
    )


async def check_endpoint(
    target: Target,
    token: Secret,
    settings: EgressSettings,
    *,
    opened_by_option: bool = False,
    on_step: OnStep = lambda done, total, what: None,
) -> Report:
    """Check one endpoint; raises `InvalidSettings` where the CA file cannot be read, and nothing else."""
    if target.is_plain_http:
        return report_of(target, not_https(target), None)
    async with probed_endpoint(settings) as endpoint:
        observed = await observe(endpoint, plan(target, token), token, on_step)
    circumstances = Circumstances(target, settings.egress_allowed_cidrs, opened_by_option, datetime.now(UTC))
    return report_of(target, judge(observed, circumstances), observed)
