// Bodies that the service takes and answers; a newer service may add fields and words. Written by `make clients` from openapi.yaml; change nothing here.

/** Why a look-up ended as its status says. */
export type Reason = "no_data" | "summary_fallback" | "not_found" | "not_grounded" | "not_sendable" | "ai_unavailable" | "ai_misconfigured" | "ai_refused" | "enumeration_limit" | "interrupted" | "timeout" | "dns_error" | "connect_error" | "tls_error" | "blocked_address" | "http_status" | "redirect" | "not_json" | "too_large" | "invalid_json" | "not_object" | "protocol_error" | "circuit_open" | "not_enabled" | "not_configured" | "plan" | "token_unreadable";

/** Codes of the problems that a request is refused with. */
export type Code = "unauthorized" | "actor_required" | "not_owner" | "plan_required" | "out_of_scope" | "project_not_found" | "result_not_found" | "access_token_not_found" | "version_not_found" | "ticket_project_mismatch" | "check_running" | "nothing_to_refresh" | "precondition_failed" | "bearer_token_required" | "incomplete_configuration" | "validation_error" | "body_too_large" | "head_too_large" | "request_timeout" | "too_many_connections" | "database_unavailable" | "shutting_down" | "not_found" | "method_not_allowed" | "bad_request" | "internal_error";

/** An audited action; the value is its name in the API and in the table. */
export type Action = "project_saved" | "project_erased" | "configuration_saved" | "configuration_erased" | "configuration_tested" | "access_token_made" | "access_token_revoked" | "ticket_looked_up" | "customer_read" | "ticket_erased" | "customer_erased" | "results_erased" | "bearer_token_resealed";

/** The AI that reads emails; `problem` is what its provider refuses, for the operator to mend. */
export interface Ai {
  provider: string;
  model: string;
  problem: string | null;
}

/** One ticket of a batch. */
export interface BatchTicketInput {
  subject?: string;
  body: string;
  body_format?: "text" | "html";
  /** the sender's address; optional */
  sender?: string;
  /** the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none */
  sender_verified?: boolean | null;
  project_id: string;
  /** true: refused, nothing is run or stored */
  is_spam?: boolean;
  ticket_id: string;
  /** run it anew and replace the stored result */
  refresh?: boolean;
}

/** What a draft was held against. */
export interface CheckedAgainst {
  /** when the customer's facts were looked up */
  created_at: string;
  fields: number;
  /** true: the sender may not be told any value of the record */
  withheld: boolean;
}

/** One part of the request that is wrong. */
export interface Complaint {
  loc: Array<string | number>;
  msg: string;
  type: string;
}

/** What an erasure has taken. */
export interface CustomerErased {
  project_id: string;
  /** as the customer endpoint would have got it; null: it would never have, so nothing was stored */
  identifier: string | null;
  results_erased: number;
}

/** The look-ups of one day, UTC, by status; every status is there, and unknown customers apart from `ok`. */
export interface Day {
  day: string;
  by_status: Partial<Record<"ok" | "no_data" | "no_identifier" | "fetch_error" | "skipped_credits" | "disabled", number>>;
}

/** A reply before it is sent, and what the caller knows besides the customer's facts. */
export interface DraftInput {
  project_id: string;
  /** plain text of the reply; at most 32 KB in UTF-8 */
  draft: string;
  /** texts whose figures are fine too: the email, earlier replies, an article; at most 8 KB each */
  also_known?: Array<string>;
}

/** A project's customer endpoint that failed ten times in a row. */
export interface FailingEndpoint {
  project_id: string;
  /** when it had failed ten times in a row, and was left alone */
  failing_since: string;
  failures: number;
  message: string;
}

/** One labelled row; `source` is the JSON Pointer (RFC 6901) of its fact. */
export interface Field {
  label: string;
  /** the fact as text, for whoever formats nothing */
  value: string;
  source: string;
  /** how a card may format raw */
  type: "text" | "number" | "percent" | "money" | "date" | "datetime" | "choice" | "list";
  /**
   * the machine's form of the value: 49.90 EUR, 2026-12-01, true; a list as a JSON array; empty where the
   * fact is null or empty
   */
  raw: string;
  /** true: the configuration shows this row to agents, and to no AI */
  agent_only: boolean;
}

/** One place of a draft that needs a person. */
export interface Finding {
  kind: "number" | "money" | "date" | "identifier" | "address" | "status" | "withheld";
  text: string;
  /** in UTF-16 code units of the draft, as JavaScript counts */
  start: number;
  end: number;
  message: string;
}

/** One header of the request, the token redacted. */
export interface Header {
  name: string;
  value: string;
}

/** Who named the identifier of a look-up: the AI, which read the email, or an agent. */
export type IdentifiedBy = "ai" | "agent";

/** Whether the sender of an email is the customer whose record was looked up. */
export type Identity = "match" | "mismatch" | "unknown";

/** The identity policy: what the drafting AI is told of a record whose customer is not the sender. */
export type IdentityPolicy = "show" | "require_match";

/** One step of a run, without a word of email, endpoint or customer. */
export interface KeptStep {
  name: "extract" | "fetch" | "summarize";
  outcome: "ok" | "failed" | "skipped" | "running";
  duration_ms: number;
  /** of the customer endpoint's answer; null: none came */
  http_status?: number | null;
  /** of its body */
  bytes?: number | null;
  /** what the code corrected in the AI's rows, counted */
  changes?: string;
}

/** One link that the customer endpoint offers. */
export interface Link {
  label: string;
  url: string;
}

/** A project as it stands in the list. */
export interface ListedProject {
  project_id: string;
  plan: string;
  customer_context_included: boolean;
  /** whether its look-up is turned on */
  enabled: boolean;
}

/** Whom a person names as the customer behind a ticket. */
export interface LookUpInput {
  project_id: string;
  /** how the customer endpoint knows the customer */
  identifier: string;
  /** the sender's address, to compare it; optional */
  sender?: string;
  /** the helpdesk's own verdict on the sender */
  sender_verified?: boolean | null;
}

/** How much of a month's allowance of AI credits a project has used. */
export interface LowCredits {
  project_id: string;
  /** the share that is reached; each is told once for an allowance */
  percent: 80 | 100;
  credits_used: number;
  monthly_ai_credits: number;
  credits_reset_at: string;
  message: string;
}

/** How long a step took, in milliseconds; null where it never ran. */
export interface Pace {
  p50_ms: number | null;
  p95_ms: number | null;
}

/** What the helpdesk knows about a project; replaces what was there. */
export interface ProjectInput {
  /** `business`, in any case, has Customer Context */
  plan: string;
  owner_ids: Array<string>;
  monthly_ai_credits: number;
}

/** A project, with what it spent this month. */
export interface Project {
  project_id: string;
  plan: string;
  /** whether the plan has Customer Context */
  customer_context_included: boolean;
  owner_ids: Array<string>;
  monthly_ai_credits: number;
  credits_used_this_month: number;
  credits_reset_at: string;
}

/** A project's customer endpoint that answers again. */
export interface RecoveredEndpoint {
  project_id: string;
  /** as its endpoint.failing said */
  failing_since: string;
  message: string;
}

/** Which project's ticket is looked up anew. */
export interface RefreshInput {
  project_id: string;
}

/** An AI provider that refuses the service's key, model or settings; of no single project. */
export interface RefusedAi {
  ai_provider: string;
  ai_model: string;
  /** what the operator has to mend */
  problem: string;
  message: string;
}

/** The head of what it answered, and a preview of the body. */
export interface Response {
  http_status: number;
  content_type: string;
  bytes: number;
  remote_address: string;
  body_preview: string;
}

/** Fields of a configuration that asks the sample endpoint. */
export interface SampleConfiguration {
  api_url: string;
  method: "GET" | "POST";
  identifier_parameter: string;
  /** opens made-up records only */
  bearer_token: string;
}

/** The state of a circuit breaker: closed lets all pass, open nobody, half open one. */
export type State = "closed" | "open" | "half_open";

/** The five statuses of the guide. */
export type Status = "ok" | "no_identifier" | "fetch_error" | "skipped_credits" | "disabled";

/** One of the three steps. */
export interface Step {
  name: "extract" | "fetch" | "summarize";
  outcome: "ok" | "failed" | "skipped";
  duration_ms: number;
  detail: string;
}

/** A new ticket. */
export interface TicketInput {
  subject?: string;
  body: string;
  body_format?: "text" | "html";
  /** the sender's address; optional */
  sender?: string;
  /** the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none */
  sender_verified?: boolean | null;
  project_id: string;
  /** true: 204, nothing is run or stored */
  is_spam?: boolean;
}

/** The scope of an access token: all that owners use, or only reading. */
export type TokenScope = "owner" | "read";

/** A project whose stored bearer token opens with no key of the service. */
export interface UnreadableToken {
  project_id: string;
  message: string;
}

/** Tokens of the AI calls; those that the provider read from its cache or wrote into it are counted apart. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_input_tokens: number;
  cache_creation_input_tokens: number;
}

/** The verdict on a requirement; a warning keeps to the contract, but not for long. */
export type Verdict = "pass" | "warn" | "fail" | "not_run";

/** One version, as it was saved. */
export interface Version {
  version: number;
  saved_at: string;
  saved_by: string;
  /** names of the fields that differ from the version before */
  changed: Array<string>;
  /** its fields, without any token */
  configuration: Partial<Record<string, string | boolean | Array<string> | null>>;
}

/** A new access token. */
export interface AccessTokenInput {
  /** what it is for, in one line */
  label: string;
  /** seconds until it expires: 5 minutes to 90 days */
  expires_in: number;
  /** owner: all that owners use; read: only reading */
  scope?: TokenScope;
}

/** What is known of an access token. */
export interface AccessToken {
  token_id: string;
  label: string;
  scope: TokenScope;
  created_by: string;
  created_at: string;
  expires_at: string;
  /** to the minute; null: never */
  last_used_at: string | null;
}

/** The AI provider begins to refuse the service's key, model or settings. */
export interface AiMisconfigured {
  type: "ai.misconfigured";
  timestamp: string;
  data: RefusedAi;
}

/** Who did what to the project, and when: names and ids, never a value. */
export interface AuditEntry {
  at: string;
  /** the person who was named; null: nobody was */
  actor: string | null;
  action: Action;
  /** names of what changed, or was laid over in a test; never a value */
  fields: Array<string>;
  /** id of the access token or the ticket that it was about */
  subject: string | null;
  /** how many results an erasure took */
  results_erased: number | null;
}

/** Tickets to be enriched. */
export interface BatchInput {
  tickets: Array<BatchTicketInput>;
}

/**
 * What became of one ticket of a batch; `code`, `detail` and `errors` are those of the problem that refused
 * it.
 */
export interface BatchRow {
  /** null where it is not valid */
  ticket_id: string | null;
  /** accepted: its run is under way; stored: it has a result already; refused: see code */
  outcome: "accepted" | "stored" | "refused";
  /** where its result is, or will be */
  location: string | null;
  code: "project_not_found" | "ticket_project_mismatch" | "validation_error" | "body_too_large" | "is_spam" | null;
  detail: string | null;
  /** with validation_error only */
  errors: Array<Complaint> | null;
}

/**
 * Whether the customer endpoint is asked: closed, always; open, not until the next try; half open, being
 * tried.
 */
export interface Breaker {
  state: State;
  /** in a row, up to now */
  failures: number;
  opened_at: string | null;
  /** when the next look-up may try the endpoint; null: any may */
  next_probe_at: string | null;
}

/** How one requirement came out. */
export interface CheckFinding {
  /** stable */
  id: string;
  title: string;
  verdict: Verdict;
  seen: string;
  /** what to do; empty where nothing is to be mended */
  mend: string;
  /** id of the missed requirement without which this one cannot be judged */
  waits_for: string | null;
}

/** Any fields of a configuration. Absent: the default (PUT) or what is stored (PATCH); null: the default. */
export interface ConfigurationInput {
  /** how the customer endpoint is called */
  method?: "GET" | "POST" | null;
  /** full HTTPS URL of the customer endpoint */
  api_url?: string | null;
  /** query or body key of the identifier */
  identifier_parameter?: string | null;
  /** write-only; 16 to 4,096 visible ASCII characters; absent, null or empty keeps the stored one */
  bearer_token?: string | null;
  /** How to identify the customer: where the identifier stands in the email, in plain English */
  identify_instructions?: string | null;
  /** What to show in the sidebar: which facts, with which labels, in plain English */
  display_instructions?: string | null;
  /**
   * JSON Pointer (RFC 6901) of the customer's address, or array of addresses, in the endpoint's answer; null
   * or empty: senders are not compared
   */
  match_path?: string | null;
  /**
   * what ai_context holds of a record whose customer is not the sender. show: everything, with a warning on a
   * mismatch; require_match: nothing but that there is a record, unless the sender matches, which without
   * match_path nobody does
   */
  identity_policy?: IdentityPolicy | null;
  /**
   * senders that write for many customers, as a contact form, a chat or a marketplace: address@host, or @host
   * for all of a host. They are not counted against the limit of customers per sender, and their identity is
   * unknown
   */
  relay_senders?: Array<string> | null;
  /**
   * JSON Pointers (RFC 6901) of facts that agents may see and no AI: masked before the answer is summarized,
   * absent from ai_context; their rows carry agent_only
   */
  agent_only?: Array<string> | null;
  /** Enable customer context: whether new tickets are looked up */
  enabled?: boolean | null;
}

/** A configuration as owners see it: the token's presence, never the token. */
export interface Configuration {
  method: "GET" | "POST";
  api_url: string;
  identifier_parameter: string;
  identify_instructions: string;
  display_instructions: string;
  match_path: string | null;
  identity_policy: IdentityPolicy;
  relay_senders: Array<string>;
  agent_only: Array<string>;
  enabled: boolean;
  /**
   * the form that the identify instructions name beyond doubt, in words; an answer without it is
   * not_grounded. null where they name none
   */
  identifier_form: string | null;
  bearer_token_configured: boolean;
  bearer_token_updated_at: string | null;
  created_at: string | null;
  updated_at: string | null;
  updated_by: string | null;
}

/** A project has used 80 % or all of a month's AI credits. */
export interface CreditsLow {
  type: "credits.low";
  timestamp: string;
  data: LowCredits;
}

/** What a draft states that nothing backs, and what of a record it tells that the sender may not be told. */
export interface DraftChecked {
  ticket_id: string;
  findings: Array<Finding>;
  checked_against: CheckedAgainst;
}

/** How one look-up ended. */
export interface Ended {
  ended_at: string;
  status: Status;
  reason: Reason | null;
  duration_ms: number;
  /** null: it ended before ticket ids were kept */
  ticket_id: string | null;
  /** how its steps went; without data */
  steps: Array<KeptStep>;
}

/** A project's customer endpoint begins to fail. */
export interface EndpointFailing {
  type: "endpoint.failing";
  timestamp: string;
  data: FailingEndpoint;
}

/** A project's customer endpoint answers again. */
export interface EndpointRecovered {
  type: "endpoint.recovered";
  timestamp: string;
  data: RecoveredEndpoint;
}

/** What came of a later try that left the facts as they were. */
export interface LastAttempt {
  status: Status;
  reason: Reason | null;
  message: string;
  at: string;
}

/** One page of the projects, in the order of their ids. */
export interface ListedProjects {
  projects: Array<ListedProject>;
  /** where the next page begins; null: this is the last */
  next_cursor: string | null;
}

/** A new access token: the only answer that ever holds it. */
export interface NewAccessToken {
  token_id: string;
  /** shown this once */
  token: string;
  label: string;
  scope: TokenScope;
  expires_at: string;
  /** the settings page; what follows # stays in the browser */
  settings_url: string;
}

/** A ticket whose run is under way, in the shape of a result; what is not known yet is empty or null. */
export interface Pending {
  ticket_id: string;
  project_id: string;
  status: "pending";
  reason: null;
  message: string;
  identifier: null;
  identified_by: null;
  summary: string;
  fields: Array<Field>;
  links: Array<Link>;
  identity: "unknown";
  ai_context: string;
  ai_context_withheld: boolean;
  credits_used: number;
  ai_provider: null;
  ai_model: null;
  usage: null;
  timings_ms: Partial<Record<string, number>>;
  steps: Array<KeptStep>;
  /** since when the run is under way */
  created_at: string;
  last_attempt: null;
  reused: boolean;
}

/** A process that can serve, and the version of what it runs. */
export interface Readiness {
  status: "ok";
  version: string;
  ai: Ai;
}

/** The exact request that was sent to the customer endpoint. */
export interface Request {
  method: string;
  url: string;
  headers: Array<Header>;
  body: string | null;
}

/** The operator's sample endpoint. */
export interface Sample {
  /** null: the operator runs none */
  sample: SampleConfiguration | null;
}

/** A project's stored bearer token can be decrypted no more. */
export interface TokenUnreadableEvent {
  type: "token.unreadable";
  timestamp: string;
  data: UnreadableToken;
}

/** The versions that are kept, the newest first. */
export interface Versions {
  versions: Array<Version>;
}

/** Problem details (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  /** with 422 only */
  errors?: Array<Complaint> | null;
}

/** The access tokens that have not expired, the newest first. */
export interface AccessTokens {
  access_tokens: Array<AccessToken>;
}

/** How a project's look-ups went, without a word of a customer's. */
export interface Activity {
  project_id: string;
  lookups: number;
  /** customers found, 0 to 1; null where there were no look-ups */
  ok_share: number | null;
  /** of look-ups whose endpoint knew nobody, 0 to 1; null as above */
  unknown_share: number | null;
  /** of the customers found, those who were the verified sender, 0 to 1; null where none was found */
  match_share: number | null;
  /** each day, the oldest first */
  per_day: Array<Day>;
  steps: Partial<Record<"extract" | "fetch" | "summarize" | "total", Pace>>;
  /** the last 50, the newest first */
  recent: Array<Ended>;
  monthly_ai_credits: number;
  credits_used_this_month: number;
  credits_reset_at: string;
  breaker: Breaker;
}

/** One page of the audit trail, the newest first. */
export interface Audit {
  entries: Array<AuditEntry>;
  /** where the next page begins; null: this is the last */
  next_cursor: string | null;
}

/** What became of the tickets of a batch, in their order. */
export interface Batch {
  tickets: Array<BatchRow>;
  accepted: number;
  stored: number;
  refused: number;
}

/** Ids to ask for, and configuration fields to lay over what is stored. */
export interface CheckInput {
  /** ids that the endpoint knows, one of each kind */
  ids: Array<string>;
  /** an id of the right form that nobody has */
  unknown_id?: string | null;
  config?: ConfigurationInput | null;
}

/** What a check has found. */
export interface Check {
  /** without its query */
  url: string;
  method: "GET" | "POST";
  /** no requirement failed; warnings are no failures */
  passed: boolean;
  headline: string;
  counts: Partial<Record<Verdict, number>>;
  requirements: Array<CheckFinding>;
}

/** How the look-up of a ticket ended, without facts. */
export interface ListedTicket {
  ticket_id: string;
  status: Status;
  reason: Reason | null;
  created_at: string;
  last_attempt: LastAttempt | null;
}

/** The result of a ticket. */
export interface TicketResult {
  status: Status;
  reason: Reason | null;
  message: string;
  identifier: string | null;
  /** agent: a person named the customer (look-up) */
  identified_by: IdentifiedBy;
  summary: string;
  fields: Array<Field>;
  links: Array<Link>;
  /**
   * match: the sender is verified and is the customer's address on file; mismatch: another is on file;
   * unknown: everything else
   */
  identity: Identity;
  ai_context: string;
  /**
   * true: identity_policy kept every value of the record out of ai_context; show the rest to agents only, and
   * to no AI
   */
  ai_context_withheld: boolean;
  credits_used: number;
  ai_provider: string;
  ai_model: string;
  usage: Usage;
  timings_ms: Partial<Record<string, number>>;
  /** the three steps as they went; without data */
  steps?: Array<KeptStep>;
  /** when the facts were looked up, or the run ended without any */
  created_at: string;
  /** a later run that had no facts and left these; null: the last run is the one shown */
  last_attempt: LastAttempt | null;
  ticket_id: string;
  project_id: string;
  /** true: it was stored before this request, and nothing was run */
  reused: boolean;
}

/** What a test did, step by step. */
export interface Trace {
  identifier_raw: string | null;
  identifier_sent: string | null;
  request: Request | null;
  response: Response | null;
  steps: Array<Step>;
}

/** A sample email, and configuration fields to lay over what is stored. */
export interface TrialInput {
  subject?: string;
  body: string;
  body_format?: "text" | "html";
  /** the sender's address; optional */
  sender?: string;
  /** the helpdesk's own verdict on the sender (SPF, DKIM and DMARC, or a login); null: it has none */
  sender_verified?: boolean | null;
  config?: ConfigurationInput | null;
}

/** One page of what is held about a customer, the newest first. */
export interface Customer {
  project_id: string;
  /** as the customer endpoint would have got it; null: it would never have, so nothing is stored */
  identifier: string | null;
  results: Array<TicketResult>;
  /** where the next page begins; null: this is the last */
  next_cursor: string | null;
}

/** An asynchronous run has ended, whatever its status. */
export interface EnrichmentCompleted {
  type: "enrichment.completed";
  /** when it ended */
  timestamp: string;
  data: TicketResult;
}

/** One page of a project's results, the newest first. */
export interface ListedTickets {
  tickets: Array<ListedTicket>;
  /** where the next page begins; null: this is the last */
  next_cursor: string | null;
}

/** The result of a test. */
export interface Trial {
  status: Status;
  reason: Reason | null;
  message: string;
  identifier: string | null;
  /** agent: a person named the customer (look-up) */
  identified_by: IdentifiedBy;
  summary: string;
  fields: Array<Field>;
  links: Array<Link>;
  /**
   * match: the sender is verified and is the customer's address on file; mismatch: another is on file;
   * unknown: everything else
   */
  identity: Identity;
  ai_context: string;
  /**
   * true: identity_policy kept every value of the record out of ai_context; show the rest to agents only, and
   * to no AI
   */
  ai_context_withheld: boolean;
  credits_used: number;
  ai_provider: string;
  ai_model: string;
  usage: Usage;
  timings_ms: Partial<Record<string, number>>;
  /** the three steps as they went; without data */
  steps?: Array<KeptStep>;
  /** when the facts were looked up, or the run ended without any */
  created_at: string;
  /** a later run that had no facts and left these; null: the last run is the one shown */
  last_attempt: LastAttempt | null;
  trace: Trace;
}

/** An event of the webhook; its type tells which. */
export type WebhookEvent = EnrichmentCompleted | EndpointFailing | EndpointRecovered | CreditsLow | TokenUnreadableEvent | AiMisconfigured;

/** The reasons of each status; one that says it all has none. */
export const REASONS: Record<Status, readonly Reason[]> = {
  "ok": [
    "no_data",
    "summary_fallback"
  ],
  "no_identifier": [
    "not_found",
    "not_grounded",
    "not_sendable",
    "ai_unavailable",
    "ai_misconfigured",
    "ai_refused",
    "enumeration_limit",
    "interrupted"
  ],
  "fetch_error": [
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
    "circuit_open"
  ],
  "skipped_credits": [],
  "disabled": [
    "not_enabled",
    "not_configured",
    "plan",
    "token_unreadable"
  ]
};
