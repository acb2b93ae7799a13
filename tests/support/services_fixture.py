"""PostgreSQL and Valkey for the first test that needs them: with its database, or by asking for `running_services`."""

import pytest
from django.db import connections

from qxportal.embedded import Embedded
from tests.support.cannot_go_on import starting
from tests.support.migrated import lay_down
from tests.support.services import services


@pytest.fixture(scope="session")
def running_services() -> Embedded:
    """Both, running."""
    with starting("PostgreSQL or Valkey"):
        lay_down(services)
        services.start()
    return services


@pytest.fixture(scope="session")
def django_db_modify_db_settings(running_services: Embedded, django_db_modify_db_settings: None) -> None:
    """No database without its server; each begins as a copy of what migrations left."""
    for connection in connections.all():
        connection.settings_dict["TEST"]["TEMPLATE"] = connection.settings_dict["NAME"]


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Leave the databases to be deleted with their server: a session that is just ending prevents dropping one."""
    return True
