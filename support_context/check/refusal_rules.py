"""Requirements on refusals: callers without the token, and methods that change things."""

from support_context.check.observing import Observation, Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, failed, passed, warned

UNAUTHORIZED = 401

REFUSING_STATUSES = (*range(400, 500), 501)
"""Any status of the client's mistake, and "not implemented": nothing was done."""

TELLING_CHARACTERS = 8
"""Characters of a value of the known id that give it away in a refusal; shorter ones stand in many texts."""


def token(observed: Observed, kind: ProbeKind) -> Finding:
    """Judge the answers to calls with one kind of wrong token, or none."""
    calls = observed.of_admitted(kind)
    findings = [_refusal(observed, call) for call in calls]
    return max(findings, key=lambda finding: ("pass", "warn", "fail").index(finding.verdict))


def other_verbs(observed: Observed) -> Finding:
    """Judge the answers to methods that change things."""
    calls = observed.of_admitted(ProbeKind.OTHER_VERB)
    taken = [call for call in calls if call.http_status not in REFUSING_STATUSES]
    if taken:
        return failed(", ".join(f"{call.what}: {_status(call)}" for call in taken))
    return passed(", ".join(f"{call.what}: {_status(call)}" for call in calls))


def _refusal(observed: Observed, call: Observation) -> Finding:
    which = f"{call.what}: {_status(call)}"
    if call.http_status not in range(400, 500):
        return failed(which)
    if _gives_away(observed, call):
        return failed(f"{which}, but with the customer's data")
    if call.http_status != UNAUTHORIZED:
        return warned(f"{which}: refused, but not with 401")
    return passed(which)


def _gives_away(observed: Observed, call: Observation) -> bool:
    known = observed.of(ProbeKind.KNOWN)[0].facts
    if known is None or call.response is None:
        return False
    body = call.response.body
    return any(
        value.encode("utf-8", "replace") in body
        for _, value in known.leaves()
        if isinstance(value, str) and len(value) >= TELLING_CHARACTERS
    )


def _status(call: Observation) -> str:
    return f"HTTP {call.http_status}" if call.http_status else call.said
