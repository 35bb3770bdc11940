"""The whole schema: tables as `tables.py` describes them, then the functions of the engine.

Nothing was ever released, so this step is edited in place. With the first release it becomes a copy that stays.
"""

import re
from pathlib import Path

from alembic import op

from app.adapters.postgres import tables

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FUNCTIONS = Path(tables.__file__).parent / "sql"
"""In the order of their names, as each file uses those before."""

FUNCTIONS_LAST_FIRST = (
    "finish_run", "admit_run", "asked_since", "take_runs", "take_run", "next_in_queue", "submit_ticket",
    "may_run_again", "customer_named", "endpoint_was_asked", "pay_for_run", "claim_of"
)  # fmt: skip

BETWEEN_STATEMENTS = re.compile(r";\n\n")


def upgrade() -> None:
    """Make the tables, then what stands in the files."""
    tables.metadata.create_all(op.get_bind())
    for path in sorted(FUNCTIONS.glob("*.sql")):
        for statement in BETWEEN_STATEMENTS.split(path.read_text("utf-8")):
            op.get_bind().exec_driver_sql(statement)


def downgrade() -> None:
    """Drop all of it."""
    for function in FUNCTIONS_LAST_FIRST:
        op.execute(f"DROP FUNCTION {function}")
    for composite in ("finished", "taken_runs", "submitted", "claim"):
        op.execute(f"DROP TYPE {composite}")
    op.execute("DROP VIEW run_terms")
    for function in ("take_credit", "tell_credits", "credit_level", "tell", "free_slot"):
        op.execute(f"DROP FUNCTION {function}")
    tables.metadata.drop_all(op.get_bind())
    op.execute("DROP FUNCTION audit_entries_refuse_change")
