"""Which judge decides which requirement: the whole check as one table."""

from collections.abc import Callable, Mapping
from functools import partial

from support_context.check import answers, connection, identifiers, refusals
from support_context.check.connection import Circumstances
from support_context.check.observing import Observed
from support_context.check.plan import Kind
from support_context.check.requirements import Finding, NotRun, Requirement, Verdict
from support_context.check.target import Target

Judge = Callable[[Observed], Finding]
"""Decides one requirement; raises `NotRun` where nothing was seen to decide it by."""


def judge(observed: Observed, circumstances: Circumstances) -> dict[Requirement, Finding]:
    """Decide every requirement that is asked for."""
    judges = _judges(circumstances)
    return {requirement: _found(judges[requirement], observed) for requirement in asked(circumstances.target)}


def asked(target: Target) -> list[Requirement]:
    """Return the requirements that count for an endpoint: an address on file only where the configuration wants one."""
    return [each for each in Requirement if target.match_path or each is not Requirement.MATCH_PATH]


def not_https(target: Target) -> dict[Requirement, Finding]:
    """Return the findings for a URL of http://, to which nothing is sent: the token would travel in clear."""
    findings = dict.fromkeys(asked(target), Finding(Verdict.NOT_RUN, "the URL does not begin with https://"))
    return findings | {Requirement.HTTPS: Finding(Verdict.FAIL, "the URL begins with http://; nothing was sent to it")}


def _judges(circumstances: Circumstances) -> Mapping[Requirement, Judge]:
    return {
        Requirement.REACHABLE: connection.reachable,
        Requirement.PUBLIC_ADDRESS: partial(connection.public_address, circumstances=circumstances),
        Requirement.HTTPS: connection.https,
        Requirement.CERTIFICATE_EXPIRY: partial(connection.certificate_expiry, circumstances=circumstances),
        Requirement.HTTP: connection.http,
        Requirement.METHOD: partial(connection.method, circumstances=circumstances),
        Requirement.NO_REDIRECT: connection.no_redirect,
        Requirement.KNOWN_ID: answers.known_id,
        Requirement.CONTENT_TYPE: answers.content_type,
        Requirement.JSON_OBJECT: answers.json_object,
        Requirement.SIZE: answers.size,
        Requirement.TIME: connection.time,
        Requirement.TOKEN_MISSING: partial(refusals.token, kind=Kind.NO_TOKEN),
        Requirement.TOKEN_WRONG: partial(refusals.token, kind=Kind.WRONG_TOKEN),
        Requirement.TOKEN_OTHER_LENGTH: partial(refusals.token, kind=Kind.OTHER_LENGTH),
        Requirement.TOKEN_LAST_CHARACTER: partial(refusals.token, kind=Kind.LAST_CHARACTER),
        Requirement.TOKEN_NOT_ASCII: partial(refusals.token, kind=Kind.NOT_ASCII),
        Requirement.UNKNOWN_ID: identifiers.unknown_id,
        Requirement.EMPTY_ID: identifiers.empty_id,
        Requirement.ODD_IDS: identifiers.odd_ids,
        Requirement.LONG_ID: identifiers.long_id,
        Requirement.OTHER_VERBS: refusals.other_verbs,
        Requirement.LINKS: answers.links,
        Requirement.NO_SECRETS: answers.no_secrets,
        Requirement.TYPE: answers.kinds,
        Requirement.STABLE: answers.stable,
        Requirement.MATCH_PATH: partial(answers.match_path, pointer=circumstances.target.match_path),
    }


def _found(decide: Judge, observed: Observed) -> Finding:
    try:
        return decide(observed)
    except NotRun as because:
        return Finding(Verdict.NOT_RUN, str(because))
