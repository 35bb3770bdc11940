"""The audit trail, which nobody may change."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and what refuses to change it, whoever asks: the role that serves need not be its owner."""
    op.create_table(
        "audit_entries",
        sa.Column("entry_id", sa.BigInteger, sa.Identity(always=True)),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("now()")),
        sa.Column("actor", sa.Text),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("fields", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("subject", sa.Text),
        sa.Column("results_erased", sa.BigInteger),
        sa.PrimaryKeyConstraint("entry_id", name="audit_entries_pkey"),
    )
    op.create_index("audit_entries_project_id_entry_id_idx", "audit_entries", ["project_id", "entry_id"])
    op.execute("""
        CREATE FUNCTION audit_entries_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'audit_entries is append-only' USING ERRCODE = 'insufficient_privilege';
        END
        $$
    """)
    op.execute("""
        CREATE TRIGGER audit_entries_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entries
        FOR EACH STATEMENT EXECUTE FUNCTION audit_entries_refuse_change()
    """)


def downgrade() -> None:
    """Drop it: nobody will know any more who did what."""
    op.drop_table("audit_entries")
    op.execute("DROP FUNCTION audit_entries_refuse_change")
