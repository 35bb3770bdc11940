"""Projects, their configurations and credits, and the enrichments of their tickets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the four tables."""
    op.execute(sa.schema.CreateSequence(sa.Sequence("configuration_versions")))
    _make_projects()
    _make_enrichments()


def downgrade() -> None:
    """Drop them, with everything in them."""
    for table in ("enrichments", "credits", "configurations", "projects"):
        op.drop_table(table)
    op.execute(sa.schema.DropSequence(sa.Sequence("configuration_versions")))


def _make_projects() -> None:
    op.create_table(
        "projects",
        sa.Column("project_id", sa.Text),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("owner_ids", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("monthly_ai_credits", sa.BigInteger, nullable=False),
        *_times(),
        sa.PrimaryKeyConstraint("project_id", name="projects_pkey"),
        sa.CheckConstraint("monthly_ai_credits >= 0", name="projects_monthly_ai_credits_check"),
    )
    op.create_table(
        "configurations",
        sa.Column("project_id", sa.Text),
        sa.Column("method", sa.Text, nullable=False),
        sa.Column("api_url", sa.Text, nullable=False),
        sa.Column("identifier_parameter", sa.Text, nullable=False),
        sa.Column("identify_instructions", sa.Text, nullable=False),
        sa.Column("display_instructions", sa.Text, nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("token_sealed", sa.LargeBinary),
        sa.Column("token_origin", sa.Text),
        sa.Column("token_updated_at", sa.DateTime(timezone=True)),
        sa.Column("version", sa.BigInteger, nullable=False),
        *_times(),
        sa.Column("updated_by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("project_id", name="configurations_pkey"),
        _of_project("configurations"),
        sa.CheckConstraint(
            "num_nulls(token_sealed, token_origin, token_updated_at) IN (0, 3)", name="configurations_token_check"
        ),
    )


def _make_enrichments() -> None:
    op.create_table(
        "credits",
        sa.Column("project_id", sa.Text),
        sa.Column("month", sa.Date),
        sa.Column("used", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("project_id", "month", name="credits_pkey"),
        _of_project("credits"),
        sa.CheckConstraint("used >= 0", name="credits_used_check"),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "enrichments",
        sa.Column("ticket_id", sa.Text),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("credit_month", sa.Date),
        sa.Column("result", JSONB),
        *_times(),
        sa.PrimaryKeyConstraint("ticket_id", name="enrichments_pkey"),
        _of_project("enrichments"),
        sa.CheckConstraint(
            "state = 'running' OR state = 'done' AND result IS NOT NULL", name="enrichments_state_check"
        ),
        postgresql_with={"fillfactor": "70"},
    )
    op.create_index("enrichments_project_id_idx", "enrichments", ["project_id"])


def _times() -> list[sa.Column[object]]:
    return [
        sa.Column(name, sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()"))
        for name in ("created_at", "updated_at")
    ]


def _of_project(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["project_id"], ["projects.project_id"], name=f"{table}_project_id_fkey", ondelete="CASCADE"
    )
