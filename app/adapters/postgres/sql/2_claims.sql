-- What a worker gets with a run: the ticket, its project, the configuration as it is now, and whether the breaker of
-- its endpoint is open.
CREATE VIEW claims AS
SELECT e.ticket_id, e.run, e.attempt, e.strikes, e.asynchronous, e.email, e.sender_verified, e.given_identifier,
    e.extracted, e.traceparent, CASE WHEN e.email IS NULL THEN e.result END AS looked_up_before, e.credit_month IS NOT NULL AS charged,
    CAST(extract(epoch FROM now() - e.submitted_at) AS float8) AS age_seconds,
    p.project_id, p.plan, p.owner_ids, p.monthly_ai_credits,
    c.method, c.api_url, c.identifier_parameter, c.identify_instructions, c.display_instructions, c.enabled,
    c.match_path, c.identity_policy, c.relay_senders, c.agent_only, c.token_sealed, c.token_origin, c.token_updated_at,
    c.version, c.created_at,
    c.updated_at, c.updated_by,
    coalesce(endpoint_of(c), '') AS endpoint, b.project_id IS NOT NULL AS breaker_open
FROM enrichments e JOIN projects p ON p.project_id = e.project_id
    LEFT JOIN configurations c ON c.project_id = e.project_id
    LEFT JOIN breakers b ON b.project_id = e.project_id AND b.opened_at IS NOT NULL AND b.endpoint = endpoint_of(c);
