"""The tables, as SQLAlchemy knows them: what the migrations are checked against."""

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
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

KEY = Text(collation="C")
"""Ids, and what else of text is in an index: sorted byte by byte, which is quick, and the same on every system. An
index in the order of a language has to be rebuilt when an upgrade of the system's C library changes that."""

NOW = text("now()")
"""The database's clock: replicas need not agree on the time."""

configuration_versions = Sequence("configuration_versions", metadata=metadata)
"""Gives each change of a configuration its version; a deleted and re-made one never repeats an old ETag."""

_ENDPOINT = """
    md5((configuration ->> 'method') || ' ' || (configuration ->> 'identifier_parameter') || ' '
        || (configuration ->> 'api_url') || ' '
        || coalesce(CAST(extract(epoch FROM token_updated_at AT TIME ZONE 'UTC') AS text), ''))
"""

projects = Table(
    "projects",
    metadata,
    Column("project_id", KEY, primary_key=True),
    Column("plan", Text, nullable=False),
    Column("owner_ids", ARRAY(Text), nullable=False),
    Column("monthly_ai_credits", BigInteger, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("checked_until", DateTime(timezone=True)),  # while its endpoint is being checked: when that turn is over
    Column("configuration", JSON),  # the fields of a `Configuration`, which knows no token
    Column("enabled", Boolean, Computed("CAST(configuration ->> 'enabled' AS boolean)", persisted=True)),
    # Names the endpoint that is called: when an owner changes one of these, it is another endpoint.
    Column("endpoint", Text, Computed(_ENDPOINT, persisted=True)),
    Column("token_sealed", LargeBinary),
    Column("token_origin", Text),
    Column("token_updated_at", DateTime(timezone=True)),
    Column("version", BigInteger),  # of the configuration, as are the next three
    Column("configured_at", DateTime(timezone=True)),
    Column("saved_at", DateTime(timezone=True)),
    Column("saved_by", Text),
    Column("breaker", JSONB),  # of an endpoint, which it names, that failed last; of one that answers there is none
    Index("projects_failing_idx", "project_id", postgresql_where=text("breaker IS NOT NULL")),
    CheckConstraint("monthly_ai_credits >= 0", name="projects_monthly_ai_credits_check"),
    CheckConstraint(
        "num_nulls(configuration, version, configured_at, saved_at, saved_by) IN (0, 5)",
        name="projects_configuration_check",
    ),
    CheckConstraint("num_nulls(token_sealed, token_origin, token_updated_at) IN (0, 3)", name="projects_token_check"),
)
"""The projects, each with its configuration, where it has one, and the breaker of its endpoint."""

configuration_history = Table(
    "configuration_history",
    metadata,
    Column("project_id", KEY, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("saved_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("saved_by", Text, nullable=False),
    Column("configuration", JSON, nullable=False),  # as above
)
"""The last versions of each configuration, what is stored now among them."""

credits_used = Table(
    "credits",
    metadata,
    Column("project_id", KEY, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("month", Date, primary_key=True),
    Column("used", BigInteger, nullable=False),
    Column("told_percent", Integer, nullable=False, server_default=text("0")),  # 0, 80, 100: of what was told last
    CheckConstraint("used >= 0", name="credits_used_check"),
)

enrichment_runs = Sequence("enrichment_runs", metadata=metadata)
"""Numbers the runs of all tickets, so that each number names one run: never reused, also after an erasure."""

enrichments = Table(
    "enrichments",
    metadata,
    Column("ticket_id", KEY, primary_key=True),
    Column("project_id", KEY, ForeignKey("projects.project_id", ondelete="CASCADE"), nullable=False),
    Column("state", Text, nullable=False),  # queued; running; done: has a result
    Column("worker", Uuid),  # who runs it, or has run it last
    Column("slot", Integer),  # which of the project's slots it holds while it is running
    Column("run", BigInteger, nullable=False),  # with `attempt` names one claim: the fence of every later write
    Column("attempt", Integer, nullable=False, server_default=text("0")),
    Column("strikes", Integer, nullable=False, server_default=text("0")),  # attempts that have not ended in order
    # When it may be taken while it is queued: at once, or later, if it has been put back to rest.
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=text("'-infinity'")),
    Column("credit_month", Date),  # which month has paid for the run
    # What was submitted: email, whom to look up without one, and trace. Packed; from submission to result, then gone.
    Column("submission", LargeBinary),
    Column("email_digest", LargeBinary),  # a keyed digest of the last email: tells whether the next is another
    Column("extracted", JSON),  # what the first AI call found: a run that starts again need not pay for it twice
    Column("asynchronous", Boolean, nullable=False, server_default=text("false")),  # nobody waits; told by webhook
    Column("status", Text),  # of the result, as are the next two: what SQL reads of it
    Column("reason", Text),
    Column("customer", KEY),  # what `customer_named` makes of the identifier
    Column("result", LargeBinary),  # all of it, packed
    Column("last_attempt", JSONB),  # how the last run ended that has not replaced the result
    Column("submitted_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("updated_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    # The queue: what may be taken at once, who is waited for first, by project, in the order in which they came. What
    # rests comes behind, by its time.
    Index(
        "enrichments_queued_idx",
        "due_at",
        "asynchronous",
        "project_id",
        "run",
        postgresql_where=text("state = 'queued'"),
    ),
    # No two running tickets of a project hold the same slot.
    Index("enrichments_slot_idx", "project_id", "slot", unique=True, postgresql_where=text("state = 'running'")),
    # Lists a project's results, the newest first, and finds what is a project's and what is old.
    Index("enrichments_project_idx", "project_id", "submitted_at", "ticket_id"),
    # Finds what is about one customer.
    Index(
        "enrichments_customer_idx",
        "project_id",
        "customer",
        postgresql_where=text("customer IS NOT NULL"),
    ),
    postgresql_with={"fillfactor": "70"},
)
"""One row for each ticket: its place in the queue, who runs it, and its result."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("message_id", KEY, primary_key=True),
    Column("event", Text, nullable=False, server_default=text("'enrichment.completed'")),
    Column("ticket_id", KEY),  # of a result, which is read when it is sent; every other event brings its `data`
    Column("project_id", KEY),  # no foreign key: what tells of an erased project is dropped when due
    Column("data", JSONB),
    Column("made_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("due_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Index("deliveries_due_at_idx", "due_at"),
    CheckConstraint("num_nulls(ticket_id, data) = 1", name="deliveries_data_check"),
)
"""Messages to the helpdesk that wait: written with what they tell of, gone when they were delivered."""

conditions = Table(
    "conditions",
    metadata,
    Column("event", KEY, primary_key=True),  # what is told when it begins
    Column("project_id", KEY, primary_key=True),  # '' for what is about the whole service; no foreign key, as above
    Column("since", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("seen_at", DateTime(timezone=True), nullable=False, server_default=NOW),
)
"""What is wrong now and has no other row to stand in; gone once no process has seen it for a while."""

ended_runs = Table(
    "ended_runs",
    metadata,
    Column("project_id", KEY, nullable=False),  # no foreign key: checking it would write to the project's row
    Column("ended_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("extract_ms", Integer),  # how long each step took, as far as it was made
    Column("fetch_ms", Integer),
    Column("summarize_ms", Integer),
    Column("total_ms", Integer),
    Column("credits_used", Integer, nullable=False),
    Column("ticket_id", KEY),  # which ticket it was: owners find it by that in their helpdesk
    Column("identity", Text),
    Column("steps", LargeBinary),  # how the three steps went, without data; packed
    Index("ended_runs_project_id_ended_at_idx", "project_id", "ended_at"),
    Index("ended_runs_time_idx", "ended_at"),
)
"""One line for each run that ended, without a word of the customer: what operators and owners look at."""

daily_runs = Table(
    "daily_runs",
    metadata,
    Column("project_id", KEY, ForeignKey("projects.project_id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("status", KEY, primary_key=True),
    Column("runs", BigInteger, nullable=False),
    Column("summed_until", DateTime(timezone=True), nullable=False),  # the last of all tells what is in no sum yet
    Index("daily_runs_summed_until_idx", "summed_until"),
)
"""How many runs ended on each day, UTC, summed up each minute: an owner sees a quarter without reading every line."""

senders = Table(
    "senders",
    metadata,
    Column("project_id", KEY, primary_key=True),  # no foreign key, as above
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
    Column("token_id", KEY, primary_key=True),
    Column("token_hash", LargeBinary, nullable=False, unique=True),  # SHA-256 of the token, which is stored nowhere
    Column("project_id", KEY, ForeignKey("projects.project_id", ondelete="CASCADE"), nullable=False),
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
    Column("project_id", KEY, nullable=False),  # no foreign key: the trail outlives its project
    Column("noted_at", DateTime(timezone=True), nullable=False, server_default=NOW),
    Column("actor", Text),
    Column("action", Text, nullable=False),
    Column("fields", ARRAY(Text), nullable=False),
    Column("subject", Text),
    Column("results_erased", BigInteger),
    Index("audit_entries_project_id_entry_id_idx", "project_id", "entry_id"),
)
"""Who did what and when, without a value of anything; a trigger refuses to change or remove a line."""
