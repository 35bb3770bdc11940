"""Every operation of the service.

Written by `make clients` from openapi.yaml; change nothing here.
"""

from typing import Any

from customer_context_client import bodies
from customer_context_client.calls import Call, Tagged, operation, stream


class Operations:
    """What both clients can do; each method returns what its client makes of the call."""

    @operation
    def enrich_ticket(
        self, ticket_id: str, body: bodies.TicketInput, *, refresh: bool | None = None, prefer: str | None = None
    ) -> Call[bodies.TicketResult | bodies.Pending | None]:
        """Enrich a ticket.

        Look up the customer behind a ticket, once; a later call returns the stored result.

        A look-up that fails is a result with a status, never an error of this route. One that takes longer than
        the caller waits, or than the service lets it wait, is answered with 202 and goes on.
        """
        return Call(
            "POST",
            "/tickets/{ticket_id}/enrich",
            path={"ticket_id": ticket_id},
            query={"refresh": refresh},
            headers={"Prefer": prefer},
            body=body,
            once=True,
        )

    @operation
    def refresh_ticket(
        self, ticket_id: str, body: bodies.RefreshInput, *, prefer: str | None = None
    ) -> Call[bodies.TicketResult | bodies.Pending]:
        """Refresh a result without its email.

        Ask the customer endpoint again with the stored identifier: no email is read, one AI call instead of two.

        The sender counts as who they were at the look-up before. A try that fails leaves the facts as they are,
        and says so in `last_attempt`.
        """
        return Call(
            "POST", "/tickets/{ticket_id}/refresh", path={"ticket_id": ticket_id}, headers={"Prefer": prefer}, body=body
        )

    @operation
    def look_up_customer(
        self, ticket_id: str, body: bodies.LookUpInput, *, actor_id: str, prefer: str | None = None
    ) -> Call[bodies.TicketResult | bodies.Pending]:
        """Look a customer up by hand.

        Look up the customer whom a person names: nothing is read with AI to find it, the identity check is as
        ever.

        It stands in the audit trail, without the identifier.
        """
        return Call(
            "POST",
            "/tickets/{ticket_id}/look-up",
            path={"ticket_id": ticket_id},
            headers={"X-Actor-Id": actor_id, "Prefer": prefer},
            body=body,
        )

    @operation
    def get_result(
        self, ticket_id: str, *, project_id: str, wait: int | None = None
    ) -> Call[bodies.TicketResult | bodies.Pending]:
        """Read a ticket's result.

        Read what is stored for a ticket, or that a run is under way: also one that replaces a result.
        """
        return Call(
            "GET",
            "/tickets/{ticket_id}/customer-context",
            path={"ticket_id": ticket_id},
            query={"project_id": project_id, "wait": wait},
        )

    @operation
    def delete_result(self, ticket_id: str, *, project_id: str, actor_id: str | None = None) -> Call[None]:
        """Erase a ticket's result.

        Erase what is stored for a ticket, also while it runs; also answered when there is nothing.
        """
        return Call(
            "DELETE",
            "/tickets/{ticket_id}/customer-context",
            path={"ticket_id": ticket_id},
            query={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def enrich_batch(self, body: bodies.BatchInput) -> Call[bodies.Batch]:
        """Enrich many tickets.

        Take in up to 500 tickets in one transaction, and look them up without keeping the caller.

        A ticket that is not valid is refused by itself, with its errors, and does not stop the others. Of a
        ticket that stands in the batch twice, the first counts. Read the results at `location`, or be told by
        webhook or GET /events.
        """
        return Call("POST", "/tickets/enrich-batch", body=body, once=True)

    @operation
    def check_draft(self, ticket_id: str, body: bodies.DraftInput) -> Call[bodies.DraftChecked]:
        """Check a draft.

        Say which figures, dates, addresses, identifiers and status words of a reply stand in no fact and no
        known text.

        Of a record that the sender may not be told, every value is reported, in whatever spelling, also where
        the sender wrote it first: to repeat it would confirm it. No AI is asked, and nothing of the draft is
        stored or logged.
        """
        return Call("POST", "/tickets/{ticket_id}/check-draft", path={"ticket_id": ticket_id}, body=body)

    @operation
    def list_results(
        self,
        *,
        project_id: str,
        status: bodies.Status | None = None,
        reason: str | None = None,
        since: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Call[bodies.ListedTickets]:
        """List results.

        List the results of a project, those of the last tickets first, without facts: what a lost message told
        of.

        Read one whole with GET /tickets/{ticket_id}/customer-context.
        """
        return Call(
            "GET",
            "/tickets",
            query={
                "project_id": project_id,
                "status": status,
                "reason": reason,
                "since": since,
                "limit": limit,
                "cursor": cursor,
            },
        )

    @stream
    def get_events(self, *, project_id: str | None = None) -> Call[bodies.TicketResult]:
        """Listen for results.

        Stream the result of every run that ends from now on: `event: completed`, its data as enrich answers it.

        A comment comes every 15 s as a heartbeat. Nothing is kept for who is not listening: a reader that
        connects again has missed what ended meanwhile, and reads those tickets with GET. The stream ends when
        the process does, when the reader falls too far behind, and when results may have been missed. An erased
        ticket produces nothing.
        """
        return Call("GET", "/events", query={"project_id": project_id}, accept="text/event-stream")

    @operation
    def put_project(
        self, project_id: str, body: bodies.ProjectInput, *, actor_id: str | None = None
    ) -> Call[bodies.Project]:
        """Create or replace a project.

        Tell this service a project's plan, owners and monthly AI credits; credits already used stay used.
        """
        return Call(
            "PUT",
            "/projects/{project_id}",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            body=body,
        )

    @operation
    def get_project(self, project_id: str) -> Call[bodies.Project]:
        """Read a project.

        Read a project with the AI credits that it used this month (UTC).
        """
        return Call("GET", "/projects/{project_id}", path={"project_id": project_id})

    @operation
    def delete_project(self, project_id: str, *, actor_id: str | None = None) -> Call[None]:
        """Erase a project.

        Erase the project, its configuration, its token and every stored result.

        Its audit trail, which holds nothing of a customer's, stays: it can be read again if the project is.
        """
        return Call(
            "DELETE", "/projects/{project_id}", path={"project_id": project_id}, headers={"X-Actor-Id": actor_id}
        )

    @operation
    def erase_customer(
        self, project_id: str, identifier: str, *, actor_id: str | None = None
    ) -> Call[bodies.CustomerErased]:
        """Erase a customer.

        Erase everything that was stored about one customer, and say how many tickets' results that was.

        The identifier is read as the customer endpoint would have got it, upper and lower case alike. Runs under
        way are erased once the AI has found whom they are about; one that it has not read yet ends with a
        result: erase again then.
        """
        return Call(
            "DELETE",
            "/projects/{project_id}/customers/{identifier}",
            path={"project_id": project_id, "identifier": identifier},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def read_customer(
        self,
        project_id: str,
        identifier: str,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        actor_id: str | None = None,
    ) -> Call[bodies.Customer]:
        """Read what is held about a customer.

        Read everything that is stored about one customer, for their own request; it stands in the audit trail.

        The identifier is read as the customer endpoint would have got it, upper and lower case alike.
        """
        return Call(
            "GET",
            "/projects/{project_id}/customers/{identifier}",
            path={"project_id": project_id, "identifier": identifier},
            query={"limit": limit, "cursor": cursor},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def list_projects(self, *, limit: int | None = None, cursor: str | None = None) -> Call[bodies.ListedProjects]:
        """List projects.

        List the projects in the order of their ids, without their owners.
        """
        return Call("GET", "/projects", query={"limit": limit, "cursor": cursor})

    @operation
    def get_audit(
        self, project_id: str, *, limit: int | None = None, cursor: str | None = None, actor_id: str | None = None
    ) -> Call[bodies.Audit]:
        """Read the audit trail.

        Read who changed which fields, made or revoked access tokens, tested and erased, the newest first.

        It never holds a secret, a value, or an identifier of a customer. Nobody can change it through this
        service.
        """
        return Call(
            "GET",
            "/projects/{project_id}/audit",
            path={"project_id": project_id},
            query={"limit": limit, "cursor": cursor},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def make_access_token(
        self, project_id: str, body: bodies.AccessTokenInput, *, actor_id: str | None = None
    ) -> Call[bodies.NewAccessToken]:
        """Make an access token.

        Make a token that acts as this owner on the project's customer-context routes, and there only.

        One of scope `read` changes nothing, tests nothing and sees no token: for agents' browsers and for CI. An
        access token makes only such. It is shown this once, and answers 403 from the moment that its maker is no
        owner any more, or the plan ends.
        """
        return Call(
            "POST",
            "/projects/{project_id}/access-tokens",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            body=body,
        )

    @operation
    def list_access_tokens(self, project_id: str, *, actor_id: str | None = None) -> Call[bodies.AccessTokens]:
        """List the access tokens.

        List the tokens that have not expired, of all owners, without the tokens themselves.
        """
        return Call(
            "GET",
            "/projects/{project_id}/access-tokens",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def revoke_access_token(self, project_id: str, token_id: str, *, actor_id: str | None = None) -> Call[None]:
        """Revoke an access token.

        Revoke a token, whoever made it: the next request that brings it answers 401.
        """
        return Call(
            "DELETE",
            "/projects/{project_id}/access-tokens/{token_id}",
            path={"project_id": project_id, "token_id": token_id},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def get_configuration(self, project_id: str, *, actor_id: str | None = None) -> Call[Tagged[bodies.Configuration]]:
        """Read the configuration.

        Read the configuration without the token; the defaults where nothing was saved yet.
        """
        return Call(
            "GET",
            "/projects/{project_id}/customer-context",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            tagged=True,
        )

    @operation
    def put_configuration(
        self,
        project_id: str,
        body: bodies.ConfigurationInput,
        *,
        if_match: str | None = None,
        actor_id: str | None = None,
    ) -> Call[Tagged[bodies.Configuration]]:
        """Replace the configuration.

        Replace all fields: absent ones take their defaults, only the token stays unless one is sent.
        """
        return Call(
            "PUT",
            "/projects/{project_id}/customer-context",
            path={"project_id": project_id},
            headers={"If-Match": if_match, "X-Actor-Id": actor_id},
            body=body,
            tagged=True,
        )

    @operation
    def patch_configuration(
        self,
        project_id: str,
        body: bodies.ConfigurationInput,
        *,
        if_match: str | None = None,
        actor_id: str | None = None,
    ) -> Call[Tagged[bodies.Configuration]]:
        """Change the configuration.

        Change only the fields that are sent.
        """
        return Call(
            "PATCH",
            "/projects/{project_id}/customer-context",
            path={"project_id": project_id},
            headers={"If-Match": if_match, "X-Actor-Id": actor_id},
            body=body,
            tagged=True,
        )

    @operation
    def delete_configuration(
        self, project_id: str, *, if_match: str | None = None, actor_id: str | None = None
    ) -> Call[None]:
        """Erase the configuration.

        Erase the configuration and its token; stored results stay.
        """
        return Call(
            "DELETE",
            "/projects/{project_id}/customer-context",
            path={"project_id": project_id},
            headers={"If-Match": if_match, "X-Actor-Id": actor_id},
        )

    @operation
    def try_configuration(
        self, project_id: str, body: bodies.TrialInput, *, actor_id: str | None = None
    ) -> Call[bodies.Trial]:
        """Test before enabling.

        Run the full cycle once on a sample email, enabled or not; stores nothing.

        It uses one credit, which comes back where the customer endpoint gave no data.

        With `Accept: text/event-stream` each step is told when it begins and when it has ended, then the result.
        """
        return Call(
            "POST",
            "/projects/{project_id}/customer-context/test",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            body=body,
        )

    @stream
    def try_configuration_events(
        self, project_id: str, body: bodies.TrialInput, *, actor_id: str | None = None
    ) -> Call[dict[str, Any]]:
        """Test before enabling.

        Run the full cycle once on a sample email, enabled or not; stores nothing.

        It uses one credit, which comes back where the customer endpoint gave no data.

        With `Accept: text/event-stream` each step is told when it begins and when it has ended, then the result.
        """
        return Call(
            "POST",
            "/projects/{project_id}/customer-context/test",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            body=body,
            accept="text/event-stream",
        )

    @operation
    def check_endpoint(
        self, project_id: str, body: bodies.CheckInput, *, actor_id: str | None = None
    ) -> Call[bodies.Check]:
        """Check the endpoint.

        Hold the customer endpoint to its contract from this service's network: some 30 requests, one after the
        other.

        It changes nothing that is stored and costs no credit; one check of a project runs at a time. Each
        requirement comes with what was seen and how to mend it. With `Accept: text/event-stream` a `step` tells
        of each request before it is sent, a `finding` of each requirement as soon as it is decided, then comes
        the `result`.
        """
        return Call(
            "POST",
            "/projects/{project_id}/customer-context/check",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            body=body,
        )

    @stream
    def check_endpoint_events(
        self, project_id: str, body: bodies.CheckInput, *, actor_id: str | None = None
    ) -> Call[dict[str, Any]]:
        """Check the endpoint.

        Hold the customer endpoint to its contract from this service's network: some 30 requests, one after the
        other.

        It changes nothing that is stored and costs no credit; one check of a project runs at a time. Each
        requirement comes with what was seen and how to mend it. With `Accept: text/event-stream` a `step` tells
        of each request before it is sent, a `finding` of each requirement as soon as it is decided, then comes
        the `result`.
        """
        return Call(
            "POST",
            "/projects/{project_id}/customer-context/check",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
            body=body,
            accept="text/event-stream",
        )

    @operation
    def get_sample_endpoint(self, project_id: str, *, actor_id: str | None = None) -> Call[bodies.Sample]:
        """Read the sample endpoint.

        Read the settings of the operator's sample endpoint with made-up customers; null where there is none.

        Its token opens nothing else.
        """
        return Call(
            "GET",
            "/projects/{project_id}/customer-context/sample-endpoint",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def list_versions(self, project_id: str, *, actor_id: str | None = None) -> Call[bodies.Versions]:
        """List the versions.

        List the last 20 versions, the newest first: who saved which fields. No version has a token.
        """
        return Call(
            "GET",
            "/projects/{project_id}/customer-context/versions",
            path={"project_id": project_id},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def restore_version(
        self, project_id: str, version: str, *, if_match: str | None = None, actor_id: str | None = None
    ) -> Call[Tagged[bodies.Configuration]]:
        """Restore a version.

        Save a version's fields again, as a new version; whether look-ups are on, and the token, stay as they
        are.

        Where its URL has another host than the stored token was given for, it is refused as any such change is.
        """
        return Call(
            "POST",
            "/projects/{project_id}/customer-context/versions/{version}/restore",
            path={"project_id": project_id, "version": version},
            headers={"If-Match": if_match, "X-Actor-Id": actor_id},
            tagged=True,
        )

    @operation
    def get_activity(
        self, project_id: str, *, days: int | None = None, actor_id: str | None = None
    ) -> Call[bodies.Activity]:
        """Read the activity.

        Read look-ups per day and status, how long the steps took, the last 50, and the credits used this month.

        Each of the last 50 names its ticket and how its steps went; nothing names a customer.
        """
        return Call(
            "GET",
            "/projects/{project_id}/customer-context/activity",
            path={"project_id": project_id},
            query={"days": days},
            headers={"X-Actor-Id": actor_id},
        )

    @operation
    def get_health(self) -> Call[dict[str, str]]:
        """Is the process alive?.

        Answer while the process runs, whatever else is down: for a liveness probe.
        """
        return Call("GET", "/healthz")

    @operation
    def get_readiness(self) -> Call[bodies.Readiness]:
        """Can it serve?.

        Answer 200 while the database answers and the process is not about to end: for a readiness probe.

        An AI provider that refuses the key or the model is told in the body: tickets are taken and answered all
        the same.
        """
        return Call("GET", "/readyz")

    @operation
    def get_metrics(self) -> Call[str]:
        """Prometheus metrics.

        Read counters and histograms in the Prometheus text format.
        """
        return Call("GET", "/metrics", accept="text/plain")
