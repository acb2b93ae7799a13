"""User data fields: read, added and shown as the answer told them, against a running engine."""

import pytest

from qxportal.accounts.roles import Role
from qxportal.engine.models import Brand
from qxportal.ledger.models import Change
from tests.support.mirrored_rows import browser, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def test_a_field_is_added_and_shown_as_the_answer_tells_it(connected):
    client, page = signed_in(connected.admin.user), f"/o/{connected.org.slug}/settings/user-data-fields/"
    assert "Not read yet" in text(client.get(page))

    assert client.post(page, {"set": "", "name": "", "choices": "EN"}).status_code == 422
    assert client.post(page, {"set": "", "name": "Speaks", "choices": "EN\nDE", "required": "on"}).status_code == 302
    connected.send()

    assert Change.objects.get().state == Change.State.DONE
    setting = {"Type": "MultipleChoice", "Required": True, "CanEdit": False, "Choices": ["EN", "DE"]}
    brand = connected.engine.run(Brand.objects.get, pk=connected.engine.brand.pk)
    assert brand.optional_fields == {"Speaks": setting}
    assert "Speaks EN, DE Yes No" in text(client.get(page))

    assert client.post(page, {"default": "a\0b"}).status_code == 422
    client.post(page, {"read": ""})
    connected.send()
    assert connected.engine.run(Brand.objects.get, pk=connected.engine.brand.pk).optional_fields == {"Speaks": setting}
    assert Change.objects.filter(state=Change.State.DONE).count() == 2
    assert browser(connected.org, Role.EDITOR).get(page).status_code == 403
