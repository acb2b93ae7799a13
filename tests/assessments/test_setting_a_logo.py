"""The logo in the settings: uploaded, shown, replaced, removed, refused beside the field."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assessments.brand import brand_of, logo_of, mirror_brand
from qxportal.accounts.models import AuditEntry
from qxportal.accounts.roles import Role
from qxportal.engine.models import Brand
from qxportal.ledger.models import Change
from qxportal.security.models import Sealed
from qxportal.threesixty.calls.mailings import GetBrand
from qxportal.threesixty.records.mailings import BrandRecord
from tests.qxportal.engine.pictures import drawn, png
from tests.support.mirrored_rows import browser, organisation, text
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


def _upload(content: bytes, name: str = "logo.png") -> dict[str, Any]:
    return {"logo": SimpleUploadedFile(name, content)}


def test_a_logo_goes_to_the_server_and_comes_back_as_a_preview(connected: Connected):
    org = connected.org
    mirror_brand(org, BrandRecord(name="marlstone", title="Marlstone"), as_of=timezone.now())
    client = browser(org, Role.OWNER)
    url = f"/o/{org.slug}/settings/brand/"
    assert "There is no logo" in text(client.get(url))

    assert client.post(f"{url}logo/", _upload(drawn("JPEG", (900, 300)))).status_code == 302
    connected.send()

    change = Change.objects.get()
    assert (change.state, change.request) == ("done", "qxSetBrand")
    assert not Sealed.objects.exists()
    assert len(connected.engine.run(Brand.objects.get, name=connected.engine.brand.name).logo_key) == 64
    from qxportal.accounts.credentials import client_for

    with client_for(org) as threesixty:
        mirror_brand(org, threesixty.call(GetBrand()), as_of=timezone.now())
    assert logo_of(org).startswith(b"\x89PNG")
    known = brand_of(org)
    assert known is not None
    assert known.logo_digest == change.parameters["enclosed"]["logo"]["sha256"]
    assert 'src="data:image/png;base64,' in client.get(url).content.decode()
    assert AuditEntry.objects.filter(verb="brand.logo-changed").count() == 1

    assert client.post(f"{url}logo/", {"remove": "on"}).status_code == 302
    connected.send()
    assert connected.engine.run(Brand.objects.get, name=connected.engine.brand.name).logo_key == ""


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "no PNG, JPEG or WebP"),
        (drawn("GIF"), "no PNG, JPEG or WebP"),
        (png((4001, 2)), "4000 pixels"),
        (png() + b"-" * (1024 * 1024), "larger than 1 MB"),
        (b"", "empty"),
    ],
    ids=["svg", "gif", "wide", "large", "empty"],
)
def test_what_is_no_logo_is_refused_beside_the_field(content, said):
    org = organisation()
    mirror_brand(org, BrandRecord(name="halden", title="Halden"), as_of=timezone.now())

    answer = browser(org, Role.ADMIN).post(f"/o/{org.slug}/settings/brand/logo/", _upload(content))

    assert answer.status_code == 422
    assert said in text(answer)
    assert not Change.objects.exists()


def test_removing_a_logo_that_there_is_not_is_refused():
    org = organisation()
    mirror_brand(org, BrandRecord(name="halden", title="Halden"), as_of=timezone.now())

    answer = browser(org, Role.ADMIN).post(f"/o/{org.slug}/settings/brand/logo/", {"remove": "on"})

    assert "no logo to remove" in text(answer)
    assert not Change.objects.exists()


@pytest.mark.parametrize("role", [Role.READER, Role.EDITOR])
def test_others_may_not_set_a_logo(role):
    org = organisation()
    mirror_brand(org, BrandRecord(name="halden", title="Halden"), as_of=timezone.now())

    assert browser(org, role).post(f"/o/{org.slug}/settings/brand/logo/", _upload(png())).status_code == 403


def test_letters_show_the_logo():
    from pypdf import PdfReader

    from assessments.letter_pdf import letters_pdf
    from qxportal.threesixty.records.letters import FreshLetter, PrintedLetters

    logo = "data:image/png;base64," + __import__("base64").b64encode(png((40, 20))).decode()
    told = PrintedLetters(organization="Halden", letters=(FreshLetter(person_id="P_1", code="AB2C-D3EF-4GHJ"),))

    pages = [PdfReader(io.BytesIO(letters_pdf(told, assessment="360", logo=one))).pages for one in ("", logo)]

    assert [len(page[0].images) for page in pages] == [0, 1]
