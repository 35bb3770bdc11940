"""How many customers each sender has asked about within the hour."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "senders",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("sender", sa.LargeBinary, nullable=False),
        sa.Column("identifiers", JSONB, nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "sender", name="senders_pkey"),
    )
    op.create_index("senders_seen_at_idx", "senders", ["seen_at"], postgresql_using="brin")


def downgrade() -> None:
    """Drop it: nobody is counted any more."""
    op.drop_table("senders")
