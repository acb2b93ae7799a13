"""Nothing is asked of the vendor while a transaction is open: its answer may take a minute."""

import pytest
from django.db import transaction

from qxportal.accounts.credentials import client_for, client_pool
from qxportal.threesixty.calls.assessments import GetAssessments

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.mark.parametrize("access", [client_for, client_pool])
def test_neither_a_client_nor_a_pool_asks_inside_a_transaction(connected, access):
    with access(connected.org) as threesixty:
        with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
            threesixty.call(GetAssessments())
        assert connected.engine.calls() == []

        threesixty.call(GetAssessments())

    assert len(connected.engine.calls()) == 1
