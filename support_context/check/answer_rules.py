"""Requirements on the answer to a known id: status, type, form, size, links, secrets, kinds, stability."""

import re

from support_context.check.connection_rules import BY_TOKEN_ALONE, NOT_TAKEN
from support_context.check.numbers import bare_amounts, unix_times
from support_context.check.observing import Observation, Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, NotRun, Waits, failed, passed, warned
from support_context.check.secret_shapes import secrets_in
from support_context.email_addresses import address_in
from support_context.facts import MISSING, Facts, Json
from support_context.failures import Failure
from support_context.limits import BODY_BYTES, MOST_LINKS
from support_context.plain_text import line

COMFORTABLE_BYTES = 49_152
"""48 KB: above it, one more order in a list may carry the answer over the limit of 64 KB."""

SHOWN_CHARACTERS = 120
"""Characters shown of a text that the endpoint chose."""

MOST_PLACES = 5
"""Places of an answer that are named; whoever mends one sees the others."""

ADDRESSES = "email addresses there: "

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _.-]{0,39}")


def known_id(observed: Observed) -> Finding:
    """Judge whether each known id gives data."""
    known = (observed.of(ProbeKind.KNOWN)[0], *observed.of(ProbeKind.ANOTHER_KNOWN))
    for number, each in enumerate(known, start=1):
        which = f"id {number} of {len(known)}: " if len(known) > 1 else ""
        if each.http_status in NOT_TAKEN:
            raise Waits(f"{which}{each.said}")
        if each.failure is Failure.HTTP_STATUS:
            return failed(f"{which}{each.said}", _admit(each))
        if each.knows_nobody:
            return failed(f"{which}{each.knows_nobody}, as for an id that nobody has")
        if each.facts is None:
            raise Waits(f"{which}{each.said}")
    return passed("HTTP 200 with data" if len(known) == 1 else f"HTTP 200 with data for each of {len(known)} ids")


def content_type(observed: Observed) -> Finding:
    """Judge the declared type."""
    first = _answer(observed, Failure.REDIRECT, Failure.HTTP_STATUS)
    declared = line(first.response.content_type, SHOWN_CHARACTERS) if first.response else ""
    if first.failure is Failure.NOT_JSON:
        return failed(f"{first.said}: {declared or 'nothing declared'}", _admit(first))
    return passed(declared or "JSON")


def json_object(observed: Observed) -> Finding:
    """Judge the form of the body."""
    first = observed.of(ProbeKind.KNOWN)[0]
    if first.failure in (Failure.INVALID_JSON, Failure.NOT_OBJECT):
        return failed(first.said)
    fields = len(observed.facts().value)
    return passed(f"an object with {fields} field{'' if fields == 1 else 's'}")


def size(observed: Observed) -> Finding:
    """Judge the bytes of the largest body."""
    answers = observed.of(ProbeKind.KNOWN, ProbeKind.ANOTHER_KNOWN)
    if any(each.failure is Failure.TOO_LARGE for each in answers):
        return failed(f"more than {BODY_BYTES:,} bytes")
    observed.facts()
    largest = max(len(each.response.body) for each in answers if each.response)
    seen = f"{largest:,} of {BODY_BYTES:,} bytes"
    return warned(seen) if largest > COMFORTABLE_BYTES else passed(seen)


def links(observed: Observed) -> Finding:
    """Judge the links of every known id, each by the rule that decides whether an agent sees it."""
    offered = 0
    for facts in _all_facts(observed):
        found = facts.value.get("links")
        if found is None and "links" not in facts.value:
            continue
        if not isinstance(found, list):
            return failed("/links is not an array")
        dropped = [f"{place} ({why})" for place, why in facts.dropped_links()]
        if len(found) > MOST_LINKS and len(dropped) == len(found) - MOST_LINKS:
            return failed(f"{len(found)} links; only the first {MOST_LINKS} are shown")
        if dropped:
            return failed(f"not shown: {_listed(dropped)}")
        offered += len(found)
    return passed(f"{offered} well-formed" if offered else "none offered")


def no_secrets(observed: Observed) -> Finding:
    """Judge the data of every known id, and whether any answer sends the token back; no value is repeated."""
    found = [place for facts in _all_facts(observed) for place in secrets_in(facts)]
    echoes = [each.what for each in observed.of(*ProbeKind) if each.echoed_token]
    if echoes:
        found.append(f"the bearer token is sent back (asked with {echoes[0]})")
    if found:
        return failed(_listed(list(dict.fromkeys(found))))
    return passed("nothing with the name or the shape of a password, token, key or card number")


def amounts(observed: Observed) -> Finding:
    """Judge whether an amount of money could be taken for a hundred times as much."""
    found = [place for facts in _all_facts(observed) for place in bare_amounts(facts)]
    if found:
        return warned(f"whole numbers that may count cents: {_listed(list(dict.fromkeys(found)))}")
    return passed("no whole number that may count cents")


def times(observed: Observed) -> Finding:
    """Judge whether a time is a number that nobody can read."""
    found = [place for facts in _all_facts(observed) for place in unix_times(facts)]
    if found:
        return warned(f"seconds or milliseconds since 1970: {_listed(list(dict.fromkeys(found)))}")
    return passed("no time that is a bare number")


def kinds(observed: Observed) -> Finding:
    """Judge whether instructions could tell the kinds of ids apart."""
    answers = _all_facts(observed)
    if len(answers) == 1:
        raise NotRun("give a second id of another kind to see it")
    if len({frozenset(facts.value) for facts in answers}) == 1:
        return passed("all ids give the same fields, so no type is needed")
    types = [facts.value.get("type") for facts in answers]
    without = [f"id {number}" for number, each in enumerate(types, start=1) if not isinstance(each, str) or not each]
    if without:
        return warned(f"the ids give different fields, and there is no text in /type for {_listed(without)}")
    return passed(", ".join(dict.fromkeys(_name(each) for each in types)))


def match_path(observed: Observed, pointer: str) -> Finding:
    """Judge whether a sender could be compared with what is on file for each known id; no address is repeated."""
    observed.facts()
    known = (observed.of(ProbeKind.KNOWN)[0], *observed.of(ProbeKind.ANOTHER_KNOWN))
    seen = [_at_pointer(each, pointer) for each in known]
    text = seen[0] if len(seen) == 1 else "; ".join(f"id {number}: {each}" for number, each in enumerate(seen, start=1))
    good = [each.startswith(ADDRESSES) for each in seen]
    return passed(text) if all(good) else warned(text) if any(good) else failed(text)


def stable(observed: Observed) -> Finding:
    """Judge whether the five calls of one id agree."""
    calls, facts = observed.of(ProbeKind.KNOWN), observed.facts()
    broken = [each for each in calls if each.facts is None]
    if broken:
        return failed(f"{len(broken)} of {len(calls)} calls failed: {broken[0].said}")
    changed = [place for each in calls if each.facts for place in _differences("", facts.value, each.facts.value)]
    if changed:
        return failed(f"changes from call to call: {_listed(list(dict.fromkeys(changed)))}")
    return passed(f"{len(calls)} calls agree")


def _admit(refused: Observation) -> str:
    """Say how to mend the refusal of a known id, as far as more is known than that it was refused."""
    if refused.is_page:
        return BY_TOKEN_ALONE
    if refused.http_status in (401, 403):
        return (
            "Compare the token given here with the one that the endpoint keeps: another environment's, a line break at "
            "the end of one of them, the word Bearer within."
        )
    return ""


def _at_pointer(exchange: Observation, pointer: str) -> str:
    value = exchange.facts.at(pointer) if exchange.facts else MISSING
    texts = [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str) and each]
    if not texts:
        return "nothing there" if value is MISSING else "no text there"
    addresses = [text for text in texts if address_in(text) == text]
    return f"{ADDRESSES}{len(addresses)}" if addresses else "a text there, but no email address"


def _answer(observed: Observed, *refused: Failure) -> Observation:
    first = observed.of(ProbeKind.KNOWN)[0]
    if first.failure in refused:
        raise Waits(f"the known id gave no data: {first.said_in_short}")
    return first


def _all_facts(observed: Observed) -> list[Facts]:
    observed.facts()
    return [
        each.facts
        for each in (observed.of(ProbeKind.KNOWN)[0], *observed.of(ProbeKind.ANOTHER_KNOWN))
        if each.facts and not each.facts.empty
    ] or [observed.facts()]


def _differences(pointer: str, one: Json, other: Json) -> list[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        return [
            place
            for key in {**one, **other}
            for place in (
                _differences(f"{pointer}/{key}", one[key], other[key])
                if key in one and key in other
                else [f"{pointer}/{key}"]
            )
        ]
    return [] if one == other else [pointer]


def _listed(places: list[str]) -> str:
    shown = ", ".join(line(place, SHOWN_CHARACTERS) for place in places[:MOST_PLACES])
    more = len(places) - MOST_PLACES
    return f"{shown} and {more} more" if more > 0 else shown


def _name(text: Json) -> str:
    return text if isinstance(text, str) and _NAME.fullmatch(text) else "(a text)"
