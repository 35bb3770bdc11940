"""A ticket's life: intake, worker, waiting callers, webhooks, upkeep, shutdown."""
