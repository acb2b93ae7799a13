"""Libraries: what they hold, an image put into one, and taken out again, against a running engine."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from assessments.models import Assessment
from directory.models import VendorUser
from qxportal.accounts.roles import Role
from qxportal.engine.models import Graphic, Group
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


def test_names_that_nothing_can_have_are_not_found(db):
    org = organisation()
    Assessment.objects.create(org=org, vendor_id="TS_1", name="Review", seen_at=timezone.now())
    editor, page = browser(org, Role.EDITOR), f"/o/{org.slug}/surveys/library/"

    assert [editor.get(f"{page}{key}/").status_code for key in ("%00", "GR_%00", "GR_a%0a", "TS_1")] == [404] * 3 + [
        200
    ]
    assert editor.post(f"{page}%00/refresh/").status_code == 404


def test_libraries_are_listed_in_pages_and_found_by_name(db):
    org = organisation()
    now = timezone.now()
    Assessment.objects.bulk_create(
        Assessment(org=org, vendor_id=f"TS_{number}", name=f"Review {number:02}", seen_at=now) for number in range(60)
    )
    VendorUser.objects.create(org=org, vendor_id="UR_1", user_name="ines.vogel#halden", seen_at=now)
    editor, page = browser(org, Role.EDITOR), f"/o/{org.slug}/surveys/library/"

    first = editor.get(page)
    second = editor.get(page, {"cursor": first.context["page"].next})

    assert [len(one.context["owners"]) for one in (first, second)] == [50, 10]
    assert editor.get(page, {"q": "review 07"}).context["owners"] == [("TS_7", "Review 07")]
    assert editor.get(page, {"of": "users"}).context["owners"] == [("UR_1", "ines.vogel")]
    assert editor.get(f"{page}TS_59/").status_code == editor.get(f"{page}UR_1/").status_code == 200


def test_objects_of_a_library_are_shown_in_pages_and_by_kind(db):
    org = organisation()
    VendorUser.objects.create(org=org, vendor_id="UR_1", user_name="ines", seen_at=timezone.now())
    images = {f"IM_{number}": f"Logo {number:03}" for number in range(120)}
    LibraryContent.objects.create(
        org=org, library_id="UR_1", seen_at=timezone.now(), graphics=images, messages={"MS_1": "Invitation"}
    )
    editor, page = browser(org, Role.EDITOR), f"/o/{org.slug}/surveys/library/UR_1/"

    def names(**query):
        return [one.name for one in editor.get(page, query).context["page"].rows]

    assert (names()[0], len(names()), len(names(cursor="2"))) == ("Logo 000", 50, 21)
    assert names(kind="Messages") == names(q="invit") == ["Invitation"]
    assert names(cursor="99") == names(cursor="2") and names(cursor="x") == names()


@live
def test_library_of_a_group_is_opened_by_its_id(connected):
    group = connected.engine.run(
        lambda: Group.objects.create(brand=connected.engine.brand, name="Design", public_id="GR_design")
    )
    connected.engine.run(lambda: group.members.add(connected.engine.api_user.row))
    client, page = signed_in(connected.admin.user), f"/o/{connected.org.slug}/surveys/library/"

    assert client.get(page, {"library": "TS_1"}).status_code == 422
    opened = client.get(page, {"library": "GR_design"})
    assert opened["Location"] == f"{page}GR_design/"
    client.post(f"{page}GR_design/refresh/")
    run_next()

    assert "The library is empty" in client.get(opened["Location"]).content.decode()
    assert client.get(page, {"of": "groups"}).context["owners"] == [("GR_design", "GR_design")]
