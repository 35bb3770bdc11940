-- What a stored result means for the runs that come after it, and whom it is about.

-- Tells whether the customer endpoint was asked for a result: then it is final, and no email is read again.
CREATE FUNCTION endpoint_was_asked(status text, reason text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN coalesce(status = 'ok' OR status = 'fetch_error' AND reason <> 'circuit_open', false);

-- Tells whether a submission runs a ticket again that has a result: what stopped it may have passed, or there is other
-- text to read. `digest` is the keyed digest of the submission's email.
CREATE FUNCTION may_run_again(e enrichments, digest bytea) RETURNS boolean LANGUAGE sql STABLE
RETURN NOT endpoint_was_asked(e.status, e.reason) AND (
    coalesce(e.status IN ('disabled', 'skipped_credits'), false)
    OR coalesce(e.reason IN ('ai_unavailable', 'ai_misconfigured', 'interrupted', 'circuit_open'), false)
    OR digest IS DISTINCT FROM e.email_digest
);

-- Returns what a customer is found by: the identifier in lower case. Whoever writes "Jane@Example.com" means
-- jane@example.com: an erasure that missed her would be worse than one that takes a result too many, which can be looked up
-- again. Only ASCII is ever stored.
CREATE FUNCTION customer_named(identifier text) RETURNS text LANGUAGE sql IMMUTABLE
RETURN lower(identifier COLLATE "C");
