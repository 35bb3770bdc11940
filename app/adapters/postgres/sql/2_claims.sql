-- What a worker gets with a run: the ticket, and on what terms its project has it run.

-- A project, its configuration as it is now, and whether the breaker of its endpoint is open. Column by column: a whole
-- row changes its type when the next release adds a column, and who has just taken a run could not read it.
CREATE VIEW run_terms AS
SELECT p.project_id, p.plan, p.monthly_ai_credits, c.method, c.api_url, c.identifier_parameter,
    c.identify_instructions, c.display_instructions, c.enabled, c.match_path, c.identity_policy, c.relay_senders,
    c.agent_only, c.token_sealed, coalesce(endpoint_of(c), '') AS endpoint, b.project_id IS NOT NULL AS breaker_open
FROM projects p LEFT JOIN configurations c ON c.project_id = p.project_id
    LEFT JOIN breakers b ON b.project_id = c.project_id AND b.opened_at IS NOT NULL AND b.endpoint = endpoint_of(c);

CREATE TYPE claim AS (
    ticket_id text, run bigint, attempt integer, strikes integer, email bytea, sender_verified boolean,
    given_identifier text, looked_up_before bytea, extracted jsonb, traceparent text, charged boolean,
    age_seconds float8, terms run_terms
);

CREATE FUNCTION claim_of(e enrichments, terms run_terms) RETURNS claim LANGUAGE sql STABLE
RETURN CAST(ROW(
    e.ticket_id, e.run, e.attempt, e.strikes, e.email, e.sender_verified, e.given_identifier,
    CASE WHEN e.email IS NULL THEN e.result END, e.extracted, e.traceparent, e.credit_month IS NOT NULL,
    CAST(extract(epoch FROM now() - e.submitted_at) AS float8), terms
) AS claim);

-- Takes the credit of a run that begins; NULL where nothing can be run now, or the project's endpoint is left alone.
CREATE FUNCTION pay_for_run(terms run_terms) RETURNS date LANGUAGE sql VOLATILE
RETURN CASE WHEN lower(terms.plan) = 'business' AND terms.enabled AND NOT terms.breaker_open
    THEN take_credit(terms.project_id, terms.monthly_ai_credits) END;
