"""Indexes that find what is old, what has not ended, and what is about one customer.

They are made beside the traffic, one after the other: a step that was cut off leaves an index that nobody uses, which
the next try drops first.
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

INDEXES = {
    "enrichments_submitted_at_idx": "enrichments (submitted_at)",
    "enrichments_unfinished_idx": "enrichments (submitted_at) WHERE email IS NOT NULL",
    "enrichments_customer_idx": """enrichments (project_id, lower((result ->> 'identifier') COLLATE "C"))""",
    "ended_runs_time_idx": "ended_runs (ended_at)",
    "access_tokens_expires_at_idx": "access_tokens (expires_at)",
}


def upgrade() -> None:
    """Make them, and drop the one that cannot find the old once their pages are used again."""
    with op.get_context().autocommit_block():
        for name, place in INDEXES.items():
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
            op.execute(f"CREATE INDEX CONCURRENTLY {name} ON {place}")
        op.execute("DROP INDEX CONCURRENTLY IF EXISTS ended_runs_ended_at_idx")


def downgrade() -> None:
    """Go back."""
    for name in INDEXES:
        op.execute(f"DROP INDEX {name}")
    op.execute("CREATE INDEX ended_runs_ended_at_idx ON ended_runs USING brin (ended_at)")
