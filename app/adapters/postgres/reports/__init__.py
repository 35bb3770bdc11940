"""What is only read, in PostgreSQL: activity of a project, lists of projects and results."""
