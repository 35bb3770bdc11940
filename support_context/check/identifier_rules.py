"""Requirements on the answers to ids that nobody has: unknown, empty, odd, long."""

from support_context.check.leaks import leak_in
from support_context.check.observing import Observation, Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, Waits, failed, passed, warned
from support_context.failures import Failure

INHERITED = tuple(f'the id "{name}"' for name in ("__proto__", "constructor", "null"))
"""Ids that a lookup in a plain object finds although nobody has them."""

_INHERITED = (
    "The id is looked up in a plain object, which has members of its own under such names: use a Map, a prototype-less "
    "object or a database query, and answer 200 with {}."
)

CLIENTS_MISTAKE = range(400, 500)


def unknown_id(observed: Observed) -> Finding:
    """Judge the answer to an id of the right form that nobody has."""
    (call,) = _calls(observed, ProbeKind.UNKNOWN)
    if call.facts is None:
        return failed(call.said)
    return passed(call.knows_nobody) if call.facts.empty else failed("HTTP 200 with data")


def empty_id(observed: Observed) -> Finding:
    """Judge the answer to no id."""
    (call,) = _calls(observed, ProbeKind.EMPTY)
    return _unclean(call) or passed(_said(call))


def odd_ids(observed: Observed) -> Finding:
    """Judge the answers to ids with odd characters; a refusal is fine for those that the service never sends."""
    calls = _calls(observed, ProbeKind.ODD, ProbeKind.ODDER)
    return _worst(calls) or passed(f"{len(calls)} ids answered cleanly")


def long_id(observed: Observed) -> Finding:
    """Judge the answer to the longest id that the service sends."""
    calls = _calls(observed, ProbeKind.LONG)
    return _worst(calls) or passed(_said(calls[0]))


def _calls(observed: Observed, *kinds: ProbeKind) -> tuple[Observation, ...]:
    """Return the calls; raises `NotRun` where they only show what is wrong with every answer."""
    calls, fault = observed.of_admitted(*kinds), observed.first.failure
    if fault not in (None, Failure.HTTP_STATUS) and any(call.failure is fault for call in calls):
        raise Waits(f"the answer to the known id has to be mended first: {observed.first.said}")
    return calls


def _worst(calls: tuple[Observation, ...]) -> Finding | None:
    unclean = [finding for call in calls if (finding := _unclean(call))]
    if unclean:
        return unclean[0]
    refused = [call for call in calls if call.kind is not ProbeKind.ODDER and call.http_status in CLIENTS_MISTAKE]
    if refused:
        return warned(
            f"{refused[0].what}: HTTP {refused[0].http_status}; an agent would see an error, not an unknown id"
        )
    return None


def _unclean(call: Observation) -> Finding | None:
    leak = leak_in(call.response.body) if call.response else None
    if leak:
        return failed(f"{call.what}: HTTP {call.http_status} with {leak}")
    if call.facts is not None:
        found = f"{call.what}: HTTP {call.http_status} with data"
        return None if call.facts.empty else failed(found, _INHERITED if call.what in INHERITED else "")
    if call.failure is Failure.HTTP_STATUS and call.http_status in CLIENTS_MISTAKE:
        return None
    return failed(f"{call.what}: {call.said}")


def _said(call: Observation) -> str:
    return call.knows_nobody or f"HTTP {call.http_status}"
