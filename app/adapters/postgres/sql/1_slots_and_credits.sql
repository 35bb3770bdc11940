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

-- Leaves a message to the helpdesk, in the transaction of the change that it tells of: both last, or neither.
CREATE FUNCTION tell(event text, project text, told jsonb) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    INSERT INTO deliveries (message_id, event, project_id, data)
    VALUES ('msg_' || replace(CAST(gen_random_uuid() AS text), '-', ''), event, project, told);
END;

-- How much of an allowance is used, of the shares that are told: 100 %, 80 % or less.
CREATE FUNCTION credit_level(used bigint, allowance bigint) RETURNS integer LANGUAGE sql IMMUTABLE
RETURN CASE WHEN used >= allowance THEN 100 WHEN used * 5 >= allowance * 4 THEN 80 ELSE 0 END;

-- Tells the helpdesk how much of the month's allowance is used, unless so much was told already: once for each share.
CREATE FUNCTION tell_credits(project text, this_month date, allowance bigint) RETURNS void LANGUAGE sql
BEGIN ATOMIC
    WITH told AS (
        UPDATE credits SET told_percent = credit_level(used, allowance)
        WHERE project_id = project AND month = this_month AND credit_level(used, allowance) > told_percent
        RETURNING used, told_percent
    )
    SELECT tell('credits.low', project, jsonb_build_object('percent', told_percent, 'credits_used', used,
        'monthly_ai_credits', allowance, 'credits_reset_at',
        to_char(this_month + interval '1 month', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')))
    FROM told;
END;

-- Takes one credit of this month (UTC, by the database's clock) and returns the month; NULL where all are used up.
-- The update of the row waits for whoever is updating it and then judges what they left: no two take the last one.
CREATE FUNCTION take_credit(project text) RETURNS date LANGUAGE plpgsql AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    allowance bigint := (SELECT p.monthly_ai_credits FROM projects p WHERE p.project_id = project);
    taken credits;
BEGIN
    INSERT INTO credits AS c (project_id, month, used) SELECT project, this_month, 1 WHERE allowance > 0
    ON CONFLICT (project_id, month) DO UPDATE SET used = c.used + 1 WHERE c.used < allowance
    RETURNING c.* INTO taken;
    -- Where none is left, the allowance may have been lowered below what was used: that is told too.
    IF taken.month IS NULL OR credit_level(taken.used, allowance) > taken.told_percent THEN
        PERFORM tell_credits(project, this_month, allowance);
    END IF;
    RETURN taken.month;
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
