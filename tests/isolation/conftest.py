"""The two organisations, made once for each file; what a test does to them is taken back after it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.isolation.tenant import Tenant
from tests.isolation.two_organisations import make_tenant


@pytest.fixture(scope="module")
def tenants(django_db_setup: None, django_db_blocker: Any) -> Iterator[tuple[Tenant, Tenant]]:
    with django_db_blocker.unblock(), transaction.atomic():
        made = make_tenant("ours", "Ourshire"), make_tenant("rival", "Rivalton")
        for tenant in made:
            tenant.sign_in()
        yield made
        transaction.set_rollback(True)


@pytest.fixture
def ours(tenants: tuple[Tenant, Tenant], db: None) -> Tenant:
    return tenants[0]


@pytest.fixture
def rival(tenants: tuple[Tenant, Tenant], db: None) -> Tenant:
    return tenants[1]
