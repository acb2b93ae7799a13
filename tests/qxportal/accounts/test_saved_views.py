"""Saved views of lists, private and shared, and the columns that a member chose."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from qxportal.accounts.commands import remove_member
from qxportal.accounts.lists import KINDS, row_of
from qxportal.accounts.models import AuditEntry, Member, SavedView
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import people
from tests.support.tenants import new_member, signed_in

pytestmark = pytest.mark.django_db
PEOPLE = "/o/ashgrove/people/"


@pytest.fixture
def reader(org):
    people(org, 30)
    return new_member(org, Role.READER, "Oskar Lind")


def save(member, name, query="", **fields):
    answer = signed_in(member.user).post(
        "/o/ashgrove/views/new/", {"path": PEOPLE, "query": query, "name": name, **fields}
    )
    assert answer.status_code == 302, answer.context["form"].errors
    return SavedView.objects.get(owner=member, name=name)


def headings(page):
    return re.findall(r'<th scope="col"[^>]*>(?:<a [^>]*>)?([^<]+)', page.content.decode())


def names(page):
    return [person.last_name for person in page.context["page"].rows]


def test_a_view_opens_the_list_as_it_was_saved(reader):
    view = save(reader, "Morettis", "q=moretti&sort=-name&cursor=abc&columns=title")

    page = signed_in(reader.user).get(f"/o/ashgrove/views/{view.pk}/", follow=True)

    assert view.query == "columns=title&q=moretti&sort=-name"
    assert page.redirect_chain[-1][0] == f"{PEOPLE}?view={view.pk}"
    assert set(names(page)) == {"Moretti"}
    assert headings(page)[-2:] == ["Name", "Title"]
    assert page.context["listing"].sorting.value == "-name"


def test_what_is_changed_in_an_open_view_stays_changed(reader):
    view = save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)

    page = browser.get(PEOPLE, {"from": view.pk, "q": "lund"})
    browser.post(f"/o/ashgrove/views/{view.pk}/update/", {"query": "q=lund&from=1"})

    assert page.context["list_state"].changed
    assert "Save changes to “Morettis”" in page.content.decode()
    assert SavedView.objects.get(pk=view.pk).query == "q=lund"


def test_removing_the_last_filter_of_a_view_shows_all_people(reader):
    view = save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)

    page = browser.get(PEOPLE, {"view": view.pk})
    chip = re.search(r'class="chip" href="([^"]*)"', page.content.decode())
    assert chip
    everybody = browser.get(PEOPLE + chip[1].replace("&amp;", "&"))

    assert everybody.context["page"].count == 30
    assert everybody.context["list_state"].view == view


def test_a_view_is_never_cut_short(reader):
    view = save(reader, "Morettis", "q=moretti")
    longer = "&".join(f"filter{number}={'x' * 90}" for number in range(29))

    page = signed_in(reader.user).post(f"/o/ashgrove/views/{view.pk}/update/", {"query": longer}, follow=True)

    view.refresh_from_db()
    assert view.query == "q=moretti"
    assert "This list cannot be saved as a view" in page.content.decode()


def test_a_row_is_shown_whatever_address_it_says_it_stands_at(reader, org):
    request: Any = SimpleNamespace(member=reader, htmx=SimpleNamespace(current_url="http://[half"))
    row = row_of(KINDS["people"])(lambda request, org: HttpResponse(str(request.list_state.kept)))

    shown: Any = row(request, org)

    assert shown.content == b""


def test_private_views_are_the_owners_alone(reader, org):
    view = save(reader, "Morettis", "q=moretti")
    admin = signed_in(new_member(org, Role.ADMIN).user)

    for address in ("", "edit/", "delete/"):
        assert admin.get(f"/o/ashgrove/views/{view.pk}/{address}").status_code == 404
    assert admin.post(f"/o/ashgrove/views/{view.pk}/update/", {"query": ""}).status_code == 404
    page = admin.get(PEOPLE, {"view": view.pk})
    assert page.context["page"].count == 30
    assert "Morettis" not in page.content.decode()
    assert "no longer shared with you" in page.content.decode()


def test_views_of_others_are_nowhere(reader, rival_org):
    rival = new_member(rival_org, Role.OWNER)
    view = SavedView.objects.create(
        org=rival_org, owner=rival, kind="people", path="/o/brackwater/people/", name="Theirs", shared=True
    )
    browser = signed_in(reader.user)

    assert browser.get(f"/o/ashgrove/views/{view.pk}/").status_code == 404
    assert browser.post("/o/ashgrove/views/default/", {"view": view.pk}).status_code == 404
    assert "Theirs" not in browser.get(PEOPLE, {"view": view.pk}).content.decode()
    assert "Theirs" not in browser.get("/o/ashgrove/views/").content.decode()


def test_editors_share_views_and_readers_do_not(reader, org):
    editor = new_member(org, Role.EDITOR, "Ruth Adeyemi")
    view = save(editor, "External people", "external=yes", shared="on")
    private = save(reader, "Mine", shared="on")

    page = signed_in(reader.user).get("/o/ashgrove/views/").content.decode()

    assert not private.shared
    assert "Shared by Ruth Adeyemi" in page
    assert AuditEntry.objects.get(verb="view.shared").target == "External people"
    assert f"/o/ashgrove/views/{view.pk}/edit/" not in page
    refused = signed_in(reader.user).post(f"/o/ashgrove/views/{view.pk}/edit/", {"name": "Nobody"})
    assert refused.status_code == 422
    assert "Only the owner of a shared view and administrators can change it." in refused.content.decode()


def test_administrators_rename_and_delete_shared_views(org, reader):
    view = save(new_member(org, Role.EDITOR), "External people", "external=yes", shared="on")
    admin = signed_in(new_member(org, Role.ADMIN).user)

    renamed = admin.post(f"/o/ashgrove/views/{view.pk}/edit/", {"name": "Outside", "shared": "on"})
    private = admin.post(f"/o/ashgrove/views/{view.pk}/edit/", {"name": "Outside"})

    assert renamed.status_code == 302
    assert private.status_code == 422
    assert [one.name for one in SavedView.objects.filter(shared=True)] == ["Outside"]
    assert admin.post(f"/o/ashgrove/views/{view.pk}/delete/").status_code == 302
    assert not SavedView.objects.exists()
    assert set(AuditEntry.objects.filter(target="Outside").values_list("verb", flat=True)) == {
        "view.changed",
        "view.deleted",
    }


def test_a_name_is_taken_once(reader):
    save(reader, "Morettis")

    again = signed_in(reader.user).post("/o/ashgrove/views/new/", {"path": PEOPLE, "name": "morettis"})

    assert again.status_code == 422
    assert "There is already a view with this name." in again.content.decode()


@pytest.mark.parametrize("path", ["", "//elsewhere.example/", "/o/brackwater/people/", "/o/ashgrove/", "/account/"])
def test_only_lists_of_the_organisation_are_saved(reader, path):
    browser = signed_in(reader.user)

    answer = browser.post("/o/ashgrove/views/new/", {"path": path, "name": "Anything"})
    columns = browser.post("/o/ashgrove/views/columns/", {"path": path, "column": "title"})

    assert answer.status_code == 422
    assert columns["Location"] == "/o/ashgrove/views/"
    assert not SavedView.objects.exists()


def test_a_list_opens_with_the_members_default(reader):
    view = save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)

    browser.post("/o/ashgrove/views/default/", {"view": view.pk, "kind": "people"})

    assert set(names(browser.get(PEOPLE, follow=True))) == {"Moretti"}
    plain = browser.get(PEOPLE, {"from": "0"})
    assert plain.context["page"].count == 30
    assert 'name="from" value="0"' in plain.content.decode()
    browser.post("/o/ashgrove/views/default/", {"kind": "people"})
    assert browser.get(PEOPLE).status_code == 200


def test_a_deleted_default_opens_the_whole_list(reader):
    view = save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)
    browser.post("/o/ashgrove/views/default/", {"view": view.pk})

    browser.post(f"/o/ashgrove/views/{view.pk}/delete/")

    assert browser.get(PEOPLE).context["page"].count == 30


def test_columns_are_kept_for_the_member(reader, org):
    browser = signed_in(reader.user)

    to = browser.post("/o/ashgrove/views/columns/", {"path": PEOPLE, "query": "q=moretti", "column": ["manager"]})

    assert to["Location"] == f"{PEOPLE}?q=moretti"
    assert headings(browser.get(PEOPLE))[-2:] == ["Name", "Manager’s address"]
    assert headings(browser.get(PEOPLE, {"columns": "none"}))[-1:] == ["Name"]
    other = signed_in(new_member(org, Role.READER).user)
    usual = headings(other.get(PEOPLE))
    browser.post("/o/ashgrove/views/columns/", {"path": PEOPLE, "usual": "1"})
    assert headings(browser.get(PEOPLE)) == usual
    assert "Manager’s address" not in usual
    assert Member.objects.get(pk=reader.pk).lists == {"people": {}}


def test_columns_of_an_open_view_change_the_view_alone(reader):
    view = save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)

    to = browser.post(
        "/o/ashgrove/views/columns/", {"path": PEOPLE, "query": f"from={view.pk}&q=moretti", "column": "title"}
    )

    assert headings(browser.get(to["Location"]))[-2:] == ["Name", "Title"]
    assert "Title" in headings(browser.get(PEOPLE))
    assert len(headings(browser.get(PEOPLE))) > 3


def test_the_file_has_the_columns_of_the_page(reader):
    browser = signed_in(reader.user)

    def first_line(**query):
        file = browser.get(PEOPLE, {"file": "csv", **query})
        return file.getvalue().decode().lstrip("\ufeff").splitlines()[0]

    whole = first_line()
    assert first_line(columns="location") == "Last name,First name,E-mail address,Location"
    assert whole.count(",") == 8


@pytest.mark.parametrize("name", ["people", "assessments", "surveys", "users", "jobs", "changes"])
def test_each_list_hides_and_shows_its_columns(org, name):
    owner = signed_in(new_member(org, Role.OWNER).user)
    kind = KINDS[name]
    path = {"users": "settings/users/", "changes": "changes/"}.get(name, f"{name}/")
    page = owner.get(f"/o/ashgrove/{path}")

    assert page.context["list_state"].kind is kind
    for column in kind.columns:
        state = owner.get(f"/o/ashgrove/{path}", {"columns": column}).context["list_state"]
        assert set(state.hidden) == set(kind.columns) - {column}


def test_views_cost_one_query_at_most(reader, org):
    browser = signed_in(reader.user)
    browser.get(PEOPLE)

    def queries(**query):
        with CaptureQueriesContext(connection) as captured:
            browser.get(PEOPLE, query)
        return [each["sql"] for each in captured]

    view = save(reader, "Morettis", "q=moretti")
    opened = queries(view=view.pk)
    for number in range(20):
        save(reader, f"View {number}")
    assert sum("accounts_savedview" in sql for sql in opened) == 1
    assert len(queries(view=view.pk)) == len(opened)


ALONE = {"HX-Request": "true", "HX-Target": "listing"}


def hidden_fields(page):
    """What the forms of the menus send of the list, by the form that it belongs to."""
    found = re.findall(r'<input type="hidden" name="query" value="([^"]*)" form="([^"]*)">', page.content.decode())
    return {form: value.replace("&amp;", "&") for value, form in found}


def test_menus_stay_while_a_list_is_swapped_and_send_what_it_shows(reader):
    save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)

    whole = browser.get(PEOPLE, {"q": "lund"})
    alone = browser.get(PEOPLE, {"q": "moretti", "department": "Sales"}, headers=ALONE)

    assert "Morettis" in whole.content.decode() and "hx-preserve" not in whole.content.decode()
    assert 'id="list-view-new"' in whole.content.decode() and 'id="list-columns"' in whole.content.decode()
    assert hidden_fields(whole) == {"list-view-new": "q=lund", "list-columns": "q=lund"}
    assert '<div id="list-menus" class="list-menus" hx-preserve="true"></div>' in alone.content.decode()
    assert "<details" not in alone.content.decode()
    assert hidden_fields(alone) == {
        "list-view-new": "department=Sales&q=moretti",
        "list-columns": "q=moretti&department=Sales",
    }


def test_menus_of_an_open_view_and_of_another_day_are_swapped_with_the_list(reader):
    view = save(reader, "Morettis", "q=moretti")
    browser, query = signed_in(reader.user), {"from": view.pk, "q": "lund"}

    changed = browser.get(PEOPLE, query, headers=ALONE).content.decode()
    view.delete()
    gone = browser.get(PEOPLE, query, headers=ALONE).content.decode()
    today = browser.get(PEOPLE, headers={**ALONE, "HX-Current-URL": f"http://testserver{PEOPLE}?on=soon"})

    assert "View: Morettis, changed" in changed and "Save changes to “Morettis”" in changed
    for swapped in (changed, gone, today.content.decode()):
        assert "hx-preserve" not in swapped and "Save this list as a view" in swapped
    assert "Morettis" not in gone


def test_a_list_swapped_alone_asks_for_no_views(reader):
    save(reader, "Morettis", "q=moretti")
    browser = signed_in(reader.user)
    browser.get(PEOPLE, headers=ALONE)

    with CaptureQueriesContext(connection) as captured:
        browser.get(PEOPLE, headers=ALONE)

    assert not [each["sql"] for each in captured if "savedview" in each["sql"]]


def test_private_views_go_with_the_member_and_shared_ones_stay(org, reader):
    editor = new_member(org, Role.EDITOR)
    save(editor, "Mine")
    save(editor, "Ours", shared="on")

    remove_member(editor, by=new_member(org, Role.OWNER))

    assert [(view.name, view.owner) for view in SavedView.objects.all()] == [("Ours", None)]
    assert "Shared by a former member" in signed_in(reader.user).get("/o/ashgrove/views/").content.decode()
