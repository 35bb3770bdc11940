"""The report of a check, for programs: as JSON, and as JUnit XML for CI."""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from support_context.check.connection_rules import percentiles
from support_context.check.observing import Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, Requirement, Verdict
from support_context.check.target import Target

SUITE = "customer-context"
"""Name of the test suite in JUnit's XML."""


@dataclass(frozen=True, slots=True)
class Report:
    """The report of a check: its target, and the finding of each requirement."""

    target: Target
    findings: dict[Requirement, Finding]
    call_seconds: tuple[float, ...] = ()

    @property
    def passed(self) -> bool:
        """Tell whether no requirement failed; warnings are no failures."""
        return all(finding.verdict is not Verdict.FAIL for finding in self.findings.values())

    @property
    def headline(self) -> str:
        """Return the headline of the report: how many requirements passed, failed, or were not run."""
        counts = Counter(finding.verdict for finding in self.findings.values())
        said = "The endpoint keeps to the contract" if self.passed else "The endpoint does not keep to the contract yet"
        numbers = ", ".join(f"{counts[verdict]} {verdict.replace('_', ' ')}" for verdict in Verdict if counts[verdict])
        return f"{said}: {numbers}."


def waiting_for(report: Report, requirement: Requirement) -> int:
    """Count the requirements that cannot be judged before this one is met."""
    return sum(finding.waits_for is requirement for finding in report.findings.values())


def report_of(target: Target, findings: dict[Requirement, Finding], observed: Observed | None) -> Report:
    """Make the report of a check; `observed` is None where nothing was sent."""
    calls = observed.exchanges if observed else ()
    return Report(target, findings, tuple(each.seconds for each in calls if each.kind is ProbeKind.KNOWN))


def mend(requirement: Requirement, finding: Finding) -> str:
    """Return the advice to mend a requirement, `""` where nothing is to be mended."""
    return (finding.mend or requirement.mend) if finding.verdict in (Verdict.FAIL, Verdict.WARN) else ""


def as_json(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_document(report), indent=2, ensure_ascii=False)


def as_document(report: Report) -> dict[str, Any]:
    """Return the report as a JSON object; its keys and the ids of the requirements stay as they are."""
    counts = Counter(finding.verdict for finding in report.findings.values())
    return {
        "url": report.target.shown,
        "method": report.target.method,
        "passed": report.passed,
        "headline": report.headline,
        "counts": {verdict.value: counts[verdict] for verdict in Verdict},
        "timings_ms": _timings(report.call_seconds),
        "requirements": [finding_document(requirement, finding) for requirement, finding in report.findings.items()],
    }


def finding_document(requirement: Requirement, finding: Finding) -> dict[str, Any]:
    """Return a requirement's finding as a JSON object."""
    return {
        "id": requirement.id,
        "title": requirement.title,
        "verdict": finding.verdict.value,
        "seen": finding.seen,
        "mend": mend(requirement, finding),
        "waits_for": finding.waits_for.id if finding.waits_for else None,
    }


def as_junit(report: Report) -> str:
    """Return the report as JUnit XML: one test case for each requirement, skipped where it was not run."""
    counts = Counter(finding.verdict for finding in report.findings.values())
    numbers = {
        "tests": str(len(report.findings)),
        "failures": str(counts[Verdict.FAIL]),
        "errors": "0",
        "skipped": str(counts[Verdict.NOT_RUN]),
    }
    suites = ElementTree.Element("testsuites", numbers)
    suite = ElementTree.SubElement(suites, "testsuite", {"name": SUITE, **numbers, "time": "0"})
    for requirement, finding in report.findings.items():
        named = {"classname": SUITE, "name": requirement.id, "time": "0"}
        case = ElementTree.SubElement(suite, "testcase", named)
        text = _in_words(requirement, finding)
        if finding.verdict is Verdict.FAIL:
            ElementTree.SubElement(case, "failure", {"message": finding.seen}).text = text
        elif finding.verdict is Verdict.NOT_RUN:
            ElementTree.SubElement(case, "skipped", {"message": finding.seen})
        else:
            ElementTree.SubElement(case, "system-out").text = text
    ElementTree.indent(suites)
    return ElementTree.tostring(suites, encoding="unicode", xml_declaration=True) + "\n"


def _in_words(requirement: Requirement, finding: Finding) -> str:
    lines = [f"{finding.verdict.value}: {requirement.title}", f"seen: {finding.seen}"]
    to_do = mend(requirement, finding)
    return "\n".join([*lines, f"to mend: {to_do}"] if to_do else lines)


def _timings(seconds: tuple[float, ...]) -> dict[str, Any]:
    if not seconds:
        return {}
    p50, p95 = percentiles(list(seconds))
    return {"p50": _ms(p50), "p95": _ms(p95), "calls": [_ms(each) for each in seconds]}


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
