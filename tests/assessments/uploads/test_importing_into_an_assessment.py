"""Importing subjects and evaluators: the screens, from the tabs of an assessment to the columns."""

import re

import pytest

from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, text

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_ring")]
SUBJECTS = "First name\tLast name\tEmail\nAnn\tAce\tann@x.example\n"
LONG = "SubjectEmail\tEmail\tRelationship\nann@x.example\tbob@x.example\tpeer\n"
WIDE = "Email\tManager\tPeers\tCustomers\nann@x.example\tbob@x.example\tcid@x.example;dan@x.example\t\n"


@pytest.fixture
def review(org):
    return assessment(org, relationships=[{"Name": "Customer", "Translations": {}}])


def check(client, review, what, cells):
    """The second screen for pasted cells."""
    where = f"/o/ashgrove/assessments/{review.pk}/{what}/import/"
    page = client.post(where, {"pasted": cells}, follow=True)
    assert page.status_code == 200, text(page)
    return page


def columns_of(page):
    selects = re.findall(r'<select[^>]*?name="column-\d+".*?>(.*?)</select>', page.content.decode(), re.DOTALL)
    return [re.findall(r'<option value="([^"]*)" selected', inner)[0] for inner in selects]


@pytest.mark.parametrize(
    ("what", "cells", "columns"),
    [
        ("subjects", SUBJECTS, ["first_name", "last_name", "email"]),
        ("evaluations", LONG, ["subject_email", "email", "relationship"]),
        (
            "evaluations",
            WIDE,
            ["subject_email", "evaluators:Manager", "evaluators:Peer", "evaluators:Customer"],
        ),
    ],
)
def test_columns_are_known(member, review, what, cells, columns):
    assert columns_of(check(member(Role.EDITOR), review, what, cells)) == columns


def test_tabs_lead_to_the_imports(member, review):
    editor = member(Role.EDITOR)
    for tab in ("subjects", "evaluations"):
        page = editor.get(f"/o/ashgrove/assessments/{review.pk}/{tab}/")
        assert f'href="/o/ashgrove/assessments/{review.pk}/{tab}/import/"' in page.content.decode()
    reader = member(Role.READER)
    for tab in ("subjects", "evaluations"):
        assert "/import/" not in reader.get(f"/o/ashgrove/assessments/{review.pk}/{tab}/").content.decode()


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (
            "Email\tTeam\nann@x.example\tRed\n",
            "Choose a column for one of these: Subject’s e-mail address, Subject’s unique",
        ),
        ("SubjectEmail\tEmail\nann@x.example\tbob@x.example\n", "Choose a column for one of these: Relationship"),
        (
            "SubjectEmail\tRelationship\nann@x.example\tPeer\n",
            "Choose a column for one of these: E-mail address, Unique identifier",
        ),
    ],
)
def test_columns_that_name_no_evaluators_are_refused(member, review, cells, words):
    editor = member(Role.EDITOR)
    page = check(editor, review, "evaluations", cells)
    sent = {f"column-{place}": field for place, field in enumerate(columns_of(page))}

    refused = editor.post(page.request["PATH_INFO"], sent)

    assert refused.status_code == 422
    assert words in text(refused)


@pytest.mark.parametrize("shape", ["", "?shape=wide"])
def test_templates_are_files_that_the_import_takes(member, review, shape):
    editor = member(Role.EDITOR)
    where = f"/o/ashgrove/assessments/{review.pk}/evaluations/import/"
    file = b"".join(editor.get(f"{where}template.csv{shape}").streaming_content).decode("utf-8-sig")

    assert "" not in columns_of(check(editor, review, "evaluations", file))


def test_another_assessment_has_another_file(member, org, review):
    editor = member(Role.EDITOR)
    where = check(editor, review, "subjects", SUBJECTS).request["PATH_INFO"]
    other = assessment(org, "Another review")

    assert editor.get(where.replace(f"/{review.pk}/", f"/{other.pk}/")).status_code == 404


@pytest.mark.parametrize("what", ["subjects", "evaluations"])
def test_readers_import_nobody(member, review, what):
    assert member(Role.READER).get(f"/o/ashgrove/assessments/{review.pk}/{what}/import/").status_code == 403
