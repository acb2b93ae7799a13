"""Starts a throw-away PostgreSQL and Valkey before Django reads its settings; loaded with `-p tests.services`."""

import atexit
import os
import tempfile
from pathlib import Path

from qxportal.embedded import Embedded

var = tempfile.TemporaryDirectory(prefix="qx-", ignore_cleanup_errors=True)
Path(var.name).chmod(0o711)  # PostgreSQL may run under another account
(Path(var.name) / "static").mkdir()
services = Embedded(Path(var.name), durable=False)
services.start()
atexit.register(services.stop)

os.environ.update(services.environment())
os.environ.update(
    VAR=var.name,
    SECRET_KEY="tests-only-" + "k" * 50,
    PORTAL_URL="http://127.0.0.1:8000",
    ENGINE_ALLOWED="1",
    PORTAL_TESTS="1",
    RETRY_SECONDS="0.05",
)
