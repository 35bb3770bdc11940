"""The places of each project, and the line of runs that wait for one."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables, and the column that says which place a run holds."""
    op.add_column("enrichments", sa.Column("place", sa.Integer))
    op.create_table(
        "project_places",
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("ticket_id", sa.Text),
        sa.Column("run", sa.BigInteger),
        sa.Column("takings", sa.BigInteger, nullable=False, server_default=sa.text("0")),
        sa.PrimaryKeyConstraint("project_id", "place", name="project_places_pkey"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name="project_places_project_id_fkey", ondelete="CASCADE"
        ),
        postgresql_with={"fillfactor": "50"},
    )
    op.create_table(
        "waiting_runs",
        sa.Column("run", sa.BigInteger, autoincrement=False),
        sa.Column("ticket_id", sa.Text, nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("waited_for", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("run", name="waiting_runs_pkey"),
        sa.ForeignKeyConstraint(
            ["project_id"], ["projects.project_id"], name="waiting_runs_project_id_fkey", ondelete="CASCADE"
        ),
    )
    op.create_index(
        "waiting_runs_project_id_waited_for_run_idx",
        "waiting_runs",
        ["project_id", sa.text("waited_for DESC"), "run"],
    )


def downgrade() -> None:
    """Drop them; runs that wait in line get a job from whoever asks for their ticket again."""
    op.drop_table("waiting_runs")
    op.drop_table("project_places")
    op.drop_column("enrichments", "place")
