"""Runs the command `customer-context-check`: options in, report on standard output, exit status out."""

import argparse
import asyncio
import os
import sys
from getpass import getpass
from pathlib import Path
from time import monotonic

from support_context.check.report import as_json, as_junit
from support_context.check.running import check_endpoint, egress_of
from support_context.check.table import table_text
from support_context.check.target import BadTarget, Target, read_token
from support_context.egress import InvalidEgress

FAILED, COULD_NOT_RUN = 1, 2
"""Exit statuses beside 0: a requirement is not met; the check could not be run."""

SECONDS_BETWEEN_LINES = 2.0
"""How often progress is told where it cannot be drawn over itself."""


def run(given: argparse.Namespace, name: str) -> int:
    """Check the endpoint, print the report, and return the exit status; `name` is the command's."""
    try:
        return _check(given)
    except (BadTarget, InvalidEgress) as problem:
        _say(f"{name}: {problem}")
        return COULD_NOT_RUN


def _check(given: argparse.Namespace) -> int:
    target = Target(given.url, tuple(given.ids), given.unknown_id, given.method, given.param, given.match_path)
    progress = _Progress()
    try:
        target.refuse_what_cannot_be_checked()
        token, note = read_token(_token(given.token_env))
        if note:
            _say(note)
        egress = egress_of(dict(os.environ), given.allow_private, given.ca_file)
        checking = check_endpoint(target, token, egress, opened_by_option=given.allow_private, on_step=progress.step)
        report = asyncio.run(checking)
    finally:
        progress.clear()
    if given.junit:
        _write(given.junit, as_junit(report))
    sys.stdout.write((as_json(report) if given.json else table_text(report)) + "\n")
    return 0 if report.passed else FAILED


def _token(variable: str) -> str:
    if variable:
        text = os.environ.get(variable, "")
        if not text:
            raise BadTarget(f"{variable}: not set; export the bearer token in it, or leave --token-env out to be asked")
    elif sys.stdin.isatty():
        text = getpass("Bearer token: ")
    else:
        text = sys.stdin.readline().rstrip("\r\n")
    if not text:
        raise BadTarget("no bearer token; name the variable that holds it with --token-env")
    return text


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as problem:
        raise BadTarget(f"--junit: {problem.strerror}") from None


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


class _Progress:
    """Tells on standard error how far the check is: one line that is drawn over, or a line every two seconds."""

    def __init__(self) -> None:
        self._drawn = sys.stderr.isatty()
        self._told = monotonic()

    def step(self, done: int, total: int, what: str) -> None:
        text = f"{done} of {total}: {what}"
        if self._drawn:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        elif monotonic() - self._told >= SECONDS_BETWEEN_LINES:
            _say(text)
            self._told = monotonic()

    def clear(self) -> None:
        if self._drawn:
            sys.stderr.write("\r\x1b[2K")
            sys.stderr.flush()
