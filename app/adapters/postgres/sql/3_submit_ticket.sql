-- Takes one ticket in: stores it once, and says what is known of it.
--
-- A ticket that has a final result, or whose run is under way, stays as it is. A new one, or one that is to be run anew, is
-- given to the submitting process (`taker`, whose last sign of life is good until `takes_until`; NULL where it has no
-- free seat) if nobody of its project waits and a slot is free: then `terms` are those of its run. Otherwise it is
-- queued. Every statement sees what was committed before it began. Fails with unique_violation if another submission of
-- the ticket, or another taker of the slot, was faster: then nothing was done, no credit taken, and the same call sees
-- what the other did.
CREATE TYPE submitted AS (
    ticket_id text, holder text, state text, status text, reason text, result bytea, last_attempt jsonb,
    submitted_at timestamptz, is_new boolean, run bigint, attempt integer, charged boolean, terms run_terms
);

CREATE FUNCTION submit_ticket(
    ticket text, project text, new_run bigint, new_submission bytea, digest bytea, run_anew boolean,
    nobody_waits boolean, taker uuid, takes_until timestamptz, slots integer
) RETURNS submitted LANGUAGE plpgsql AS $$
DECLARE
    known enrichments;
    is_new boolean := NOT EXISTS (SELECT FROM enrichments e WHERE e.ticket_id = ticket);
    ready record;  -- the project's terms, and the slots that are held where this process may take one
    free integer;
    begun integer := 0;  -- attempts, and their strikes
    paid date;
BEGIN
    WHILE NOT is_new LOOP
        SELECT * INTO known FROM enrichments e WHERE e.ticket_id = ticket;
        is_new := NOT FOUND;
        EXIT WHEN is_new OR known.project_id <> project;
        IF known.state = 'done' THEN
            EXIT WHEN NOT (run_anew OR may_run_again(known, digest));
            PERFORM FROM enrichments e WHERE e.ticket_id = ticket AND e.run = known.run AND e.state = 'done'
            FOR NO KEY UPDATE;
            is_new := FOUND;
        ELSE
            EXIT WHEN known.asynchronous OR NOT nobody_waits;
            UPDATE enrichments e SET asynchronous = true
            WHERE e.ticket_id = ticket AND e.run = known.run AND e.state <> 'done';
            EXIT WHEN FOUND;
        END IF;  -- otherwise it has changed in this moment: look again
    END LOOP;
    IF NOT is_new THEN
        RETURN CAST(ROW(known.ticket_id, known.project_id, known.state, known.status, known.reason, known.result,
            known.last_attempt, known.submitted_at, false, known.run, known.attempt, false, NULL) AS submitted);
    END IF;
    SELECT t AS terms, CASE WHEN takes_until > now() AND NOT EXISTS (
        SELECT FROM enrichments e
        WHERE e.state = 'queued' AND e.due_at = '-infinity' AND e.asynchronous = ANY(ARRAY[false, true])
            AND e.project_id = project
    ) THEN ARRAY(SELECT e.slot FROM enrichments e WHERE e.project_id = project AND e.state = 'running') END AS held
    INTO ready FROM run_terms t WHERE t.project_id = project;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    free := free_slot(ready.held, slots);
    IF free IS NULL THEN
        taker := NULL;
    ELSE
        begun := 1;
        paid := pay_for_run(ready.terms);
    END IF;
    IF known.ticket_id IS NULL THEN
        INSERT INTO enrichments (ticket_id, project_id, state, worker, slot, run, attempt, strikes, credit_month,
            submission, email_digest, asynchronous)
        VALUES (ticket, project, CASE WHEN free IS NULL THEN 'queued' ELSE 'running' END, taker, free, new_run, begun,
            begun, paid, new_submission, digest, nobody_waits);
    ELSE
        UPDATE enrichments e SET state = CASE WHEN free IS NULL THEN 'queued' ELSE 'running' END, worker = taker,
            slot = free, run = new_run, attempt = e.attempt + begun, strikes = begun,
            credit_month = paid, submission = new_submission, email_digest = coalesce(digest, e.email_digest),
            extracted = NULL, asynchronous = nobody_waits, submitted_at = now(), updated_at = now()
        WHERE e.ticket_id = ticket;
    END IF;
    RETURN CAST(ROW(
        ticket, project, CASE WHEN free IS NULL THEN 'queued' ELSE 'running' END, known.status, known.reason,
        known.result, known.last_attempt, now(), true, new_run, coalesce(known.attempt, 0) + begun, paid IS NOT NULL,
        CASE WHEN free IS NOT NULL THEN ready.terms END
    ) AS submitted);
END
$$;
