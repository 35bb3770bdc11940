"""Access tokens, which people take to a browser or a shell."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "access_tokens",
        sa.Column("token_id", sa.Text),
        sa.Column("token_hash", sa.LargeBinary, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("token_id", name="access_tokens_pkey"),
        sa.UniqueConstraint("token_hash", name="access_tokens_token_hash_key"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name="access_tokens_project_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index("access_tokens_project_id_idx", "access_tokens", ["project_id"])


def downgrade() -> None:
    """Drop it: every access token stops working."""
    op.drop_table("access_tokens")
