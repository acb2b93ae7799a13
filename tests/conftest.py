"""Fixtures that every test may use."""

from tests.cast import key_ring, member, org, rival_org
from tests.engine_fixture import engine, engine_server, engine_thread
from tests.portal_fixture import connected

__all__ = ["connected", "engine", "engine_server", "engine_thread", "key_ring", "member", "org", "rival_org"]
