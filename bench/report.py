"""Turns what was measured into the table that is printed."""

from dataclasses import dataclass, field

from bench.load import Sent
from bench.samples import WAITED_SECONDS

PERCENTILES = (50, 95, 99)


@dataclass(slots=True)
class Measured:
    """What one target did, over all rounds."""

    alone: list[float] = field(default_factory=list)
    together: list[float] = field(default_factory=list)
    at_once: int = 0
    at_once_elapsed: float = 0.0
    cpu_seconds: float = 0.0
    database_cpu_seconds: float = 0.0

    def add_at_once(self, sent: Sent, cpu_seconds: float, database_cpu_seconds: float) -> None:
        """Count a round in which nobody was waited for: what is left is work."""
        self.at_once += len(sent.seconds)
        self.at_once_elapsed += sent.elapsed
        self.cpu_seconds += cpu_seconds
        self.database_cpu_seconds += database_cpu_seconds

    def cpu_milliseconds(self) -> float:
        """Return the CPU milliseconds of one enrichment."""
        return 1000 * self.cpu_seconds / self.at_once


def added_milliseconds(seconds: list[float], percentile: int) -> float:
    """Return a percentile (nearest rank) of what came on top of waiting."""
    ranked = sorted(seconds)
    rank = max(1, -(-len(ranked) * percentile // 100))
    return 1000 * (ranked[rank - 1] - WAITED_SECONDS)


def table(floor: Measured, service: Measured, in_flight: int) -> str:
    """Return the figures of both, and what the service is as a multiple of the floor."""
    rows = [("CPU per enrichment, ms", floor.cpu_milliseconds(), service.cpu_milliseconds())]
    for label, of in (("1 in flight", "alone"), (f"{in_flight} in flight", "together")):
        for percentile in PERCENTILES:
            both = [added_milliseconds(getattr(measured, of), percentile) for measured in (floor, service)]
            rows.append((f"added latency, {label}, p{percentile}, ms", both[0], both[1]))
    per_second = [measured.at_once / measured.at_once_elapsed for measured in (floor, service)]
    rows.append((f"per second, {in_flight} in flight, no waiting", per_second[0], per_second[1]))
    lines = [f"{'':<42}{'floor':>9}{'service':>9}{'ratio':>9}"]
    lines += [f"{name:<42}{one:>9.2f}{other:>9.2f}{other / one:>8.2f}x" for name, one, other in rows]
    database = 1000 * service.database_cpu_seconds / service.at_once
    lines.insert(2, f"{'  PostgreSQL beside it, ms':<42}{'-':>9}{database:>9.2f}{'':>9}")
    return "\n".join(lines)
