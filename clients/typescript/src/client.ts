// The client, with every operation of the service. Written by `make clients` from openapi.yaml; change nothing here.

import type * as bodies from "./bodies.js";
import { Caller, type Event, type Limits, type Tagged } from "./caller.js";

/** Calls the service; each method is one operation of its routes. */
export class CustomerContextClient extends Caller {
  /**
   * Enrich a ticket.
   *
   * Look up the customer behind a ticket, once; a later call returns the stored result.
   *
   * A look-up that fails is a result with a status, never an error of this route. One that takes longer than
   * the caller waits, or than the service lets it wait, is answered with 202 and goes on.
   */
  enrichTicket(ticketId: string, body: bodies.TicketInput, options: Limits & { refresh?: boolean; prefer?: string } = {}): Promise<bodies.TicketResult | bodies.Pending | null> {
    return this.call({ method: "POST", path: `/tickets/${encodeURIComponent(ticketId)}/enrich`, query: { "refresh": options.refresh }, headers: { "Prefer": options.prefer }, body, once: true }, options);
  }

  /**
   * Refresh a result without its email.
   *
   * Ask the customer endpoint again with the stored identifier: no email is read, one AI call instead of two.
   *
   * The sender counts as who they were at the look-up before. A try that fails leaves the facts as they are,
   * and says so in `last_attempt`.
   */
  refreshTicket(ticketId: string, body: bodies.RefreshInput, options: Limits & { prefer?: string } = {}): Promise<bodies.TicketResult | bodies.Pending> {
    return this.call({ method: "POST", path: `/tickets/${encodeURIComponent(ticketId)}/refresh`, headers: { "Prefer": options.prefer }, body }, options);
  }

  /**
   * Look a customer up by hand.
   *
   * Look up the customer whom a person names: nothing is read with AI to find it, the identity check is as
   * ever.
   *
   * It stands in the audit trail, without the identifier.
   */
  lookUpCustomer(ticketId: string, body: bodies.LookUpInput, options: Limits & { actorId: string; prefer?: string }): Promise<bodies.TicketResult | bodies.Pending> {
    return this.call({ method: "POST", path: `/tickets/${encodeURIComponent(ticketId)}/look-up`, headers: { "X-Actor-Id": options.actorId, "Prefer": options.prefer }, body }, options);
  }

  /**
   * Read a ticket's result.
   *
   * Read what is stored for a ticket, or that a run is under way: also one that replaces a result.
   */
  getResult(ticketId: string, options: Limits & { projectId: string; wait?: number }): Promise<bodies.TicketResult | bodies.Pending> {
    return this.call({ method: "GET", path: `/tickets/${encodeURIComponent(ticketId)}/customer-context`, query: { "project_id": options.projectId, "wait": options.wait } }, options);
  }

  /**
   * Erase a ticket's result.
   *
   * Erase what is stored for a ticket, also while it runs; also answered when there is nothing.
   */
  deleteResult(ticketId: string, options: Limits & { projectId: string; actorId?: string }): Promise<null> {
    return this.call({ method: "DELETE", path: `/tickets/${encodeURIComponent(ticketId)}/customer-context`, query: { "project_id": options.projectId }, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Enrich many tickets.
   *
   * Take in up to 500 tickets in one transaction, and look them up without keeping the caller.
   *
   * A ticket that is not valid is refused by itself, with its errors, and does not stop the others. Of a
   * ticket that stands in the batch twice, the first counts. Read the results at `location`, or be told by
   * webhook or GET /events.
   */
  enrichBatch(body: bodies.BatchInput, options: Limits = {}): Promise<bodies.Batch> {
    return this.call({ method: "POST", path: `/tickets/enrich-batch`, body, once: true }, options);
  }

  /**
   * Check a draft.
   *
   * Say which figures, dates, addresses, identifiers and status words of a reply stand in no fact and no
   * known text.
   *
   * Of a record that the sender may not be told, every value is reported, in whatever spelling, also where
   * the sender wrote it first: to repeat it would confirm it. No AI is asked, and nothing of the draft is
   * stored or logged.
   */
  checkDraft(ticketId: string, body: bodies.DraftInput, options: Limits = {}): Promise<bodies.DraftChecked> {
    return this.call({ method: "POST", path: `/tickets/${encodeURIComponent(ticketId)}/check-draft`, body }, options);
  }

  /**
   * List results.
   *
   * List the results of a project, those of the last tickets first, without facts: what a lost message told
   * of.
   *
   * Read one whole with GET /tickets/{ticket_id}/customer-context.
   */
  listResults(options: Limits & { projectId: string; status?: bodies.Status | null; reason?: string | null; since?: string | null; limit?: number; cursor?: string | null }): Promise<bodies.ListedTickets> {
    return this.call({ method: "GET", path: `/tickets`, query: { "project_id": options.projectId, "status": options.status, "reason": options.reason, "since": options.since, "limit": options.limit, "cursor": options.cursor } }, options);
  }

  /**
   * Listen for results.
   *
   * Stream the result of every run that ends from now on: `event: completed`, its data as enrich answers it.
   *
   * A comment comes every 15 s as a heartbeat. Nothing is kept for who is not listening: a reader that
   * connects again has missed what ended meanwhile, and reads those tickets with GET. The stream ends when
   * the process does, when the reader falls too far behind, and when results may have been missed. An erased
   * ticket produces nothing.
   */
  getEvents(options: Limits & { projectId?: string | null } = {}): Promise<AsyncIterable<Event<bodies.TicketResult>>> {
    return this.listen({ method: "GET", path: `/events`, query: { "project_id": options.projectId }, accept: "text/event-stream" }, options);
  }

  /**
   * Create or replace a project.
   *
   * Tell this service a project's plan, owners and monthly AI credits; credits already used stay used.
   */
  putProject(projectId: string, body: bodies.ProjectInput, options: Limits & { actorId?: string } = {}): Promise<bodies.Project> {
    return this.call({ method: "PUT", path: `/projects/${encodeURIComponent(projectId)}`, headers: { "X-Actor-Id": options.actorId }, body }, options);
  }

  /**
   * Read a project.
   *
   * Read a project with the AI credits that it used this month (UTC).
   */
  getProject(projectId: string, options: Limits = {}): Promise<bodies.Project> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}` }, options);
  }

  /**
   * Erase a project.
   *
   * Erase the project, its configuration, its token and every stored result.
   *
   * Its audit trail, which holds nothing of a customer's, stays: it can be read again if the project is.
   */
  deleteProject(projectId: string, options: Limits & { actorId?: string } = {}): Promise<null> {
    return this.call({ method: "DELETE", path: `/projects/${encodeURIComponent(projectId)}`, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Erase a customer.
   *
   * Erase everything that was stored about one customer, and say how many tickets' results that was.
   *
   * The identifier is read as the customer endpoint would have got it, upper and lower case alike. Runs under
   * way are erased once the AI has found whom they are about; one that it has not read yet ends with a
   * result: erase again then.
   */
  eraseCustomer(projectId: string, identifier: string, options: Limits & { actorId?: string } = {}): Promise<bodies.CustomerErased> {
    return this.call({ method: "DELETE", path: `/projects/${encodeURIComponent(projectId)}/customers/${encodeURIComponent(identifier)}`, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Read what is held about a customer.
   *
   * Read everything that is stored about one customer, for their own request; it stands in the audit trail.
   *
   * The identifier is read as the customer endpoint would have got it, upper and lower case alike.
   */
  readCustomer(projectId: string, identifier: string, options: Limits & { limit?: number; cursor?: string | null; actorId?: string } = {}): Promise<bodies.Customer> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/customers/${encodeURIComponent(identifier)}`, query: { "limit": options.limit, "cursor": options.cursor }, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * List projects.
   *
   * List the projects in the order of their ids, without their owners.
   */
  listProjects(options: Limits & { limit?: number; cursor?: string | null } = {}): Promise<bodies.ListedProjects> {
    return this.call({ method: "GET", path: `/projects`, query: { "limit": options.limit, "cursor": options.cursor } }, options);
  }

  /**
   * Read the audit trail.
   *
   * Read who changed which fields, made or revoked access tokens, tested and erased, the newest first.
   *
   * It never holds a secret, a value, or an identifier of a customer. Nobody can change it through this
   * service.
   */
  getAudit(projectId: string, options: Limits & { limit?: number; cursor?: string | null; actorId?: string } = {}): Promise<bodies.Audit> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/audit`, query: { "limit": options.limit, "cursor": options.cursor }, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Make an access token.
   *
   * Make a token that acts as this owner on the project's customer-context routes, and there only.
   *
   * One of scope `read` changes nothing, tests nothing and sees no token: for agents' browsers and for CI. An
   * access token makes only such. It is shown this once, and answers 403 from the moment that its maker is no
   * owner any more, or the plan ends.
   */
  makeAccessToken(projectId: string, body: bodies.AccessTokenInput, options: Limits & { actorId?: string } = {}): Promise<bodies.NewAccessToken> {
    return this.call({ method: "POST", path: `/projects/${encodeURIComponent(projectId)}/access-tokens`, headers: { "X-Actor-Id": options.actorId }, body }, options);
  }

  /**
   * List the access tokens.
   *
   * List the tokens that have not expired, of all owners, without the tokens themselves.
   */
  listAccessTokens(projectId: string, options: Limits & { actorId?: string } = {}): Promise<bodies.AccessTokens> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/access-tokens`, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Revoke an access token.
   *
   * Revoke a token, whoever made it: the next request that brings it answers 401.
   */
  revokeAccessToken(projectId: string, tokenId: string, options: Limits & { actorId?: string } = {}): Promise<null> {
    return this.call({ method: "DELETE", path: `/projects/${encodeURIComponent(projectId)}/access-tokens/${encodeURIComponent(tokenId)}`, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Read the configuration.
   *
   * Read the configuration without the token; the defaults where nothing was saved yet.
   */
  getConfiguration(projectId: string, options: Limits & { actorId?: string } = {}): Promise<Tagged<bodies.Configuration>> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/customer-context`, headers: { "X-Actor-Id": options.actorId }, tagged: true }, options);
  }

  /**
   * Replace the configuration.
   *
   * Replace all fields: absent ones take their defaults, only the token stays unless one is sent.
   */
  putConfiguration(projectId: string, body: bodies.ConfigurationInput, options: Limits & { ifMatch?: string; actorId?: string } = {}): Promise<Tagged<bodies.Configuration>> {
    return this.call({ method: "PUT", path: `/projects/${encodeURIComponent(projectId)}/customer-context`, headers: { "If-Match": options.ifMatch, "X-Actor-Id": options.actorId }, body, tagged: true }, options);
  }

  /**
   * Change the configuration.
   *
   * Change only the fields that are sent.
   */
  patchConfiguration(projectId: string, body: bodies.ConfigurationInput, options: Limits & { ifMatch?: string; actorId?: string } = {}): Promise<Tagged<bodies.Configuration>> {
    return this.call({ method: "PATCH", path: `/projects/${encodeURIComponent(projectId)}/customer-context`, headers: { "If-Match": options.ifMatch, "X-Actor-Id": options.actorId }, body, tagged: true }, options);
  }

  /**
   * Erase the configuration.
   *
   * Erase the configuration and its token; stored results stay.
   */
  deleteConfiguration(projectId: string, options: Limits & { ifMatch?: string; actorId?: string } = {}): Promise<null> {
    return this.call({ method: "DELETE", path: `/projects/${encodeURIComponent(projectId)}/customer-context`, headers: { "If-Match": options.ifMatch, "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Test before enabling.
   *
   * Run the full cycle once on a sample email, enabled or not; stores nothing.
   *
   * It uses one credit, which comes back where the customer endpoint gave no data.
   *
   * With `Accept: text/event-stream` each step is told when it begins and when it has ended, then the result.
   */
  tryConfiguration(projectId: string, body: bodies.TrialInput, options: Limits & { actorId?: string } = {}): Promise<bodies.Trial> {
    return this.call({ method: "POST", path: `/projects/${encodeURIComponent(projectId)}/customer-context/test`, headers: { "X-Actor-Id": options.actorId }, body }, options);
  }

  /**
   * Test before enabling.
   *
   * Run the full cycle once on a sample email, enabled or not; stores nothing.
   *
   * It uses one credit, which comes back where the customer endpoint gave no data.
   *
   * With `Accept: text/event-stream` each step is told when it begins and when it has ended, then the result.
   */
  tryConfigurationEvents(projectId: string, body: bodies.TrialInput, options: Limits & { actorId?: string } = {}): Promise<AsyncIterable<Event<Record<string, unknown>>>> {
    return this.listen({ method: "POST", path: `/projects/${encodeURIComponent(projectId)}/customer-context/test`, headers: { "X-Actor-Id": options.actorId }, body, accept: "text/event-stream" }, options);
  }

  /**
   * Check the endpoint.
   *
   * Hold the customer endpoint to its contract from this service's network: some 30 requests, one after the
   * other.
   *
   * It changes nothing that is stored and costs no credit; one check of a project runs at a time. Each
   * requirement comes with what was seen and how to mend it. With `Accept: text/event-stream` a `step` tells
   * of each request before it is sent, a `finding` of each requirement as soon as it is decided, then comes
   * the `result`.
   */
  checkEndpoint(projectId: string, body: bodies.CheckInput, options: Limits & { actorId?: string } = {}): Promise<bodies.Check> {
    return this.call({ method: "POST", path: `/projects/${encodeURIComponent(projectId)}/customer-context/check`, headers: { "X-Actor-Id": options.actorId }, body }, options);
  }

  /**
   * Check the endpoint.
   *
   * Hold the customer endpoint to its contract from this service's network: some 30 requests, one after the
   * other.
   *
   * It changes nothing that is stored and costs no credit; one check of a project runs at a time. Each
   * requirement comes with what was seen and how to mend it. With `Accept: text/event-stream` a `step` tells
   * of each request before it is sent, a `finding` of each requirement as soon as it is decided, then comes
   * the `result`.
   */
  checkEndpointEvents(projectId: string, body: bodies.CheckInput, options: Limits & { actorId?: string } = {}): Promise<AsyncIterable<Event<Record<string, unknown>>>> {
    return this.listen({ method: "POST", path: `/projects/${encodeURIComponent(projectId)}/customer-context/check`, headers: { "X-Actor-Id": options.actorId }, body, accept: "text/event-stream" }, options);
  }

  /**
   * Read the sample endpoint.
   *
   * Read the settings of the operator's sample endpoint with made-up customers; null where there is none.
   *
   * Its token opens nothing else.
   */
  getSampleEndpoint(projectId: string, options: Limits & { actorId?: string } = {}): Promise<bodies.Sample> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/customer-context/sample-endpoint`, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * List the versions.
   *
   * List the last 20 versions, the newest first: who saved which fields. No version has a token.
   */
  listVersions(projectId: string, options: Limits & { actorId?: string } = {}): Promise<bodies.Versions> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/customer-context/versions`, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Restore a version.
   *
   * Save a version's fields again, as a new version; whether look-ups are on, and the token, stay as they
   * are.
   *
   * Where its URL has another host than the stored token was given for, it is refused as any such change is.
   */
  restoreVersion(projectId: string, version: string, options: Limits & { ifMatch?: string; actorId?: string } = {}): Promise<Tagged<bodies.Configuration>> {
    return this.call({ method: "POST", path: `/projects/${encodeURIComponent(projectId)}/customer-context/versions/${encodeURIComponent(version)}/restore`, headers: { "If-Match": options.ifMatch, "X-Actor-Id": options.actorId }, tagged: true }, options);
  }

  /**
   * Read the activity.
   *
   * Read look-ups per day and status, how long the steps took, the last 50, and the credits used this month.
   *
   * Each of the last 50 names its ticket and how its steps went; nothing names a customer.
   */
  getActivity(projectId: string, options: Limits & { days?: number; actorId?: string } = {}): Promise<bodies.Activity> {
    return this.call({ method: "GET", path: `/projects/${encodeURIComponent(projectId)}/customer-context/activity`, query: { "days": options.days }, headers: { "X-Actor-Id": options.actorId } }, options);
  }

  /**
   * Is the process alive?.
   *
   * Answer while the process runs, whatever else is down: for a liveness probe.
   */
  getHealth(options: Limits = {}): Promise<Partial<Record<string, string>>> {
    return this.call({ method: "GET", path: `/healthz` }, options);
  }

  /**
   * Can it serve?.
   *
   * Answer 200 while the database answers and the process is not about to end: for a readiness probe.
   *
   * An AI provider that refuses the key or the model is told in the body: tickets are taken and answered all
   * the same.
   */
  getReadiness(options: Limits = {}): Promise<bodies.Readiness> {
    return this.call({ method: "GET", path: `/readyz` }, options);
  }

  /**
   * Prometheus metrics.
   *
   * Read counters and histograms in the Prometheus text format.
   */
  getMetrics(options: Limits = {}): Promise<string> {
    return this.call({ method: "GET", path: `/metrics`, accept: "text/plain" }, options);
  }
}
