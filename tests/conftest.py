"""Fixtures that every test may use."""

from tests.engine_fixture import engine, engine_server, engine_thread
from tests.portal_fixture import connected

__all__ = ["connected", "engine", "engine_server", "engine_thread"]
