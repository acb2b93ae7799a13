"""The page of what changed at the vendor: in words, by day and thing, for each role what it may see."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.accounts.roles import Role
from qxportal.ledger.mirror.mirrored import mirrored_models
from qxportal.ledger.models import Version
from qxportal.ui.labels import FIELDS
from tests.support.mirrored_rows import assessment, browser, changed, evaluations, organisation, people, subjects, text

pytestmark = pytest.mark.django_db
URL = "/o/halden/changes/at-the-vendor/"
MADE_OF_OTHERS = {
    "person": {"search", "sort_name"},
    "survey": set(),
    "assessment": set(),
    "subject": {"assessment_id", "person_id", "search", "sort_name"},
    "evaluation": {
        "assessment_id",
        "subject_id",
        "evaluator_id",
        "search",
        "sort_name",
        "subject_key",
        "evaluator_key",
    },
}
KEPT_APART = {
    "id",
    "org_id",
    "vendor_id",
    "raw",
    "row_hash",
    "seen_at",
    "first_seen_at",
    "missing_since",
    "gone_at",
}


@pytest.fixture
def org():
    return organisation()


def test_a_change_is_told_with_field_before_and_after(org):
    [person] = people(org, 1)
    changed(
        person, last_name="Okoro-Lind", department="Research", metadata={"Department": "Research", "Site": "Bergen"}
    )

    page = browser(org, Role.READER).get(URL)

    words = text(page)
    assert "Last name Before: Okoro → After: Okoro-Lind" in words
    assert "Department Before: Sales → After: Research" in words
    assert "Site Before: – → After: Bergen" in words
    assert words.count("Research") == 1
    assert page.context["days"][0][1][0].thing.url == f"/o/halden/people/{person.pk}/"


def test_statuses_and_options_are_said_in_the_words_of_the_screens(org):
    review = assessment(org, workflow_options={"SelfEvaluation": True, "MinimumEvaluators": 3})
    changed(review, status="Closed", workflow_options={"SelfEvaluation": False, "MinimumEvaluators": 3})

    words = text(browser(org, Role.READER).get(URL))

    assert "Status Before: Active → After: Closed" in words
    assert "Subjects evaluate themselves Before: Yes → After: No" in words


def test_changes_are_grouped_by_day_and_thing_newest_first(org):
    anna, ben = people(org, 2)
    changed(anna, title="Lead")
    Version.objects.update(valid_to=timezone.now() - timedelta(days=2))
    changed(ben, title="Lead")
    changed(ben, title="Head")
    changed(anna, title="Head")

    days = browser(org, Role.READER).get(URL).context["days"]

    assert [[(str(t.thing.name), len(t.entries)) for t in things] for _day, things in days] == [
        [("Amara Okoro", 1), ("Bastian Okoro", 2)],
        [("Amara Okoro", 1)],
    ]


def test_what_we_did_and_what_nobody_looked_at_yet_is_not_there(org):
    anna, ben = people(org, 2)
    changed(anna, title="Lead")
    Version.objects.update(source="portal")
    Person.objects.filter(pk=ben.pk).update(title="Lead")

    page = browser(org, Role.OWNER).get(URL)

    assert page.context["page"].count == 0
    assert "No external changes yet" in text(page)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?kind=person", {"person"}),
        ("?kind=subject", {"subject"}),
        ("?field=status", {"subject", "assessment"}),
        ("?kind=subject&field=last_name", set()),
        ("?period=7", {"person", "assessment", "subject"}),
        ("?alarm=open", {"subject"}),
        ("?kind=nonsense&field=nonsense&period=9999&cursor=xyz", {"person", "assessment", "subject", "survey"}),
        ("?assessment={review}", {"assessment", "subject"}),
        ("?person={person}", {"person", "subject"}),
        ("?person=99999999999999999999999&assessment=-1", {"person", "assessment", "subject", "survey"}),
    ],
)
def test_the_filters_stand_in_the_url(org, query, shown):
    from surveys.models import Survey

    [person] = people(org, 1)
    review = assessment(org)
    [subject] = subjects(review, [person])
    survey = Survey.objects.create(org=org, vendor_id="SV_1", name="Values", seen_at=timezone.now())
    changed(survey, name="Our values")
    Version.objects.update(valid_to=timezone.now() - timedelta(days=8))
    changed(person, title="Lead")
    changed(review, status="Closed")
    changed(subject, status="Done")
    Version.objects.filter(kind="subject").update(alarm="subject-reopened")

    page = browser(org, Role.EDITOR).get(URL + query.format(review=review.pk, person=person.pk))

    assert {row.kind for row in page.context["page"].rows} == shown


def test_pages_follow_each_other_without_a_gap(org):
    for person in people(org, 120):
        Person.objects.filter(pk=person.pk).update(title="Lead")
    Version.objects.update(source="vendor")
    client, seen, url = browser(org, Role.READER), [], URL

    while url:
        page = client.get(url).context["page"]
        seen += [row.pk for row in page.rows]
        url = f"{URL}?cursor={page.next}" if page.next else ""

    assert len(seen) == len(set(seen)) == 120


def test_the_number_of_queries_does_not_grow_with_the_page(org):
    review = assessment(org)
    made = subjects(review, people(org, 40))
    changed(made[0], status="Done")
    changed(made[0].person, title="Lead")
    client = browser(org, Role.EDITOR)
    client.get(URL)

    def queries():
        with CaptureQueriesContext(connection) as captured:
            client.get(URL)
        return len(captured)

    few = queries()
    for subject in made[1:]:
        changed(subject, status="Done")
        changed(subject.person, title="Lead")

    assert queries() <= few + 1 <= 20  # a list of more than one page is counted


# -- who sees what


def answering(org):
    anna, ben, cleo = people(org, 3)
    review = assessment(org)
    [subject] = subjects(review, [anna], received=2)
    evaluations(subject, [ben, cleo], "Peer", "NotStarted")
    ours = Evaluation.objects.get(evaluator=ben)
    changed(ours, status="Completed", finished_at=timezone.now())
    changed(subject, completed=1)
    changed(ours, relationship="Manager")
    return subject


@pytest.mark.parametrize("role", [Role.READER, Role.AUDITOR])
@pytest.mark.parametrize("query", ["", "?answers=on", "?kind=evaluation&answers=on", "?field=completed&answers=on"])
def test_nobody_below_an_editor_follows_who_answers(org, role, query):
    answering(org)

    page = browser(org, role).get(URL + query)

    assert page.context["page"].count == 0
    assert "Bastian" not in text(page)
    assert "Finished" not in text(page)


def test_a_status_changed_along_with_answers_is_told_without_them(org):
    subject = answering(org)
    changed(subject, completed=2, status="Done")

    reader, editor = (text(browser(org, role).get(URL)) for role in (Role.READER, Role.EDITOR))

    assert "Status Before: Waiting → After: Done" in reader
    assert "Evaluations finished" not in reader.replace("Field", "")
    assert "Evaluations finished Before: 1 → After: 2" in editor


def test_editors_see_answering_on_demand_by_the_day(org):
    answering(org)
    editor = browser(org, Role.EDITOR)

    without, page = editor.get(URL), editor.get(URL + "?answers=on")

    assert without.context["page"].count == 1
    assert "Relationship Before: Peer → After: Manager" in text(without)
    assert page.context["page"].count == 3
    words = text(page)
    assert "Evaluation by Bastian Okoro (Manager)" in words
    today = timezone.localdate().strftime("%-d %b %Y")
    assert f"Finished Before: – → After: {today} " in words
    assert not re.search(rf"After: {today}, \d\d:\d\d", words)


def test_entries_about_answers_stand_in_the_order_of_names(org):
    anna, *others = people(org, 6)
    [subject] = subjects(assessment(org), [anna])
    evaluations(subject, others, "Peer", "NotStarted")
    for evaluation in Evaluation.objects.order_by("-pk"):
        changed(evaluation, status="Completed")

    [(_day, [happenings])] = browser(org, Role.EDITOR).get(URL + "?answers=on").context["days"]

    parts = [entry.part for entry in happenings.entries]
    assert parts == sorted(parts)


@pytest.mark.parametrize("role", [Role.COACH, Role.SUBJECT])
def test_subjects_and_coaches_have_no_such_page(org, role):
    client = browser(org, role)

    assert client.get(URL).status_code == 403
    assert client.post(f"{URL}acknowledge/", {"alarm": 1}).status_code == 403


# -- the history of one thing


def test_the_history_of_a_person_names_our_change_and_the_vendors(org):
    [person] = people(org, 1)
    changed(person, title="Lead")
    changed(person, title="Head")
    client = browser(org, Role.READER)

    page = client.get(f"/o/halden/people/{person.pk}/history/")
    short = text(client.get(f"/o/halden/people/{person.pk}/"))

    assert [entry.differences[0].after for entry in page.context["entries"]] == ["Head", "Lead"]
    assert "Someone outside the portal" in text(page)
    assert "Title Before: Lead → After: Head" in short


def test_the_history_of_an_assessment_has_its_own_versions_only(org):
    review, other = assessment(org), assessment(org, "Project review")
    changed(review, name="Leadership review 2027")
    changed(other, name="Project review 2027")
    changed(subjects(review, people(org, 1))[0], status="Done")

    page = browser(org, Role.READER).get(f"/o/halden/assessments/{review.pk}/history/")

    assert [entry.differences[0].after for entry in page.context["entries"]] == ["Leadership review 2027"]


def test_every_column_of_the_mirror_has_its_words_or_is_made_of_others():
    for kind, model in mirrored_models().items():
        columns = {field.column for field in model._meta.concrete_fields} - KEPT_APART
        assert columns == {*FIELDS[kind], *MADE_OF_OTHERS[kind]}, kind
    assert {Person, Assessment, Subject, Evaluation} <= set(mirrored_models().values())
