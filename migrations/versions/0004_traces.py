"""The trace of the request that submitted a ticket, for the worker that runs it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, which replicas of the release before leave empty."""
    op.add_column("enrichments", sa.Column("traceparent", sa.Text))


def downgrade() -> None:
    """Drop it: runs that are queued go on in a trace of their own."""
    op.drop_column("enrichments", "traceparent")
