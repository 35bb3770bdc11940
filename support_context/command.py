"""The command `customer-context-check`: holds an owner's endpoint to the contract and says what to mend."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from support_context import __version__

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of the signal."""

NOBODY = "no-such-customer-000000"
"""Asked for as the unknown id where none is given: no business has ids like it."""


def main(arguments: Sequence[str] | None = None, name: str = "customer-context-check") -> int:
    """Run the command and return its exit status: 0 if the endpoint passes, 1 if not, 2 if it cannot be checked."""
    try:
        given = parser(name).parse_args(arguments)
        # Here, so that --help and a typing mistake are answered at once.
        from support_context.check.command_run import run  # noqa: PLC0415

        return run(given, name)
    except KeyboardInterrupt:
        sys.stderr.write("\n")
        return INTERRUPTED


def parser(name: str) -> argparse.ArgumentParser:
    """Return the parser of the command line, which is also its help."""
    made = argparse.ArgumentParser(
        name,
        description="Hold a customer endpoint to the contract and say what to mend. "
        "Exit status: 0 if it passes, 1 if not, 2 if it cannot be checked.",
        epilog=f"Example: {name} https://api.example.com/support-context "
        "--id acct_12ab34cd --id 10482 --token-env ENDPOINT_TOKEN",
        allow_abbrev=False,
    )
    made.add_argument("url", help="URL of the endpoint, as it is configured")
    made.add_argument(
        "--id", dest="ids", action="append", required=True, help="id that the endpoint knows; again for another kind"
    )
    made.add_argument(
        "--unknown-id", default=NOBODY, help="id of the right form that nobody has (default: %(default)s)"
    )
    made.add_argument(
        "--method", default="GET", type=str.upper, help="GET or POST, as it is configured (default: %(default)s)"
    )
    made.add_argument("--param", default="id", help="query or body key of the id (default: %(default)s)")
    made.add_argument(
        "--token-env", default="", help="environment variable that holds the bearer token; asked for if not given"
    )
    made.add_argument(
        "--allow-private", action="store_true", help="let addresses through that are not public: a staging host"
    )
    made.add_argument("--ca-file", type=Path, help="PEM file of a further CA; CC_EGRESS_CA_FILE if not given")
    made.add_argument("--match-path", default="", help="JSON Pointer to the customer's address, as it is configured")
    made.add_argument("--json", action="store_true", help="print the report as JSON, for a program to read")
    made.add_argument("--junit", type=Path, help="write the report as JUnit XML into this file")
    made.add_argument("--version", action="version", version=__version__)
    return made
