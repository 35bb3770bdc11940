"""Whether the sender is the customer: what owners set, and the helpdesk's verdict on the sender of a waiting email."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; defaults are constants, so that no row is rewritten, and older replicas go on writing theirs."""
    op.add_column("configurations", sa.Column("match_path", sa.Text))
    op.add_column(
        "configurations", sa.Column("identity_policy", sa.Text, nullable=False, server_default=sa.text("'show'"))
    )
    op.add_column("enrichments", sa.Column("sender_verified", sa.Boolean))


def downgrade() -> None:
    """Drop them: every record is shown to the drafting AI again."""
    op.drop_column("enrichments", "sender_verified")
    op.drop_column("configurations", "identity_policy")
    op.drop_column("configurations", "match_path")
