"""Fixtures for tests that use Django; a pytest plugin."""

from collections.abc import Iterator

import pytest
from django.utils import translation

from tests.support.engine_fixture import engine, engine_log, engine_server, engine_thread
from tests.support.fast_flush import install_fast_flush
from tests.support.portal_fixture import connected, verified_at_once
from tests.support.quick_hashes import hash_quickly
from tests.support.services_fixture import django_db_keepdb, django_db_modify_db_settings, running_services
from tests.support.shared_middleware import share_middleware
from tests.support.site_fixture import link_of, site_log, site_url, visitor
from tests.support.tenants import key_ring, member, org, rival_org

__all__ = [
    "connected",
    "django_db_keepdb",
    "django_db_modify_db_settings",
    "engine",
    "engine_log",
    "engine_server",
    "engine_thread",
    "key_ring",
    "link_of",
    "member",
    "no_language_left",
    "org",
    "rival_org",
    "running_services",
    "site_log",
    "site_url",
    "verified_at_once",
    "visitor",
]


@pytest.fixture(autouse=True)
def no_language_left() -> Iterator[None]:
    """Reset the language, so that a test with a German page does not affect the next one in its thread."""
    yield
    translation.deactivate()


def pytest_configure() -> None:
    """Flush databases quickly between tests, hash passwords quickly, and build the middleware once."""
    install_fast_flush()
    share_middleware()
    hash_quickly()
