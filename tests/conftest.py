"""Fixtures that every test may use."""

from tests.engine_fixture import engine, engine_server, engine_thread

__all__ = ["engine", "engine_server", "engine_thread"]
