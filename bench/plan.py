"""How much is sent: enough for a figure that repeats, or just enough to see that everything runs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Plan:
    """Rounds of each comparison, whose median counts, the least tickets of one, and the sizes of what is done once.

    Each round has new processes: one of the same program can be a tenth slower than another for as long as it lives.
    What is work only is compared in `work_rounds`: shorter ones, and more, as its figures are of seconds.
    """

    rounds: int
    work_rounds: int
    alone: int
    together: int
    at_once: int
    held: int
    replica_seconds: float
    queued: int
    quiet: int
    idle_seconds: float
    results: int
    growth_rounds: int

    def tickets(self, in_flight: int) -> int:
        """Return the tickets of one round with so many in flight: each lane has two at least, one to start with."""
        return self.alone if in_flight == 1 else max(self.together, 2 * in_flight)


USUAL = Plan(
    rounds=5,
    work_rounds=6,
    alone=5,
    together=256,
    at_once=600,
    held=1_000,
    replica_seconds=10.0,
    queued=10_000,
    quiet=100,
    idle_seconds=60.0,
    results=1_000_000,
    growth_rounds=300,
)
QUICK = Plan(
    rounds=1,
    work_rounds=1,
    alone=3,
    together=128,
    at_once=200,
    held=200,
    replica_seconds=4.0,
    queued=1_000,
    quiet=50,
    idle_seconds=15.0,
    results=100_000,
    growth_rounds=50,
)
