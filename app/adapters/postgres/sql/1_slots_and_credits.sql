-- What a run holds while it runs: one of its project's slots, and a credit of the month.

-- Names the endpoint that a configuration calls: when an owner changes one of these, it is another endpoint.
CREATE FUNCTION endpoint_of(c configurations) RETURNS text LANGUAGE sql STABLE
RETURN md5(concat_ws(' ', c.method, c.identifier_parameter, c.token_updated_at, c.api_url));

-- Returns one of the numbers 1 to `slots`, by chance, that no running ticket of the project holds; NULL where there is
-- none. A unique index holds to it: of two who choose the same number in one moment, the second fails.
CREATE FUNCTION free_slot(project text, slots integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    held integer[] := ARRAY(SELECT slot FROM enrichments WHERE project_id = project AND state = 'running');
BEGIN
    RETURN (
        SELECT number FROM generate_series(1, slots) AS number
        WHERE cardinality(held) < slots AND number <> ALL(held) ORDER BY random() LIMIT 1
    );
END
$$;

-- Takes one credit of this month (UTC, by the database's clock) and returns the month; NULL where all are used up.
-- The update of the row waits for whoever is updating it and then judges what they left: no two take the last one.
CREATE FUNCTION take_credit(project text) RETURNS date LANGUAGE plpgsql AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    paid date;
BEGIN
    INSERT INTO credits AS c (project_id, month, used)
    SELECT project, this_month, 1 FROM projects p WHERE p.project_id = project AND p.monthly_ai_credits > 0
    ON CONFLICT (project_id, month) DO UPDATE SET used = c.used + 1
    WHERE c.used < (SELECT p.monthly_ai_credits FROM projects p WHERE p.project_id = project)
    RETURNING c.month INTO paid;
    RETURN paid;
END
$$;

-- Takes the credit of a run that begins; NULL where nothing can be run now, or the project's endpoint is left alone.
CREATE FUNCTION pay_for_run(project text) RETURNS date LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM projects p JOIN configurations c ON c.project_id = p.project_id
        WHERE p.project_id = project AND lower(p.plan) = 'business' AND c.enabled AND NOT EXISTS (
            SELECT FROM breakers b
            WHERE b.project_id = c.project_id AND b.opened_at IS NOT NULL AND b.endpoint = endpoint_of(c)
        )
    ) THEN
        RETURN take_credit(project);
    END IF;
    RETURN NULL;
END
$$;
