"""The breakers of projects whose endpoint fails."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "breakers",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("endpoint", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True)),
        sa.Column("pause_seconds", sa.Integer, nullable=False),
        sa.Column("next_probe_at", sa.DateTime(timezone=True)),
        sa.Column("probe_run", sa.BigInteger),
        sa.Column("version", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("project_id", name="breakers_pkey"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name="breakers_project_id_fkey", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    """Drop it: every endpoint is asked again."""
    op.drop_table("breakers")
