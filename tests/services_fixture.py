"""PostgreSQL and Valkey for the first test that needs them: with its database, or by asking for `running_services`."""

import pytest

from qxportal.embedded import Embedded
from tests.services import services


@pytest.fixture(scope="session")
def running_services() -> Embedded:
    """Both, running; where they cannot start every test that needs them says why at once."""
    try:
        services.start()
    except Exception as problem:
        pytest.exit(f"PostgreSQL or Valkey did not start, so no test can run: {problem}", returncode=3)
    return services


@pytest.fixture(scope="session")
def django_db_modify_db_settings(running_services: Embedded, django_db_modify_db_settings: None) -> None:
    """No database without its server."""
