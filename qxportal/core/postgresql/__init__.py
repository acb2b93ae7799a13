"""Django's backend for PostgreSQL with a cheaper look at kept connections, and statements that are planned once."""
