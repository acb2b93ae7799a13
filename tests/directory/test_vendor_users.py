"""Users and divisions of the survey service: listed, created, changed, renamed and deleted by administrators."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from directory.models import Person, VendorUser
from directory.user_sync import RESOURCE, mirror_users
from qxportal.accounts.models import AuditEntry, Credential
from qxportal.accounts.roles import Role
from qxportal.engine.models import Division, User
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change, ResourceSync
from qxportal.ledger.selectors import resource_sync, rows_listed
from qxportal.threesixty.records import UserRecord
from tests.support.mirrored_rows import browser, organisation, people, text
from tests.support.tenants import signed_in

pytestmark = pytest.mark.django_db
live = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
PASSWORD = "quiet-lantern-by-the-sea"
NEW = {
    "first_name": "Otto",
    "last_name": "Lang",
    "email": "otto.lang@marlstone.example",
    "user_name": "otto.lang",
    "password": PASSWORD,
    "brand": "marlstone",
    "type": "UT_MEMBER",
}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def otto(org):
    return VendorUser.objects.create(
        org=org, vendor_id="UR_otto", user_name="otto.lang#halden", surveys=0, seen_at=timezone.now()
    )


def page(client: Any, org: Any, where: str, **posted: str) -> Any:
    url = f"/o/{org.slug}/settings/{where}"
    return client.post(url, posted) if posted else client.get(url)


def test_the_list_names_the_linked_person(org, otto):
    person = people(org, 1)[0]
    person.user_id = otto.vendor_id
    person.save(update_fields=["user_id"])

    shown = text(page(browser(org, Role.ADMIN), org, "users/"))

    assert "otto.lang" in shown
    assert str(person) in shown


def test_the_list_swapped_alone_takes_few_queries_and_shows_names_as_text(org):
    VendorUser.objects.bulk_create(
        VendorUser(org=org, vendor_id=f"UR_<{number}>", user_name=f"<b>{number:03} & {{pk}} %s", seen_at=timezone.now())
        for number in range(120)
    )
    ResourceSync.objects.create(org=org, resource=RESOURCE, rows=12_345)
    person = people(org, 1)[0]
    Person.objects.filter(pk=person.pk).update(user_id="UR_<7>", last_name="<i>Okoro {0}")
    client, alone = browser(org, Role.ADMIN), {"HX-Request": "true", "HX-Target": "listing"}
    address = f"/o/{org.slug}/settings/users/"
    first = client.get(address, headers=alone)

    for query in ("", "q=pk", f"cursor={first.context['page'].next}"):
        with CaptureQueriesContext(connection) as queries:
            shown = client.get(f"{address}?{query}", headers=alone).content.decode()
        counted = query == "q=pk"  # what is narrowed is not known from the last reading
        assert len(queries) <= 2 + 3 + counted, query  # the session and its user come first
        assert "<html" not in shown and shown.count("Rename…") == 50, query
    html = first.content.decode()
    bare = client.get(f"{address}?columns=none", headers=alone).content.decode()
    user = VendorUser.objects.get(vendor_id="UR_<7>")

    assert "<b>" not in html and "<i>" not in html
    assert "&lt;b&gt;007 &amp; {pk} %s" in html and "<code>UR_&lt;7&gt;</code>" in html
    assert f'<a href="/o/{org.slug}/people/{person.pk}/">' in html and "&lt;i&gt;Okoro {0}" in html
    for verb in ("", "rename/", "delete/"):
        assert f'href="{address}{user.pk}/{verb}"' in html
    assert html[html.index("<tbody>") : html.index("</tbody>")] in client.get(address).content.decode()
    assert "Okoro" not in bare and bare.count("Delete…") == 50


def test_a_listing_replaces_the_one_before_unless_it_is_older(org, otto):
    earlier, now = otto.seen_at, timezone.now()
    mirror_users(org, [UserRecord(vendor_id="UR_new", user_name="new", surveys=2)], as_of=now)
    mirror_users(org, [UserRecord(vendor_id="UR_old", user_name="old")], as_of=earlier)

    assert list(VendorUser.objects.values_list("vendor_id", "surveys")) == [("UR_new", 2)]
    assert rows_listed(resource_sync(org, RESOURCE)) == 1


@pytest.mark.parametrize("where", ["users/", "users/new/", "users/{}/", "users/{}/delete/", "divisions/new/"])
def test_only_administrators_of_the_organisation_see_users(org, otto, where):
    stranger = browser(organisation("tarn", "Tarn Works"), Role.ADMIN)

    assert page(browser(org, Role.EDITOR), org, where.format(otto.pk)).status_code == 403
    assert page(browser(org, Role.READER), org, where.format(otto.pk)).status_code == 403
    assert page(stranger, org, where.format(otto.pk)).status_code == 404
    assert "{}" not in where or stranger.get(f"/o/tarn/settings/{where.format(otto.pk)}").status_code == 404


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"user_name": "otto lang"}, "Enter a user name without spaces."),
        ({"type": "admin"}, "Enter a user type; it begins with UT_."),
        ({"brand": "halden"}, "There is a user with this name already."),
    ],
)
def test_a_new_user_is_refused_beside_the_field(org, otto, key_ring, changed, words):
    answer = page(browser(org, Role.ADMIN), org, "users/new/", **{**NEW, **changed})

    assert (answer.status_code, words in text(answer)) == (422, True)
    assert not Change.objects.exists()


def test_a_password_is_nowhere_in_the_clear(org, key_ring):
    answer = page(browser(org, Role.ADMIN), org, "users/new/", **NEW)

    change = Change.objects.get()
    assert answer.status_code == 302
    assert PASSWORD not in str(change.parameters) + str(change.title) + str(list(AuditEntry.objects.values()))


def test_deleting_is_typed_and_refused_for_who_owns_surveys_or_is_ours(org, otto):
    admin, where = browser(org, Role.ADMIN), f"users/{otto.pk}/delete/"

    assert page(admin, org, where, typed="someone").status_code == 422
    VendorUser.objects.filter(pk=otto.pk).update(surveys=2)
    assert "Surveys belong to this user." in text(page(admin, org, where, typed="otto.lang"))
    VendorUser.objects.filter(pk=otto.pk).update(surveys=0)
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="otto.lang#halden", version="2.5")
    assert "The portal itself signs in as this user." in text(page(admin, org, where, typed="otto.lang"))
    assert not Change.objects.exists()


@pytest.mark.parametrize(
    ("where", "posted"),
    [
        ("users/{}/", {"status": "Disabled"}),
        ("users/{}/", {"type": "UT_MEMBER"}),
        ("users/{}/rename/", {"user_name": "otto"}),
        ("users/{}/delete/", {"typed": "otto.lang"}),
    ],
)
def test_the_user_that_the_portal_signs_in_as_stays(org, otto, where, posted):
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="Otto.Lang", version="2.5")

    refused = page(browser(org, Role.ADMIN), org, where.format(otto.pk), **posted)

    assert (refused.status_code, "The portal itself signs in as this user." in text(refused)) == (422, True)
    assert not Change.objects.exists()


def test_nobody_changes_the_user_of_ones_own_person(org, otto):
    admin = browser(org, Role.ADMIN)
    person = people(org, 1)[0]
    person.user_id, person.email = otto.vendor_id, f"admin@{org.slug}.example"
    person.save(update_fields=["user_id", "email"])

    refused = page(admin, org, f"users/{otto.pk}/", email="elsewhere@halden.example")

    assert (refused.status_code, "This is your own record" in text(refused)) == (422, True)
    assert page(admin, org, f"users/{otto.pk}/", status="Disabled").status_code == 302


@live
def test_users_and_divisions_are_changed_at_the_engine(connected):
    client, org = signed_in(connected.admin.user), connected.org

    page(client, org, "users/refresh/", back="/")
    run_next()
    page(client, org, "users/new/", **NEW)
    page(client, org, "divisions/new/", name="Lens works")
    connected.send()
    run_next()
    made = VendorUser.objects.get(org=org, user_name="otto.lang#marlstone")
    page(client, org, f"users/{made.pk}/", last_name="Lange", status="Disabled")
    connected.send()
    page(client, org, f"users/{made.pk}/rename/", user_name="otto.lange")
    connected.send()
    there = connected.engine.run(User.objects.get, public_id=made.vendor_id)
    page(client, org, f"users/{made.pk}/delete/", typed="otto.lang")
    connected.send()

    assert (there.last_name, there.status, there.user_name) == ("Lange", "Disabled", "otto.lange#marlstone")
    assert not connected.engine.run(User.objects.filter(public_id=made.vendor_id).exists)
    assert connected.engine.run(Division.objects.filter(name="Lens works").exists)
    assert set(Change.objects.values_list("state", flat=True)) == {Change.State.DONE}
    verbs = {"user.created", "user.changed", "user.renamed", "user.deleted", "division.created"}
    assert verbs <= set(AuditEntry.objects.filter(org=org).values_list("verb", flat=True))
