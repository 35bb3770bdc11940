-- Takes queued runs for a worker: whoever is waited for first, one of each project in turn, at most `slots` of a
-- project at once.

-- The next project in the queue after this one, of runs that nobody waits for or of the others; after the last, the
-- first again. NULL where the queue is empty.
CREATE FUNCTION next_in_queue(nobody_waits boolean, after text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    following text;
BEGIN
    SELECT min(project_id) INTO following FROM enrichments
    WHERE state = 'queued' AND due_at = '-infinity' AND asynchronous = nobody_waits AND project_id > after;
    IF following IS NULL THEN
        SELECT min(project_id) INTO following FROM enrichments
        WHERE state = 'queued' AND due_at = '-infinity' AND asynchronous = nobody_waits;
    END IF;
    RETURN following;
END
$$;

-- Takes the first run of a project that the worker may have; returns its ticket, or NULL. A suspect is a run of which
-- all attempts but the last have died with their worker: it is only taken by who takes `suspects`.
CREATE FUNCTION take_run(
    project text, nobody_waits boolean, taker uuid, slots integer, suspects boolean, most_strikes integer
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    next enrichments;
    free integer := free_slot(
        ARRAY(SELECT slot FROM enrichments WHERE project_id = project AND state = 'running'), slots
    );
BEGIN
    IF free IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT * INTO next FROM enrichments
    WHERE state = 'queued' AND due_at = '-infinity' AND asynchronous = nobody_waits AND project_id = project
        AND (suspects OR strikes <> most_strikes - 1)
    ORDER BY run LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF next.credit_month IS NULL AND next.strikes < most_strikes THEN
        next.credit_month := pay_for_run(t) FROM run_terms t WHERE t.project_id = project;
    END IF;
    UPDATE enrichments SET state = 'running', worker = taker, slot = free, attempt = attempt + 1,
        strikes = strikes + 1, credit_month = next.credit_month, updated_at = now()
    WHERE ticket_id = next.ticket_id;
    RETURN next.ticket_id;
END
$$;

-- What a worker takes: runs, and the projects that wait: some of their runs are queued, and none could be taken.
CREATE TYPE taken_runs AS (runs claim[], waiting text[]);

-- Takes at most `want` runs, beginning after the project `after`; none for a worker whose last sign of life was good
-- until `takes_until`, once that has passed. One at a time does this, so that they share the slots of a project without
-- meeting; whatever ends while one waits for its turn is seen. The commit waits for no disk: if the server dies before it
-- is flushed, the runs are still in the queue and are taken again.
CREATE FUNCTION take_runs(
    taker uuid, takes_until timestamptz, want integer, slots integer, suspects boolean, most_strikes integer, after text
) RETURNS taken_runs LANGUAGE plpgsql AS $$
DECLARE
    tickets text[] := '{}';
    exhausted text[];
    waiting text[] := '{}';
    nobody_waits boolean;
    came_from text COLLATE "C";  -- compared as the ids are sorted
    here text COLLATE "C";
    ticket text;
    took boolean;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true), pg_advisory_xact_lock(7161695893146659685);
    UPDATE enrichments SET due_at = '-infinity' WHERE ticket_id = ANY(ARRAY(
        SELECT ticket_id FROM enrichments WHERE state = 'queued' AND due_at > '-infinity' AND due_at <= now()
        ORDER BY due_at LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED
    ));
    FOREACH nobody_waits IN ARRAY ARRAY[false, true] LOOP
        EXIT WHEN takes_until IS NULL OR takes_until <= now();
        here := after;
        exhausted := '{}';
        took := true;
        WHILE cardinality(tickets) < want LOOP
            came_from := here;
            here := next_in_queue(nobody_waits, came_from);
            EXIT WHEN here IS NULL;
            IF here <= came_from THEN  -- been around
                EXIT WHEN NOT took;
                took := false;
            END IF;
            CONTINUE WHEN here = ANY(exhausted);
            ticket := take_run(here, nobody_waits, taker, slots, suspects, most_strikes);
            IF ticket IS NULL THEN
                exhausted := exhausted || here;
                CONTINUE;
            END IF;
            took := true;
            tickets := tickets || ticket;
            suspects := suspects
                AND NOT EXISTS (SELECT FROM enrichments e WHERE e.ticket_id = ticket AND e.strikes = most_strikes);
        END LOOP;
        waiting := waiting || exhausted;
    END LOOP;
    RETURN CAST(ROW(ARRAY(
        SELECT claim_of(e, t) FROM unnest(tickets) WITH ORDINALITY AS taken (ticket_id, turn)
        JOIN enrichments e USING (ticket_id) JOIN run_terms t ON t.project_id = e.project_id ORDER BY turn
    ), waiting) AS taken_runs);
END
$$;
