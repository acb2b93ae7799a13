"""Libraries: what they hold, an image put into one, and taken out again, against a running engine."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assessments.models import Assessment
from directory.models import VendorUser
from qxportal.accounts.roles import Role
from qxportal.engine.models import Graphic
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change
from surveys.models import LibraryContent
from tests.qxportal.engine.pictures import png
from tests.support.mirrored_rows import browser, organisation
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
live = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@live
def test_an_image_is_uploaded_listed_and_deleted(connected):
    org, key = connected.org, connected.engine.api_user.user_id
    VendorUser.objects.create(org=org, vendor_id=key, user_name="api#marlstone", seen_at=timezone.now())
    client, page = signed_in(connected.admin.user), f"/o/{org.slug}/surveys/library/{key}/"

    refused = client.post(page, {"name": "Logo", "image": SimpleUploadedFile("logo.svg", b"<svg/>")})
    assert refused.status_code == 422 and not Change.objects.exists()
    assert client.post(page, {"name": "Logo", "image": SimpleUploadedFile("logo.png", png())}).status_code == 302
    connected.send()
    run_next()

    change = Change.objects.get()
    assert change.state == Change.State.DONE
    [(held, name)] = LibraryContent.objects.get().graphics.items()
    assert name.startswith("Logo #") and held in client.get(page).content.decode()

    delete = f"{page}graphics/{held}/delete/"
    assert client.post(delete, {"typed": "Logo"}).status_code == 422
    assert client.post(delete, {"typed": name}).status_code == 302
    connected.send()
    assert not connected.engine.run(Graphic.objects.exists)


def test_readers_and_subjects_of_an_assessment_see_no_library(db):
    org = organisation()
    Assessment.objects.create(org=org, vendor_id="TS_1", name="Review", seen_at=timezone.now())
    page = f"/o/{org.slug}/surveys/library/"
    editor = browser(org, Role.EDITOR)

    assert browser(org, Role.READER).get(page).status_code == 403
    assert editor.get(f"{page}TS_other/").status_code == 404
    assert editor.get(f"{page}TS_1/").status_code == 200
    assert editor.get(f"{page}TS_1/graphics/IM_none/delete/").status_code == 404
