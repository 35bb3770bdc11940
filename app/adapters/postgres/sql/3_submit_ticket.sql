-- Takes one ticket in: stores it once, and says what is known of it.
--
-- A ticket that has a final result, or whose run is under way, stays as it is. A new one, or one that is to be run anew, is
-- given to the submitting process (`taker`, NULL where it has no free seat) if nobody of its project waits and a slot
-- is free: then `claim` is what it runs. Otherwise it is queued. Every statement sees what was committed before it
-- began. Fails with unique_violation if another submission of the ticket, or another taker of the slot, was faster:
-- then nothing was done, no credit taken, and the same call sees what the other did.
CREATE FUNCTION submit_ticket(
    ticket text, project text, new_run bigint, new_email bytea, verified boolean, given text, digest bytea,
    run_anew boolean, nobody_waits boolean, trace text, taker uuid, fresh_seconds float8, slots integer
) RETURNS TABLE (
    ticket_id text, holder text, state text, result jsonb, submitted_at timestamptz, asynchronous boolean,
    is_new boolean, claim claims
) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    known enrichments;
    free integer;
    paid date;
BEGIN
    is_new := false;
    LOOP
        SELECT * INTO known FROM enrichments e WHERE e.ticket_id = ticket;
        EXIT WHEN NOT FOUND OR known.project_id <> project;
        IF known.state = 'done' THEN
            EXIT WHEN NOT (run_anew OR may_run_again(known, digest));
            PERFORM FROM enrichments e WHERE e.ticket_id = ticket AND e.run = known.run AND e.state = 'done'
            FOR NO KEY UPDATE;
            is_new := FOUND;
            EXIT WHEN is_new;
        ELSE
            EXIT WHEN known.asynchronous OR NOT nobody_waits;
            UPDATE enrichments e SET asynchronous = true
            WHERE e.ticket_id = ticket AND e.run = known.run AND e.state <> 'done';
            known.asynchronous := true;
            EXIT WHEN FOUND;
        END IF;  -- otherwise it has changed in this moment: look again
    END LOOP;
    is_new := is_new OR known.ticket_id IS NULL;
    IF is_new AND NOT EXISTS (SELECT FROM projects p WHERE p.project_id = project) THEN
        RETURN;
    END IF;
    IF is_new AND taker IS NOT NULL AND EXISTS (
        SELECT FROM workers w WHERE w.worker_id = taker AND w.seen_at > now() - make_interval(secs => fresh_seconds)
    ) AND NOT EXISTS (
        SELECT FROM enrichments e
        WHERE e.state = 'queued' AND e.asynchronous = ANY(ARRAY[false, true]) AND e.project_id = project
    ) THEN
        free := free_slot(project, slots);
        paid := CASE WHEN free IS NOT NULL THEN pay_for_run(project) END;
    END IF;
    IF is_new THEN
        INSERT INTO enrichments AS e (ticket_id, project_id, state, worker, slot, run, attempt, strikes, credit_month,
            email, sender_verified, given_identifier, email_digest, asynchronous, traceparent)
        VALUES (ticket, project, CASE WHEN free IS NULL THEN 'queued' ELSE 'running' END,
            CASE WHEN free IS NOT NULL THEN taker END, free, new_run, CASE WHEN free IS NULL THEN 0 ELSE 1 END,
            CASE WHEN free IS NULL THEN 0 ELSE 1 END, paid, new_email, verified, given, digest, nobody_waits, trace)
        ON CONFLICT (ticket_id) DO UPDATE SET state = excluded.state, worker = excluded.worker, slot = excluded.slot,
            run = excluded.run, attempt = e.attempt + excluded.attempt, strikes = excluded.strikes,
            credit_month = excluded.credit_month, email = excluded.email, sender_verified = excluded.sender_verified,
            given_identifier = excluded.given_identifier,
            email_digest = coalesce(excluded.email_digest, e.email_digest), extracted = NULL,
            asynchronous = excluded.asynchronous, traceparent = excluded.traceparent, submitted_at = now(),
            updated_at = now()
        WHERE e.run = known.run AND e.state = 'done'
        RETURNING * INTO known;
        IF NOT FOUND THEN
            RAISE unique_violation USING MESSAGE = 'another submission of the ticket was faster';
        END IF;
    END IF;
    RETURN QUERY SELECT known.ticket_id, known.project_id, known.state,
        CASE WHEN known.state = 'done' OR endpoint_was_asked(known.result) THEN shown_result(known) END,
        known.submitted_at,
        known.asynchronous, is_new, (SELECT c FROM claims c WHERE free IS NOT NULL AND c.ticket_id = ticket);
END
$$;
