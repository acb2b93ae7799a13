"""Fixtures that every test may use."""

import gc
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.utils import translation

from qxportal.core.failpoints import FAILPOINTS
from tests.support.engine_fixture import engine, engine_log, engine_server, engine_thread
from tests.support.fast_flush import install_fast_flush
from tests.support.portal_fixture import connected
from tests.support.quick_hashes import hash_quickly
from tests.support.services_fixture import django_db_modify_db_settings, running_services
from tests.support.shared_middleware import share_middleware
from tests.support.site_fixture import link_of, site_log, site_url, visitor
from tests.support.tenants import key_ring, member, org, rival_org

__all__ = [
    "connected",
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
    "visitor",
]

hypothesis.settings.register_profile("portal", deadline=None)  # other work on the machine is no failure
hypothesis.settings.load_profile("portal")


@pytest.fixture(autouse=True)
def no_language_left() -> Iterator[None]:
    """A test that asks for a page in German leaves no German to the next one in its thread."""
    yield
    translation.deactivate()


def pytest_configure() -> None:
    """Empty the databases quickly between tests, hash passwords quickly, and make the middleware once."""
    install_fast_flush()
    share_middleware()
    hash_quickly()


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays until the end, modules and six thousand tests, and wake it less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say how much of the API was shown to conform, and where processes were killed."""
    noted = [each for report in terminalreporter.stats.get("passed", []) for each in report.user_properties]
    combinations = {words for how, words in noted if how == "accepted"}
    if combinations:
        requests = {case.partition("-")[0] for case in combinations}
        terminalreporter.write_line(
            f"Conformance: {len(requests)} requests, {len(combinations)} combinations of request, version and format, "
            "each accepted with what it needs and with all it takes"
        )
    kills = {words for how, words in noted if how == "killed"}
    if kills:
        steps = {words.partition(" · ")[0] for words in kills}
        others = {how: len({words for one, words in noted if one == how}) for how in ("stopped", "cut off")}
        terminalreporter.write_line(
            f"Failpoints: {len(steps)} of {len(FAILPOINTS)} killed at, {len(kills)} cases of step, kind and once or "
            f"persistently; {others['stopped']} stopped, {others['cut off']} cut off from the database"
        )
