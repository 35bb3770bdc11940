-- What a stored result means for the runs that come after it.

-- Tells whether the customer endpoint was asked for a result: then it is final, and no email is read again.
CREATE FUNCTION endpoint_was_asked(result jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN coalesce(result ->> 'status' = 'ok', false)
    OR coalesce(result ->> 'status' = 'fetch_error' AND result ->> 'reason' <> 'circuit_open', false);

-- Tells whether a submission runs a ticket again that has a result: what stopped it may have passed, or there is other
-- text to read. `digest` is the keyed digest of the submission's email.
CREATE FUNCTION may_run_again(e enrichments, digest bytea) RETURNS boolean LANGUAGE sql STABLE
RETURN NOT endpoint_was_asked(e.result) AND (
    coalesce(e.result ->> 'status' IN ('disabled', 'skipped_credits'), false)
    OR coalesce(e.result ->> 'reason' IN ('ai_unavailable', 'ai_misconfigured', 'interrupted', 'circuit_open'), false)
    OR digest IS DISTINCT FROM e.email_digest
);

-- Tells whether facts that are stored stay, as a run that ended with this status has none.
CREATE FUNCTION keeps_facts(stored jsonb, status text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN coalesce(stored ->> 'status' = 'ok', false) AND status <> 'ok';

-- Returns a ticket's result as it is shown, with what came of a later try that left it as it was.
CREATE FUNCTION shown_result(e enrichments) RETURNS jsonb LANGUAGE sql STABLE
RETURN CASE WHEN e.last_attempt IS NULL THEN e.result
    ELSE e.result || jsonb_build_object('last_attempt', e.last_attempt) END;
