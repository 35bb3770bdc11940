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
    "take_runs", "take_run", "next_in_queue", "submit_ticket", "pay_for_run", "take_credit", "tell_credits",
    "credit_level", "tell", "free_slot"
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
    op.execute("DROP VIEW claims")
    for function in ("shown_result", "keeps_facts", "may_run_again", "endpoint_was_asked"):
        op.execute(f"DROP FUNCTION {function}")
    op.execute("DROP FUNCTION endpoint_of")
    tables.metadata.drop_all(op.get_bind())
    op.execute("DROP FUNCTION audit_entries_refuse_change")
