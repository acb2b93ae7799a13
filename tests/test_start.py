"""The site starts."""

import pytest


@pytest.mark.django_db
def test_the_sign_in_page_opens(client):
    page = client.get("/account/login/")

    assert page.status_code == 200
    assert "no-store" in page["Cache-Control"]
    assert "script-src 'self'" in page["Content-Security-Policy"]
