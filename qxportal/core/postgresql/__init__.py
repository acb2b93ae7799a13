"""Django's backend for PostgreSQL with a cheaper check of persistent connections and prepared statements."""
