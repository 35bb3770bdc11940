"""The command line `customer-context`: its entry point, which loads nothing before it can be interrupted in order."""

import sys
from typing import NoReturn

LOGGING = frozenset({"serve", "worker", "migrate"})
"""Commands whose standard error is a log, which programs read: in the form that CC_LOG_FORMAT names."""

INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 and the number of SIGINT."""


def main() -> None:
    """Run the command line; settings that cannot be used, and Ctrl-C, end it with one line and never a traceback."""
    try:
        if not LOGGING.isdisjoint(sys.argv[1:2]) and "--check" not in sys.argv:
            from app.wiring.process_log import take_standard_error

            take_standard_error()
        from app.cli.commands import app  # interrupted while it loads, it says so too

        app()
    except KeyboardInterrupt:
        _end_interrupted()
    except Exception as problem:
        if isinstance(problem.__cause__, KeyboardInterrupt):  # in a class that was being made, Python 3.11 wraps it
            _end_interrupted()
        from app.settings.loading import InvalidSettings  # whoever raised it has loaded it

        if not isinstance(problem, InvalidSettings):
            raise
        raise SystemExit(f"customer-context: {problem}") from None


def _end_interrupted() -> NoReturn:
    sys.stderr.write("Interrupted.\n")
    raise SystemExit(INTERRUPTED) from None
