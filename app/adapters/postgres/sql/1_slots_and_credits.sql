-- What a run holds while it runs: one of its project's slots, and a credit of the month.

-- Returns one of the numbers 1 to `slots` that is not among those `held`, the first after one drawn by chance; NULL where
-- there is none. A unique index holds to it: of two runs that are given the same in one moment, one fails.
CREATE FUNCTION free_slot(held integer[], slots integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    number integer := random() * slots;
BEGIN
    WHILE cardinality(held) < slots LOOP
        number := number % slots + 1;
        IF number <> ALL(held) THEN
            RETURN number;
        END IF;
    END LOOP;
    RETURN NULL;
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
CREATE FUNCTION take_credit(project text, allowance bigint) RETURNS date LANGUAGE plpgsql AS $$
DECLARE
    this_month date := date_trunc('month', now() AT TIME ZONE 'UTC');
    now_used bigint;
    told integer;
BEGIN
    IF allowance > 0 THEN
        INSERT INTO credits AS c (project_id, month, used) VALUES (project, this_month, 1)
        ON CONFLICT (project_id, month) DO UPDATE SET used = c.used + 1 WHERE c.used < allowance
        RETURNING c.used, c.told_percent INTO now_used, told;
    END IF;
    -- Where none is left, the allowance may have been lowered below what was used: that is told too.
    IF now_used IS NULL OR credit_level(now_used, allowance) > told THEN
        PERFORM tell_credits(project, this_month, allowance);
    END IF;
    RETURN CASE WHEN now_used IS NOT NULL THEN this_month END;
END
$$;
