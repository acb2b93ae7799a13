"""PostgreSQL and Valkey from wheels, and the supervisor of the processes beside them."""

from qxportal.embedded.servers import (
    SHARED,
    SOCKET_PATH_MAX,
    Embedded,
    EmbeddedError,
    die_with_parent,
    ensure_database,
)

__all__ = ["SHARED", "SOCKET_PATH_MAX", "Embedded", "EmbeddedError", "die_with_parent", "ensure_database"]
