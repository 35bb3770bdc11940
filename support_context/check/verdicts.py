"""The judges of a check: which function decides which requirement, in one table."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial

from support_context.check import answer_rules, connection_rules, identifier_rules, refusal_rules
from support_context.check.connection_rules import Circumstances
from support_context.check.observing import Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, NotRun, NotYet, Requirement, Verdict, Waits, failed
from support_context.check.target import Target
from support_context.limits import LONGEST_URL_SHOWN
from support_context.plain_text import line

Judge = Callable[[Observed], Finding]
"""Decides one requirement; raises `NotRun` or `NotYet` where nothing was seen to decide it by."""

OnFinding = Callable[[Requirement, Finding], None]
"""Told of each requirement as soon as it is decided."""


def judge(observed: Observed, circumstances: Circumstances) -> dict[Requirement, Finding]:
    """Judge every requirement of a check on what was observed, and return the findings."""
    judging = Judging(circumstances)
    judging.see(observed)
    return judging.findings


class Judging:
    """Decides each requirement as soon as what it needs has been observed, and tells so."""

    def __init__(self, circumstances: Circumstances, on_finding: OnFinding = lambda requirement, finding: None) -> None:
        self._judges = _judges(circumstances)
        self._asked = asked(circumstances.target)
        self._on_finding = on_finding
        self._found: dict[Requirement, Finding] = {}
        self._waiting: set[Requirement] = set()

    @property
    def findings(self) -> dict[Requirement, Finding]:
        """Return what is decided, in the order of the report; what could not be judged waits for the first miss."""
        found = {requirement: self._found[requirement] for requirement in self._asked if requirement in self._found}
        first = next((each for each, finding in found.items() if finding.verdict is Verdict.FAIL), None)
        waiting = {each: replace(found[each], waits_for=first) for each in self._waiting}
        return {requirement: waiting.get(requirement, finding) for requirement, finding in found.items()}

    def see(self, observed: Observed) -> None:
        """Judge the requirements that can be judged by now."""
        for requirement in self._asked:
            if requirement not in self._found:
                with suppress(NotYet):
                    self._found[requirement] = finding = self._finding(requirement, observed)
                    self._on_finding(requirement, finding)

    def _finding(self, requirement: Requirement, observed: Observed) -> Finding:
        try:
            return self._judges[requirement](observed)
        except Waits as because:
            self._waiting.add(requirement)
            return Finding(Verdict.NOT_RUN, str(because))
        except NotRun as because:
            return Finding(Verdict.NOT_RUN, str(because))


def asked(target: Target) -> list[Requirement]:
    """Return the requirements that count for an endpoint: an address on file only where the configuration wants one."""
    return [each for each in Requirement if target.match_path or each is not Requirement.MATCH_PATH]


def not_https(target: Target) -> dict[Requirement, Finding]:
    """Return the findings for a URL of http://, to which nothing is sent: the token would travel in clear."""
    waiting = Finding(Verdict.NOT_RUN, "the URL does not begin with https://", waits_for=Requirement.HTTPS)
    to_do = f"Write {line(f'https{target.shown[4:]}', LONGEST_URL_SHOWN)} and serve the endpoint there over TLS."
    missed = failed("the URL begins with http://; nothing was sent to it", to_do)
    return dict.fromkeys(asked(target), waiting) | {Requirement.HTTPS: missed}


def _judges(circumstances: Circumstances) -> Mapping[Requirement, Judge]:
    return {
        Requirement.REACHABLE: connection_rules.reachable,
        Requirement.PUBLIC_ADDRESS: partial(connection_rules.public_address, circumstances=circumstances),
        Requirement.HTTPS: partial(connection_rules.https, circumstances=circumstances),
        Requirement.CERTIFICATE_EXPIRY: partial(connection_rules.certificate_expiry, circumstances=circumstances),
        Requirement.HTTP: connection_rules.http,
        Requirement.METHOD: partial(connection_rules.method, circumstances=circumstances),
        Requirement.NO_REDIRECT: connection_rules.no_redirect,
        Requirement.KNOWN_ID: answer_rules.known_id,
        Requirement.CONTENT_TYPE: answer_rules.content_type,
        Requirement.JSON_OBJECT: answer_rules.json_object,
        Requirement.SIZE: answer_rules.size,
        Requirement.TIME: connection_rules.time,
        Requirement.TOKEN_MISSING: partial(refusal_rules.token, kind=ProbeKind.NO_TOKEN),
        Requirement.TOKEN_WRONG: partial(refusal_rules.token, kind=ProbeKind.WRONG_TOKEN),
        Requirement.TOKEN_OTHER_LENGTH: partial(refusal_rules.token, kind=ProbeKind.OTHER_LENGTH),
        Requirement.TOKEN_LAST_CHARACTER: partial(refusal_rules.token, kind=ProbeKind.LAST_CHARACTER),
        Requirement.TOKEN_NOT_ASCII: partial(refusal_rules.token, kind=ProbeKind.NOT_ASCII),
        Requirement.UNKNOWN_ID: identifier_rules.unknown_id,
        Requirement.EMPTY_ID: identifier_rules.empty_id,
        Requirement.ODD_IDS: identifier_rules.odd_ids,
        Requirement.LONG_ID: identifier_rules.long_id,
        Requirement.OTHER_VERBS: refusal_rules.other_verbs,
        Requirement.LINKS: answer_rules.links,
        Requirement.NO_SECRETS: answer_rules.no_secrets,
        Requirement.AMOUNTS: answer_rules.amounts,
        Requirement.TIMES: answer_rules.times,
        Requirement.TYPE: answer_rules.kinds,
        Requirement.STABLE: answer_rules.stable,
        Requirement.MATCH_PATH: partial(answer_rules.match_path, pointer=circumstances.target.match_path),
    }
