"""NOTIFY and LISTEN of PostgreSQL: the standing connection, and the notices that are sent over it."""
