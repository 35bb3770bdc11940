-- What a worker gets with a run: the ticket, and on what terms its project has it run.

-- A project, its configuration as it is now, and whether the breaker of its endpoint is open. Column by column: a whole
-- row changes its type when the next release adds a column, and who has just taken a run could not read it.
CREATE VIEW run_terms AS
SELECT project_id, plan, monthly_ai_credits, enabled, configuration, token_sealed, endpoint,
    coalesce(breaker ->> 'endpoint' = endpoint AND breaker ->> 'opened_at' IS NOT NULL, false) AS breaker_open
FROM projects;

CREATE TYPE claim AS (
    ticket_id text, run bigint, attempt integer, strikes integer, submission bytea, result bytea, extracted json,
    charged boolean, age_seconds float8, terms run_terms
);

CREATE FUNCTION claim_of(e enrichments, terms run_terms) RETURNS claim LANGUAGE sql STABLE
RETURN CAST(ROW(
    e.ticket_id, e.run, e.attempt, e.strikes, e.submission, e.result, e.extracted, e.credit_month IS NOT NULL,
    CAST(extract(epoch FROM now() - e.submitted_at) AS float8), terms
) AS claim);

-- Takes the credit of a run that begins; NULL where nothing can be run now, or the project's endpoint is left alone.
CREATE FUNCTION pay_for_run(terms run_terms) RETURNS date LANGUAGE sql VOLATILE
RETURN CASE WHEN lower(terms.plan) = 'business' AND terms.enabled AND NOT terms.breaker_open
    THEN take_credit(terms.project_id, terms.monthly_ai_credits) END;
