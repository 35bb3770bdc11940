-- What a run writes while it is its worker's: what it has found, and how it ended.

-- Returns whom a sender has asked about since that second.
CREATE FUNCTION asked_since(identifiers jsonb, since float8) RETURNS jsonb LANGUAGE sql IMMUTABLE
RETURN (
    SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(identifiers) WHERE CAST(value AS float8) > since
);

-- Keeps what the first AI call of a run has found, and counts whom its sender asks about: both, or neither. Tells whether
-- they may ask about one more customer; NULL where the run is the caller's no more. `most` is how many customers a
-- sender may ask about within `window_seconds`, 0 for any number. If the server dies, it is simply done again.
CREATE FUNCTION admit_run(
    ticket text, its_run bigint, its_attempt integer, ai_found json, asker bytea, customer text, most integer,
    window_seconds integer
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    project text;
    since float8 := date_part('epoch', now()) - window_seconds;  -- extract() is numeric, and would be cast
    unflushed text := set_config('synchronous_commit', 'off', true);
BEGIN
    UPDATE enrichments SET extracted = ai_found
    WHERE ticket_id = ticket AND run = its_run AND attempt = its_attempt AND state = 'running'
    RETURNING project_id INTO project;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF most = 0 OR EXISTS (
        SELECT FROM senders s
        WHERE s.project_id = project AND s.sender = asker AND CAST(s.identifiers -> customer AS float8) > since
    ) THEN
        RETURN true;
    END IF;
    INSERT INTO senders AS s (project_id, sender, identifiers, seen_at)
    VALUES (project, asker, jsonb_build_object(customer, extract(epoch FROM now())), now())
    ON CONFLICT (project_id, sender) DO UPDATE SET seen_at = now(),
        identifiers = excluded.identifiers || asked_since(s.identifiers, since)
    WHERE asked_since(s.identifiers, since) -> customer IS NOT NULL
        OR (SELECT count(*) FROM jsonb_object_keys(asked_since(s.identifiers, since))) < most;
    RETURN FOUND;
END
$$;

CREATE TYPE finished AS (kept bytea, has_breaker boolean);

-- Stores the result of a run and counts it; returns NULL, and writes nothing, where the run is the caller's no more.
-- Facts of an earlier run stay where this one has none: then `kept` is the result that has them. With `refund`, the
-- credit goes back. `message` names the message to the helpdesk that tells of a run which nobody waits for.
CREATE FUNCTION finish_run(
    ticket text, its_run bigint, its_attempt integer, new_status text, new_reason text, new_identifier text,
    new_result bytea, attempt_told text, identity_told text, extract_ms integer, fetch_ms integer,
    summarize_ms integer, total_ms integer, steps_told bytea, credits_taken integer, refund boolean, message text
) RETURNS finished LANGUAGE plpgsql AS $$
DECLARE
    mine record;
    kept bytea;
    shown_status text;
    shown_reason text;
    shown_customer text;
    attempt_beside jsonb;  -- how this run ended, beside facts that stay
BEGIN
    IF new_status <> 'ok' THEN
        SELECT e.result, e.status, e.reason, e.customer, CAST(attempt_told AS jsonb)
        INTO kept, shown_status, shown_reason, shown_customer, attempt_beside FROM enrichments e
        WHERE e.ticket_id = ticket AND e.run = its_run AND e.attempt = its_attempt AND e.state = 'running'
            AND e.status = 'ok'
        FOR NO KEY UPDATE;
    END IF;
    IF kept IS NULL THEN
        shown_status := new_status;
        shown_reason := new_reason;
        shown_customer := customer_named(new_identifier);
    END IF;
    UPDATE enrichments e SET state = 'done', status = shown_status, reason = shown_reason, customer = shown_customer,
        result = coalesce(kept, new_result), last_attempt = attempt_beside, submission = NULL, extracted = NULL,
        updated_at = now()
    WHERE e.ticket_id = ticket AND e.run = its_run AND e.attempt = its_attempt AND e.state = 'running'
    RETURNING e.project_id, e.credit_month, e.asynchronous, EXISTS (
        SELECT FROM projects p WHERE p.project_id = e.project_id AND p.breaker IS NOT NULL
    ) AS has_breaker INTO mine;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF refund THEN
        UPDATE credits c SET used = used - 1
        WHERE c.project_id = mine.project_id AND c.month = mine.credit_month AND c.used > 0;
    END IF;
    INSERT INTO ended_runs (project_id, ticket_id, status, reason, extract_ms, fetch_ms, summarize_ms, total_ms,
        credits_used, identity, steps)
    VALUES (mine.project_id, ticket, new_status, new_reason, extract_ms, fetch_ms, summarize_ms, total_ms,
        credits_taken, identity_told, steps_told);
    IF mine.asynchronous AND message IS NOT NULL THEN
        INSERT INTO deliveries (message_id, ticket_id, project_id) VALUES (message, ticket, mine.project_id);
    END IF;
    RETURN CAST(ROW(kept, mine.has_breaker) AS finished);
END
$$;
