"""What the service is called in the places that a sentence has for it."""

import pytest
from django.test import override_settings

from qxportal.accounts.models import Credential
from qxportal.accounts.service import service_name
from qxportal.ui.terms import SERVICE_PLACES, service_called, service_words


def test_service_words_cover_every_place():
    assert set(service_words()) == set(SERVICE_PLACES)
    with service_called("Qualtrics"):
        assert set(service_words()) == set(SERVICE_PLACES)
        assert service_words()["from_service"] == "from Qualtrics"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "terms", "name"),
    [
        ("eu.qualtrics.com", {}, "Qualtrics"),
        ("eu.qualtrics.com", {"Service": "Feedback Hub"}, "Feedback Hub"),
        ("notqualtrics.com", {}, ""),
        ("http://127.0.0.1:8001", {}, ""),
    ],
)
@override_settings(VENDOR_DOMAIN="qualtrics.com")
def test_service_is_named_by_the_organisation_or_its_host(org, host, terms, name):
    Credential.objects.update_or_create(org=org, defaults={"host": host, "api_user": "api"})
    org.terms = terms

    assert service_name(org) == name
