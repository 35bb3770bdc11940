"""One pytest item for each requirement; the endpoint is called once, by the first of them that runs."""

import asyncio
import os
import warnings
from pathlib import Path
from typing import Any

import pytest

from support_context.check.report import Report, mend
from support_context.check.requirements import Requirement, Verdict
from support_context.check.running import check_endpoint, egress_of
from support_context.check.target import BadTarget, Target, read_token
from support_context.check.verdicts import asked
from support_context.egress import Egress, InvalidEgress
from support_context.identifiers import NOBODY
from support_context.pytest_plugin import value_of
from support_context.secrets import Secret

DEFAULT_TOKEN_VARIABLE = "ENDPOINT_TOKEN"  # noqa: S105 - the name of a variable

NODE = "customer-context"
"""How the ids of the items begin: `customer-context::token_missing`."""


class CustomerContextWarning(UserWarning):
    """A warning: the requirement is met, but not for long."""


class Missed(Exception):
    """A requirement is not met; the text says what was seen and how to mend it."""


class Check:
    """The check of one endpoint, run when its report is first asked for."""

    def __init__(self, target: Target, token: Secret, egress: Egress, opened_by_option: bool) -> None:
        self.target = target
        self._token = token
        self._egress = egress
        self._opened_by_option = opened_by_option
        self._report: Report | None = None

    def report(self) -> Report:
        """Return the report of the check, which runs at the first call."""
        if self._report is None:
            checking = check_endpoint(self.target, self._token, self._egress, opened_by_option=self._opened_by_option)
            self._report = asyncio.run(checking)
        return self._report


class RequirementItem(pytest.Item):
    """The test of one requirement."""

    def __init__(self, *, requirement: Requirement, check: Check, **node: Any) -> None:
        super().__init__(**node)
        self._requirement = requirement
        self._check = check

    def runtest(self) -> None:
        """Fail, warn, skip or pass by the finding on the requirement."""
        finding = self._check.report().findings[self._requirement]
        text = f"{self._requirement.title}\nseen: {finding.seen}\nto mend: {mend(self._requirement, finding)}"
        if finding.verdict is Verdict.FAIL:
            raise Missed(text)
        if finding.verdict is Verdict.NOT_RUN:
            pytest.skip(finding.seen)
        if finding.verdict is Verdict.WARN:
            warnings.warn(CustomerContextWarning(text), stacklevel=1)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what to mend, and no traceback."""
        return str(excinfo.value) if isinstance(excinfo.value, Missed) else super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[str, None, str]:
        """Name the item in headings."""
        return NODE, None, f"{NODE}: {self._requirement.title}"


class Contract(pytest.Collector):
    """The pytest collector that the items belong to."""

    def collect(self) -> list[pytest.Item]:
        """Return nothing: the items are added where all others have been collected."""
        return []


CHECK = pytest.StashKey[Check]()


def pytest_configure(config: pytest.Config) -> None:
    """Read the options; a wrong one ends the run with what to do."""
    try:
        config.stash[CHECK] = _check(config)
    except (BadTarget, InvalidEgress) as problem:
        raise pytest.UsageError(f"customer-context: {problem}") from None


@pytest.hookimpl(tryfirst=True)  # so that -k and -m choose among these too
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add an item for each requirement."""
    contract = Contract.from_parent(session, name=NODE, nodeid=NODE)
    check = config.stash[CHECK]
    items += [
        RequirementItem.from_parent(contract, name=requirement.id, requirement=requirement, check=check)
        for requirement in asked(check.target)
    ]


def _check(config: pytest.Config) -> Check:
    def text(name: str, default: str = "") -> str:
        return str(value_of(config, name) or default)

    ids = value_of(config, "id")
    target = Target(
        text("url"),
        tuple(ids) if isinstance(ids, list) else (),
        text("unknown-id", NOBODY),
        text("method", "GET").upper(),
        text("param", "id"),
        text("match-path"),
    )
    target.refuse_what_cannot_be_checked()
    variable = text("token-env", DEFAULT_TOKEN_VARIABLE)
    given = os.environ.get(variable, "")
    if not given:
        raise BadTarget(
            f"{variable}: not set; export the bearer token in it, or name another with --customer-context-token-env"
        )
    token, note = read_token(given)
    if note:
        warnings.warn(CustomerContextWarning(f"{variable}: {note}"), stacklevel=1)
    allow_private = bool(value_of(config, "allow-private"))
    ca_file = text("ca-file")
    egress = egress_of(dict(os.environ), allow_private, Path(ca_file) if ca_file else None)
    return Check(target, token, egress, allow_private)
