"""The tables, as SQLAlchemy knows them: what the migrations are checked against."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData()
"""Every table of the service. Names are given where PostgreSQL would not give its usual ones."""

NOW = text("now()")
"""The database's clock: replicas need not agree on the time."""

configuration_versions = Sequence("configuration_versions", metadata=metadata)
"""Gives each change of a configuration its version; a deleted and re-made one never repeats an old ETag."""

projects = Table(
    "projects",
    metadata,
    Column("project_id", Text, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("owner_ids", ARRAY(Text), nullable=False),
    Column("monthly_ai_credits", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    CheckConstraint("monthly_ai_credits >= 0", name="projects_monthly_ai_credits_check"),
)

configurations = Table(
    "configurations",
    metadata,
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("method", Text, nullable=False),
    Column("api_url", Text, nullable=False),
    Column("identifier_parameter", Text, nullable=False),
    Column("identify_instructions", Text, nullable=False),
    Column("display_instructions", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("token_sealed", LargeBinary),
    Column("token_origin", Text),
    Column("token_updated_at", DateTime(timezone=True)),
    Column("version", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_by", Text, nullable=False),
    Column("match_path", Text),
    Column("identity_policy", Text, nullable=False, server_default=text("'show'")),
    CheckConstraint(
        "num_nulls(token_sealed, token_origin, token_updated_at) IN (0, 3)", name="configurations_token_check"
    ),
)

credits_used = Table(
    "credits",
    metadata,
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("used", BigInteger, nullable=False),
    CheckConstraint("used >= 0", name="credits_used_check"),
    postgresql_with={"fillfactor": "50"},  # one hot row per project and month: room for its next versions
)

enrichment_runs = Sequence("enrichment_runs", metadata=metadata)
"""Numbers the runs of all tickets, so that a job names exactly one: never reused, also after an erasure."""

enrichments = Table(
    "enrichments",
    metadata,
    Column("ticket_id", Text, primary_key=True),
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),  # queued, running, done; done has a result
    Column("run", BigInteger),
    Column("email", LargeBinary),  # from submission to result, then gone
    Column("extracted", JSONB),  # what the first AI call found: a run that starts again need not pay for it twice
    Column("asynchronous", Boolean, nullable=False, server_default=text("false")),
    Column("submitted_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("owner", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("strikes", Integer, nullable=False, server_default=text("0")),  # attempts that have not ended in order
    # Written by replicas of the release before the queue; to be dropped in the release after it.
    Column("lease_until", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("credit_month", Date),
    Column("place", Integer),  # which of the project's places the run holds, from its claim to its end
    Column("result", JSONB),
    Column("traceparent", Text),  # while it runs: the trace goes on wherever the run does
    # The helpdesk's verdict on the sender, gone with the email; beside it, as older replicas read that as it was.
    Column("sender_verified", Boolean),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    # Erasing a project needs it; no update touches the column, so updates of a row in flight stay heap-only.
    Index("enrichments_project_id_idx", "project_id"),
    # Finds what is old. It is written with a ticket and with a refresh only.
    Index("enrichments_submitted_at_idx", "submitted_at"),
    # Finds what has not ended: as small as that is.
    Index("enrichments_unfinished_idx", "submitted_at", postgresql_where=text("email IS NOT NULL")),
    # Finds what is about one customer. Because of it the one update that stores a result writes every index.
    Index("enrichments_customer_idx", "project_id", text("lower((result ->> 'identifier') COLLATE \"C\")")),
    postgresql_with={"fillfactor": "70"},
)

project_places = Table(
    "project_places",
    metadata,
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("ticket_id", Text),
    Column("run", BigInteger),
    Column("takings", BigInteger, nullable=False, server_default=text("0")),  # another one each time it is taken
    postgresql_with={"fillfactor": "50"},  # room for the next versions of rows that are updated with every claim
)
"""Numbered places, each with the run that took it last; it is free when that run holds it no more."""

waiting_runs = Table(
    "waiting_runs",
    metadata,
    Column("run", BigInteger, primary_key=True, autoincrement=False),
    Column("ticket_id", Text, nullable=False),
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), nullable=False),
    Column("waited_for", Boolean, nullable=False),
    Index("waiting_runs_project_id_waited_for_run_idx", "project_id", text("waited_for DESC"), "run"),
)
"""The line of each project: runs for which it has no place, the first to come with the lowest number."""

breakers = Table(
    "breakers",
    metadata,
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("endpoint", Text, nullable=False),  # a hash of what was called: of another, it tells nothing
    Column("failures", Integer, nullable=False),
    Column("opened_at", DateTime(timezone=True)),
    Column("pause_seconds", Integer, nullable=False),
    Column("next_probe_at", DateTime(timezone=True)),
    Column("probe_run", BigInteger),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
)
"""The breakers of projects whose endpoint failed last; one that answers has none."""

ended_runs = Table(
    "ended_runs",
    metadata,
    Column("project_id", Text, nullable=False),  # no foreign key: checking it would write to the project's row
    Column("ended_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("timings_ms", JSONB, nullable=False),
    Column("credits_used", Integer, nullable=False),
    Index("ended_runs_project_id_ended_at_idx", "project_id", "ended_at"),
    Index("ended_runs_time_idx", "ended_at"),
)
"""One line for each run that ended, without a word of the customer: what operators and owners count."""

senders = Table(
    "senders",
    metadata,
    Column("project_id", Text, primary_key=True),  # no foreign key, as above
    Column("sender", LargeBinary, primary_key=True),  # a keyed digest: no address is stored
    Column("identifiers", JSONB, nullable=False),  # digest of each, and the second in which it was first asked about
    Column("seen_at", DateTime(timezone=True), nullable=False),
    Index("senders_seen_at_idx", "seen_at", postgresql_using="brin"),
)
"""How many customers each sender has asked about; a row goes within minutes of the hour after its last."""

workers = Table(
    "workers",
    metadata,
    Column("worker_id", Uuid, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("in_flight", Integer, nullable=False),
    Column("started_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=NOW),
)
"""The processes that run tickets, each with its last sign of life."""

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_id", Text, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the token, which is stored nowhere
    Column("project_id", Text, ForeignKey("projects.project_id", ondelete="CASCADE"), nullable=False),
    Column("label", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("last_used_at", DateTime(timezone=True)),
    Index("access_tokens_project_id_idx", "project_id"),
    Index("access_tokens_expires_at_idx", "expires_at"),
)
"""Keys that owners made for a browser or a shell; an expired one goes within a minute."""

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("entry_id", BigInteger, Identity(always=True), primary_key=True),
    Column("project_id", Text, nullable=False),  # no foreign key: the trail outlives its project
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("actor", Text),
    Column("action", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("subject", Text),
    Column("results_erased", BigInteger),
    Index("audit_entries_project_id_entry_id_idx", "project_id", "entry_id"),
)
"""Who did what and when, without a value of anything; a trigger refuses to change or remove a line."""
