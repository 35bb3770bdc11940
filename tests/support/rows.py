"""Rows that a test puts in place as if the service had left them: ended runs, and the breaker of a failing endpoint."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from app.adapters.postgres.breaker_store import BreakerStore
from app.adapters.postgres.connection import Database, Statement
from app.adapters.postgres.rows.packing import pack
from app.domain.breaker import FAILURES_TO_OPEN, EndpointVerdict
from app.domain.outcomes import KeptStep
from tests.support.shared_database import SharedDatabase

_ENDPOINT = Statement("SELECT endpoint FROM projects WHERE project_id = 'prj_1'")


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A row of `ended_runs`."""

    project_id: str
    ended_at: datetime
    status: str
    reason: str | None
    timings_ms: dict[str, int]
    credits_used: int = 1
    ticket_id: str | None = None
    identity: str | None = None
    steps: tuple[KeptStep, ...] = ()


def put_ended_runs(database: SharedDatabase, *runs: EndedRun) -> None:
    """Have these runs, and no others, have ended."""
    database.rows("WITH sums AS (DELETE FROM daily_runs) DELETE FROM ended_runs")
    database.rows(
        "INSERT INTO ended_runs SELECT * FROM jsonb_populate_recordset(CAST(NULL AS ended_runs), :runs)",
        runs=json.dumps(
            [
                asdict(run)
                | {f"{step}_ms": milliseconds for step, milliseconds in run.timings_ms.items()}
                | {"steps": f"\\x{pack([asdict(step) for step in run.steps]).hex()}"}
                for run in runs
            ],
            default=datetime.isoformat,
        ),
    )


async def open_breaker(database: Database) -> None:
    """Have the endpoint of `prj_1` have failed until its breaker opened."""
    breakers = BreakerStore(database)
    [project] = await database.fetch(_ENDPOINT)
    for run in range(FAILURES_TO_OPEN):
        await breakers.record("prj_1", project.endpoint, run, EndpointVerdict.FAILS)
