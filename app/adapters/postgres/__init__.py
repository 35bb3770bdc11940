"""PostgreSQL: the connection, the tables, and one store per noun."""
