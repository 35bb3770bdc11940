"""The queue, what a waiting ticket brings along, and a line for each run that ended.

Only adds, and without rewriting a table, so that replicas of the release before go on serving meanwhile and after.
"""

import re
from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

QUEUE_SCHEMA = Path(__file__).parents[1] / "pgqueuer-1.6.sql"
"""As the library prints it: what a later version needs comes as a step of its own."""

QUEUE_TABLES = ("pgqueuer", "pgqueuer_log", "pgqueuer_schedules", "pgqueuer_statistics")


def upgrade() -> None:
    """Make the queue, the columns of a waiting ticket, and two tables."""
    for statement in re.split(r";\n\n(?=CREATE|ALTER)", QUEUE_SCHEMA.read_text("utf-8")):
        op.execute(statement)
    op.execute(sa.schema.CreateSequence(sa.Sequence("enrichment_runs")))
    for column in _columns():
        op.add_column("enrichments", column)
    op.alter_column("enrichments", "lease_until", server_default=sa.text("now()"))
    # It knows no queued tickets, and another in its place would be checked on every row while everybody waits.
    op.drop_constraint("enrichments_state_check", "enrichments")
    _make_ended_runs()
    _make_workers()


def downgrade() -> None:
    """Forget what waits, and go back."""
    op.drop_table("workers")
    op.drop_table("ended_runs")
    op.execute("DELETE FROM enrichments WHERE state = 'queued'")
    op.create_check_constraint(
        "enrichments_state_check", "enrichments", "state = 'running' OR state = 'done' AND result IS NOT NULL"
    )
    op.alter_column("enrichments", "lease_until", server_default=None)
    for column in _columns():
        op.drop_column("enrichments", column.name)
    op.execute(sa.schema.DropSequence(sa.Sequence("enrichment_runs")))
    for table in QUEUE_TABLES:
        op.drop_table(table)
    op.execute("DROP FUNCTION fn_pgqueuer_changed")
    op.execute("DROP TYPE pgqueuer_status")


def _columns() -> list[sa.Column[object]]:
    return [
        sa.Column("run", sa.BigInteger),
        sa.Column("email", sa.LargeBinary),
        sa.Column("extracted", JSONB),
        sa.Column("asynchronous", sa.Boolean, nullable=False, server_default=sa.text("false")),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("strikes", sa.Integer, nullable=False, server_default=sa.text("0")),
    ]


def _make_ended_runs() -> None:
    op.create_table(
        "ended_runs",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("timings_ms", JSONB, nullable=False),
        sa.Column("credits_used", sa.Integer, nullable=False),
    )
    op.create_index("ended_runs_project_id_ended_at_idx", "ended_runs", ["project_id", "ended_at"])
    op.create_index("ended_runs_ended_at_idx", "ended_runs", ["ended_at"], postgresql_using="brin")


def _make_workers() -> None:
    op.create_table(
        "workers",
        sa.Column("worker_id", sa.Uuid),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("seats", sa.Integer, nullable=False),
        sa.Column("in_flight", sa.Integer, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.PrimaryKeyConstraint("worker_id", name="workers_pkey"),
    )
