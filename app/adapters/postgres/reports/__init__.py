"""Read-only stores in PostgreSQL: a project's activity, lists of projects and results."""
