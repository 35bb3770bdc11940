"""How much longer code may take while coverage counts its lines: a limit of CPU is for the kind of cost."""

import sys

TIMES_LONGER = 10.0 if sys.gettrace() is not None else 2.0
"""Counting lines makes tight loops several times slower, and a shared core twice; what a limit guards against, growth
with the square of an input, costs a hundred times as much."""
