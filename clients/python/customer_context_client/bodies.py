"""Bodies that the service takes and answers; a newer service may add fields and words.

Written by `make clients` from openapi.yaml; change nothing here.
"""

from collections.abc import Mapping
from typing import Final, Literal, NotRequired, TypedDict

Reason = Literal[
    "no_data",
    "summary_fallback",
    "not_found",
    "not_grounded",
    "not_sendable",
    "ai_unavailable",
    "ai_misconfigured",
    "ai_refused",
    "enumeration_limit",
    "interrupted",
    "timeout",
    "dns_error",
    "connect_error",
    "tls_error",
    "blocked_address",
    "http_status",
    "redirect",
    "not_json",
    "too_large",
    "invalid_json",
    "not_object",
    "protocol_error",
    "circuit_open",
    "not_enabled",
    "not_configured",
    "plan",
    "token_unreadable",
]
"""Why a look-up ended as its status says."""

Code = Literal[
    "unauthorized",
    "actor_required",
    "not_owner",
    "plan_required",
    "out_of_scope",
    "project_not_found",
    "result_not_found",
    "access_token_not_found",
    "version_not_found",
    "ticket_project_mismatch",
    "check_running",
    "nothing_to_refresh",
    "precondition_failed",
    "bearer_token_required",
    "incomplete_configuration",
    "validation_error",
    "body_too_large",
    "head_too_large",
    "request_timeout",
    "too_many_connections",
    "database_unavailable",
    "shutting_down",
    "not_found",
    "method_not_allowed",
    "bad_request",
    "internal_error",
]
"""Codes of the problems that a request is refused with."""

Action = Literal[
    "project_saved",
    "project_erased",
    "configuration_saved",
    "configuration_erased",
    "configuration_tested",
    "access_token_made",
    "access_token_revoked",
    "ticket_looked_up",
    "customer_read",
    "ticket_erased",
    "customer_erased",
    "results_erased",
    "bearer_token_resealed",
]
"""An audited action; the value is its name in the API and in the table."""


class Ai(TypedDict):
    """The AI that reads emails; `problem` is what its provider refuses, for the operator to mend."""

    provider: str
    model: str
    problem: str | None


class BatchTicketInput(TypedDict):
    """One ticket of a batch."""

    subject: NotRequired[str]
    body: str
    body_format: NotRequired[Literal["text", "html"]]
    # the sender's address; optional
    sender: NotRequired[str]
    # the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none
    sender_verified: NotRequired[bool | None]
    project_id: str
    # true: refused, nothing is run or stored
    is_spam: NotRequired[bool]
    ticket_id: str
    # run it anew and replace the stored result
    refresh: NotRequired[bool]


class CheckedAgainst(TypedDict):
    """What a draft was held against."""

    # when the customer's facts were looked up
    created_at: str
    fields: int
    # true: the sender may not be told any value of the record
    withheld: bool


class Complaint(TypedDict):
    """One part of the request that is wrong."""

    loc: list[str | int]
    msg: str
    type: str


class CustomerErased(TypedDict):
    """What an erasure has taken."""

    project_id: str
    # as the customer endpoint would have got it; null: it would never have, so nothing was stored
    identifier: str | None
    results_erased: int


class Day(TypedDict):
    """The look-ups of one day, UTC, by status; every status is there, and unknown customers apart from `ok`."""

    day: str
    by_status: dict[Literal["ok", "no_data", "no_identifier", "fetch_error", "skipped_credits", "disabled"], int]


class DraftInput(TypedDict):
    """A reply before it is sent, and what the caller knows besides the customer's facts."""

    project_id: str
    # plain text of the reply; at most 32 KB in UTF-8
    draft: str
    # texts whose figures are fine too: the email, earlier replies, an article; at most 8 KB each
    also_known: NotRequired[list[str]]


class FailingEndpoint(TypedDict):
    """A project's customer endpoint that failed ten times in a row."""

    project_id: str
    # when it had failed ten times in a row, and was left alone
    failing_since: str
    failures: int
    message: str


class Field(TypedDict):
    """One labelled row; `source` is the JSON Pointer (RFC 6901) of its fact."""

    label: str
    # the fact as text, for whoever formats nothing
    value: str
    source: str
    # how a card may format raw
    type: Literal["text", "number", "percent", "money", "date", "datetime", "choice", "list"]
    # the machine's form of the value: 49.90 EUR, 2026-12-01, true; a list as a JSON array; empty where the
    # fact is null or empty
    raw: str
    # true: the configuration shows this row to agents, and to no AI
    agent_only: bool


class Finding(TypedDict):
    """One place of a draft that needs a person."""

    kind: Literal["number", "money", "date", "identifier", "address", "status", "withheld"]
    text: str
    # in UTF-16 code units of the draft, as JavaScript counts
    start: int
    end: int
    message: str


class Header(TypedDict):
    """One header of the request, the token redacted."""

    name: str
    value: str


IdentifiedBy = Literal["ai", "agent"]
"""Who named the identifier of a look-up: the AI, which read the email, or an agent."""

Identity = Literal["match", "mismatch", "unknown"]
"""Whether the sender of an email is the customer whose record was looked up."""

IdentityPolicy = Literal["show", "require_match"]
"""The identity policy: what the drafting AI is told of a record whose customer is not the sender."""


class KeptStep(TypedDict):
    """One step of a run, without a word of email, endpoint or customer."""

    name: Literal["extract", "fetch", "summarize"]
    outcome: Literal["ok", "failed", "skipped", "running"]
    duration_ms: int
    # of the customer endpoint's answer; null: none came
    http_status: NotRequired[int | None]
    # of its body
    bytes: NotRequired[int | None]
    # what the code corrected in the AI's rows, counted
    changes: NotRequired[str]


class Link(TypedDict):
    """One link that the customer endpoint offers."""

    label: str
    url: str


class ListedProject(TypedDict):
    """A project as it stands in the list."""

    project_id: str
    plan: str
    customer_context_included: bool
    # whether its look-up is turned on
    enabled: bool


class LookUpInput(TypedDict):
    """Whom a person names as the customer behind a ticket."""

    project_id: str
    # how the customer endpoint knows the customer
    identifier: str
    # the sender's address, to compare it; optional
    sender: NotRequired[str]
    # the helpdesk's own verdict on the sender
    sender_verified: NotRequired[bool | None]


class LowCredits(TypedDict):
    """How much of a month's allowance of AI credits a project has used."""

    project_id: str
    # the share that is reached; each is told once for an allowance
    percent: Literal[80, 100]
    credits_used: int
    monthly_ai_credits: int
    credits_reset_at: str
    message: str


class Pace(TypedDict):
    """How long a step took, in milliseconds; null where it never ran."""

    p50_ms: int | None
    p95_ms: int | None


class ProjectInput(TypedDict):
    """What the helpdesk knows about a project; replaces what was there."""

    # `business`, in any case, has Customer Context
    plan: str
    owner_ids: list[str]
    monthly_ai_credits: int


class Project(TypedDict):
    """A project, with what it spent this month."""

    project_id: str
    plan: str
    # whether the plan has Customer Context
    customer_context_included: bool
    owner_ids: list[str]
    monthly_ai_credits: int
    credits_used_this_month: int
    credits_reset_at: str


class RecoveredEndpoint(TypedDict):
    """A project's customer endpoint that answers again."""

    project_id: str
    # as its endpoint.failing said
    failing_since: str
    message: str


class RefreshInput(TypedDict):
    """Which project's ticket is looked up anew."""

    project_id: str


class RefusedAi(TypedDict):
    """An AI provider that refuses the service's key, model or settings; of no single project."""

    ai_provider: str
    ai_model: str
    # what the operator has to mend
    problem: str
    message: str


class Response(TypedDict):
    """The head of what it answered, and a preview of the body."""

    http_status: int
    content_type: str
    bytes: int
    remote_address: str
    body_preview: str


class SampleConfiguration(TypedDict):
    """Fields of a configuration that asks the sample endpoint."""

    api_url: str
    method: Literal["GET", "POST"]
    identifier_parameter: str
    # opens made-up records only
    bearer_token: str


State = Literal["closed", "open", "half_open"]
"""The state of a circuit breaker: closed lets all pass, open nobody, half open one."""

Status = Literal["ok", "no_identifier", "fetch_error", "skipped_credits", "disabled"]
"""The five statuses of the guide."""


class Step(TypedDict):
    """One of the three steps."""

    name: Literal["extract", "fetch", "summarize"]
    outcome: Literal["ok", "failed", "skipped"]
    duration_ms: int
    detail: str


class TicketInput(TypedDict):
    """A new ticket."""

    subject: NotRequired[str]
    body: str
    body_format: NotRequired[Literal["text", "html"]]
    # the sender's address; optional
    sender: NotRequired[str]
    # the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none
    sender_verified: NotRequired[bool | None]
    project_id: str
    # true: 204, nothing is run or stored
    is_spam: NotRequired[bool]


TokenScope = Literal["owner", "read"]
"""The scope of an access token: all that owners use, or only reading."""


class UnreadableToken(TypedDict):
    """A project whose stored bearer token opens with no key of the service."""

    project_id: str
    message: str


class Usage(TypedDict):
    """Tokens of the AI calls; those that the provider read from its cache or wrote into it are counted apart."""

    input_tokens: int
    output_tokens: int
    cache_read_input_tokens: int
    cache_creation_input_tokens: int


Verdict = Literal["pass", "warn", "fail", "not_run"]
"""The verdict on a requirement; a warning keeps to the contract, but not for long."""


class Version(TypedDict):
    """One version, as it was saved."""

    version: int
    saved_at: str
    saved_by: str
    # names of the fields that differ from the version before
    changed: list[str]
    # its fields, without any token
    configuration: dict[str, str | bool | list[str] | None]


class AccessTokenInput(TypedDict):
    """A new access token."""

    # what it is for, in one line
    label: str
    # seconds until it expires: 5 minutes to 90 days
    expires_in: int
    # owner: all that owners use; read: only reading
    scope: NotRequired[TokenScope]


class AccessToken(TypedDict):
    """What is known of an access token."""

    token_id: str
    label: str
    scope: TokenScope
    created_by: str
    created_at: str
    expires_at: str
    # to the minute; null: never
    last_used_at: str | None


class AiMisconfigured(TypedDict):
    """The AI provider begins to refuse the service's key, model or settings."""

    type: Literal["ai.misconfigured"]
    timestamp: str
    data: RefusedAi


class AuditEntry(TypedDict):
    """Who did what to the project, and when: names and ids, never a value."""

    at: str
    # the person who was named; null: nobody was
    actor: str | None
    action: Action
    # names of what changed, or was laid over in a test; never a value
    fields: list[str]
    # id of the access token or the ticket that it was about
    subject: str | None
    # how many results an erasure took
    results_erased: int | None


class BatchInput(TypedDict):
    """Tickets to be enriched."""

    tickets: list[BatchTicketInput]


class BatchRow(TypedDict):
    """What became of one ticket of a batch; `code`, `detail` and `errors` are those of the problem that refused
    it.
    """

    # null where it is not valid
    ticket_id: str | None
    # accepted: its run is under way; stored: it has a result already; refused: see code
    outcome: Literal["accepted", "stored", "refused"]
    # where its result is, or will be
    location: str | None
    code: (
        Literal["project_not_found", "ticket_project_mismatch", "validation_error", "body_too_large", "is_spam"] | None
    )
    detail: str | None
    # with validation_error only
    errors: list[Complaint] | None


class Breaker(TypedDict):
    """Whether the customer endpoint is asked: closed, always; open, not until the next try; half open, being
    tried.
    """

    state: State
    # in a row, up to now
    failures: int
    opened_at: str | None
    # when the next look-up may try the endpoint; null: any may
    next_probe_at: str | None


class CheckFinding(TypedDict):
    """How one requirement came out."""

    # stable
    id: str
    title: str
    verdict: Verdict
    seen: str
    # what to do; empty where nothing is to be mended
    mend: str
    # id of the missed requirement without which this one cannot be judged
    waits_for: str | None


class ConfigurationInput(TypedDict):
    """Any fields of a configuration. Absent: the default (PUT) or what is stored (PATCH); null: the default."""

    # how the customer endpoint is called
    method: NotRequired[Literal["GET", "POST"] | None]
    # full HTTPS URL of the customer endpoint
    api_url: NotRequired[str | None]
    # query or body key of the identifier
    identifier_parameter: NotRequired[str | None]
    # write-only; 16 to 4,096 visible ASCII characters; absent, null or empty keeps the stored one
    bearer_token: NotRequired[str | None]
    # How to identify the customer: where the identifier stands in the email, in plain English
    identify_instructions: NotRequired[str | None]
    # What to show in the sidebar: which facts, with which labels, in plain English
    display_instructions: NotRequired[str | None]
    # JSON Pointer (RFC 6901) of the customer's address, or array of addresses, in the endpoint's answer; null
    # or empty: senders are not compared
    match_path: NotRequired[str | None]
    # what ai_context holds of a record whose customer is not the sender. show: everything, with a warning on a
    # mismatch; require_match: nothing but that there is a record, unless the sender matches, which without
    # match_path nobody does
    identity_policy: NotRequired[IdentityPolicy | None]
    # senders that write for many customers, as a contact form, a chat or a marketplace: address@host, or @host
    # for all of a host. They are not counted against the limit of customers per sender, and their identity is
    # unknown
    relay_senders: NotRequired[list[str] | None]
    # JSON Pointers (RFC 6901) of facts that agents may see and no AI: masked before the answer is summarized,
    # absent from ai_context; their rows carry agent_only
    agent_only: NotRequired[list[str] | None]
    # Enable customer context: whether new tickets are looked up
    enabled: NotRequired[bool | None]


class Configuration(TypedDict):
    """A configuration as owners see it: the token's presence, never the token."""

    method: Literal["GET", "POST"]
    api_url: str
    identifier_parameter: str
    identify_instructions: str
    display_instructions: str
    match_path: str | None
    identity_policy: IdentityPolicy
    relay_senders: list[str]
    agent_only: list[str]
    enabled: bool
    # the form that the identify instructions name beyond doubt, in words; an answer without it is
    # not_grounded. null where they name none
    identifier_form: str | None
    bearer_token_configured: bool
    bearer_token_updated_at: str | None
    created_at: str | None
    updated_at: str | None
    updated_by: str | None


class CreditsLow(TypedDict):
    """A project has used 80 % or all of a month's AI credits."""

    type: Literal["credits.low"]
    timestamp: str
    data: LowCredits


class DraftChecked(TypedDict):
    """What a draft states that nothing backs, and what of a record it tells that the sender may not be told."""

    ticket_id: str
    findings: list[Finding]
    checked_against: CheckedAgainst


class Ended(TypedDict):
    """How one look-up ended."""

    ended_at: str
    status: Status
    reason: Reason | None
    duration_ms: int
    # null: it ended before ticket ids were kept
    ticket_id: str | None
    # how its steps went; without data
    steps: list[KeptStep]


class EndpointFailing(TypedDict):
    """A project's customer endpoint begins to fail."""

    type: Literal["endpoint.failing"]
    timestamp: str
    data: FailingEndpoint


class EndpointRecovered(TypedDict):
    """A project's customer endpoint answers again."""

    type: Literal["endpoint.recovered"]
    timestamp: str
    data: RecoveredEndpoint


class LastAttempt(TypedDict):
    """What came of a later try that left the facts as they were."""

    status: Status
    reason: Reason | None
    message: str
    at: str


class ListedProjects(TypedDict):
    """One page of the projects, in the order of their ids."""

    projects: list[ListedProject]
    # where the next page begins; null: this is the last
    next_cursor: str | None


class NewAccessToken(TypedDict):
    """A new access token: the only answer that ever holds it."""

    token_id: str
    # shown this once
    token: str
    label: str
    scope: TokenScope
    expires_at: str
    # the settings page; what follows # stays in the browser
    settings_url: str


class Pending(TypedDict):
    """A ticket whose run is under way, in the shape of a result; what is not known yet is empty or null."""

    ticket_id: str
    project_id: str
    status: Literal["pending"]
    reason: None
    message: str
    identifier: None
    identified_by: None
    summary: str
    fields: list[Field]
    links: list[Link]
    identity: Literal["unknown"]
    ai_context: str
    ai_context_withheld: bool
    credits_used: int
    ai_provider: None
    ai_model: None
    usage: None
    timings_ms: dict[str, int]
    steps: list[KeptStep]
    # since when the run is under way
    created_at: str
    last_attempt: None
    reused: bool


class Readiness(TypedDict):
    """A process that can serve, and the version of what it runs."""

    status: Literal["ok"]
    version: str
    ai: Ai


class Request(TypedDict):
    """The exact request that was sent to the customer endpoint."""

    method: str
    url: str
    headers: list[Header]
    body: str | None


class Sample(TypedDict):
    """The operator's sample endpoint."""

    # null: the operator runs none
    sample: SampleConfiguration | None


class TokenUnreadableEvent(TypedDict):
    """A project's stored bearer token can be decrypted no more."""

    type: Literal["token.unreadable"]
    timestamp: str
    data: UnreadableToken


class Versions(TypedDict):
    """The versions that are kept, the newest first."""

    versions: list[Version]


class Problem(TypedDict):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    # with 422 only
    errors: NotRequired[list[Complaint] | None]


class AccessTokens(TypedDict):
    """The access tokens that have not expired, the newest first."""

    access_tokens: list[AccessToken]


class Activity(TypedDict):
    """How a project's look-ups went, without a word of a customer's."""

    project_id: str
    lookups: int
    # customers found, 0 to 1; null where there were no look-ups
    ok_share: float | None
    # of look-ups whose endpoint knew nobody, 0 to 1; null as above
    unknown_share: float | None
    # of the customers found, those who were the verified sender, 0 to 1; null where none was found
    match_share: float | None
    # each day, the oldest first
    per_day: list[Day]
    steps: dict[Literal["extract", "fetch", "summarize", "total"], Pace]
    # the last 50, the newest first
    recent: list[Ended]
    monthly_ai_credits: int
    credits_used_this_month: int
    credits_reset_at: str
    breaker: Breaker


class Audit(TypedDict):
    """One page of the audit trail, the newest first."""

    entries: list[AuditEntry]
    # where the next page begins; null: this is the last
    next_cursor: str | None


class Batch(TypedDict):
    """What became of the tickets of a batch, in their order."""

    tickets: list[BatchRow]
    accepted: int
    stored: int
    refused: int


class CheckInput(TypedDict):
    """Ids to ask for, and configuration fields to lay over what is stored."""

    # ids that the endpoint knows, one of each kind
    ids: list[str]
    # an id of the right form that nobody has
    unknown_id: NotRequired[str | None]
    config: NotRequired[ConfigurationInput | None]


class Check(TypedDict):
    """What a check has found."""

    # without its query
    url: str
    method: Literal["GET", "POST"]
    # no requirement failed; warnings are no failures
    passed: bool
    headline: str
    counts: dict[Verdict, int]
    requirements: list[CheckFinding]


class ListedTicket(TypedDict):
    """How the look-up of a ticket ended, without facts."""

    ticket_id: str
    status: Status
    reason: Reason | None
    created_at: str
    last_attempt: LastAttempt | None


class TicketResult(TypedDict):
    """The result of a ticket."""

    status: Status
    reason: Reason | None
    message: str
    identifier: str | None
    # agent: a person named the customer (look-up)
    identified_by: IdentifiedBy
    summary: str
    fields: list[Field]
    links: list[Link]
    # match: the sender is verified and is the customer's address on file; mismatch: another is on file;
    # unknown: everything else
    identity: Identity
    ai_context: str
    # true: identity_policy kept every value of the record out of ai_context; show the rest to agents only, and
    # to no AI
    ai_context_withheld: bool
    credits_used: int
    ai_provider: str
    ai_model: str
    usage: Usage
    timings_ms: dict[str, int]
    # the three steps as they went; without data
    steps: NotRequired[list[KeptStep]]
    # when the facts were looked up, or the run ended without any
    created_at: str
    # a later run that had no facts and left these; null: the last run is the one shown
    last_attempt: LastAttempt | None
    ticket_id: str
    project_id: str
    # true: it was stored before this request, and nothing was run
    reused: bool


class Trace(TypedDict):
    """What a test did, step by step."""

    identifier_raw: str | None
    identifier_sent: str | None
    request: Request | None
    response: Response | None
    steps: list[Step]


class TrialInput(TypedDict):
    """A sample email, and configuration fields to lay over what is stored."""

    subject: NotRequired[str]
    body: str
    body_format: NotRequired[Literal["text", "html"]]
    # the sender's address; optional
    sender: NotRequired[str]
    # the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none
    sender_verified: NotRequired[bool | None]
    config: NotRequired[ConfigurationInput | None]


class Customer(TypedDict):
    """One page of what is held about a customer, the newest first."""

    project_id: str
    # as the customer endpoint would have got it; null: it would never have, so nothing is stored
    identifier: str | None
    results: list[TicketResult]
    # where the next page begins; null: this is the last
    next_cursor: str | None


class EnrichmentCompleted(TypedDict):
    """An asynchronous run has ended, whatever its status."""

    type: Literal["enrichment.completed"]
    # when it ended
    timestamp: str
    data: TicketResult


class ListedTickets(TypedDict):
    """One page of a project's results, the newest first."""

    tickets: list[ListedTicket]
    # where the next page begins; null: this is the last
    next_cursor: str | None


class Trial(TypedDict):
    """The result of a test."""

    status: Status
    reason: Reason | None
    message: str
    identifier: str | None
    # agent: a person named the customer (look-up)
    identified_by: IdentifiedBy
    summary: str
    fields: list[Field]
    links: list[Link]
    # match: the sender is verified and is the customer's address on file; mismatch: another is on file;
    # unknown: everything else
    identity: Identity
    ai_context: str
    # true: identity_policy kept every value of the record out of ai_context; show the rest to agents only, and
    # to no AI
    ai_context_withheld: bool
    credits_used: int
    ai_provider: str
    ai_model: str
    usage: Usage
    timings_ms: dict[str, int]
    # the three steps as they went; without data
    steps: NotRequired[list[KeptStep]]
    # when the facts were looked up, or the run ended without any
    created_at: str
    # a later run that had no facts and left these; null: the last run is the one shown
    last_attempt: LastAttempt | None
    trace: Trace


WebhookEvent = (
    EnrichmentCompleted | EndpointFailing | EndpointRecovered | CreditsLow | TokenUnreadableEvent | AiMisconfigured
)
"""An event of the webhook; its type tells which."""

REASONS: Final[Mapping[Status, tuple[Reason, ...]]] = {
    "ok": ("no_data", "summary_fallback"),
    "no_identifier": (
        "not_found",
        "not_grounded",
        "not_sendable",
        "ai_unavailable",
        "ai_misconfigured",
        "ai_refused",
        "enumeration_limit",
        "interrupted",
    ),
    "fetch_error": (
        "timeout",
        "dns_error",
        "connect_error",
        "tls_error",
        "blocked_address",
        "http_status",
        "redirect",
        "not_json",
        "too_large",
        "invalid_json",
        "not_object",
        "protocol_error",
        "circuit_open",
    ),
    "skipped_credits": (),
    "disabled": ("not_enabled", "not_configured", "plan", "token_unreadable"),
}
"""The reasons of each status; one that says it all has none."""
