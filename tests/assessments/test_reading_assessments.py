"""The pages of assessments: counts, states, filters, rights, and queries that do not grow."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessments.models import Assessment, Evaluation, Subject
from assessments.selectors import relationship_counts
from assessments.subject_selectors import in_state, subject_rows, subjects_of
from qxportal.accounts.models import Member
from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation, people, subjects, text
from tests.support.tenants import new_member

pytestmark = pytest.mark.django_db

TABS = ("", "subjects/", "evaluations/", "relationships/", "reports/", "activity/")


@pytest.fixture
def org():
    return organisation()


def fill(review, count, *, start=0):
    persons = people(review.org, count + 5, start=start)
    made = subjects(review, persons[:count], received=5, completed=2)
    for subject in made:
        evaluations(subject, persons[-5:-3], "Peer")
        evaluations(subject, persons[-3:], "DirectReport", "NotStarted")
    return made


def queries(client, url):
    client.get(url)  # the first one also notes when the member was last seen
    with CaptureQueriesContext(
        connection,
    ) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_list_counts_finished_evaluations_and_done_subjects(org):
    review = assessment(org)
    [first, *_] = fill(review, 4)
    Subject.objects.filter(pk=first.pk).update(status="Done")

    page = browser(org, Role.READER).get("/o/halden/assessments/")

    assert "8 of 20" in page.content.decode()
    assert "1 of 4" in page.content.decode()


def test_the_overview_counts_who_answered_unasked_apart(org):
    review = assessment(org)
    [first] = fill(review, 1)  # two of five peers and direct reports have answered
    known = list(Evaluation.objects.values_list("pk", flat=True))
    evaluations(first, people(org, 3, start=50), "Peer")
    Evaluation.objects.exclude(pk__in=known).update(unsolicited=True)

    text = " ".join(browser(org, Role.READER).get(f"/o/halden/assessments/{review.pk}/").content.decode().split())

    assert "of 5, and 3 unsolicited" in text
    assert '<span class="sub">And 3 unsolicited</span>' in text
    assert "3 of them unsolicited" in text
    counts = {row["relationship"]: row for row in relationship_counts(Member.objects.get(), review)}
    assert (counts["Peer"]["asked"], counts["Peer"]["asked_done"], counts["Peer"]["unasked"]) == (2, 2, 3)
    assert counts["Peer"]["total"] == 5


def test_overview_names_options_and_keeps_ids_in_details(org):
    options = {"XyzUnknown": 7, "RoundRobin": False, "MinimumEvaluators": 4}
    review = assessment(org, workflow_options=options, type="EE")

    page = browser(org, Role.READER).get(f"/o/halden/assessments/{review.pk}/").content.decode()
    outside = re.sub(r"<details class=\"technical\">.*?</details>", "", page, flags=re.DOTALL)

    assert page.index("Minimum number of evaluators per subject") < page.index("Everyone evaluates everyone")
    assert "Employee engagement" in outside
    for hidden in (review.vendor_id, "XyzUnknown"):
        assert hidden in page
        assert hidden not in outside


def test_overview_of_a_draft_leads_through_what_is_left_to_do(org):
    draft = assessment(org, status="Draft")
    overview = f"/o/halden/assessments/{draft.pk}/"
    editor, reader = browser(org, Role.EDITOR), browser(org, Role.READER)

    empty = text(editor.get(overview))

    assert "Next steps" in empty
    assert "0 subjects so far" in empty
    assert "Next steps" not in text(reader.get(overview))
    amara, *others = people(org, 3)
    [subject] = subjects(draft, [amara])
    evaluations(subject, [amara], "Self", "NotStarted")
    evaluations(subject, others, "Peer", "NotStarted")
    assert "2 evaluations by others so far" in text(editor.get(overview))
    Assessment.objects.update(status="Active")
    assert "Next steps" not in text(editor.get(overview))


def test_list_of_assessments_explains_its_states(org):
    assessment(org, type="EmployeePulse")

    text = browser(org, Role.READER).get("/o/halden/assessments/").content.decode()

    assert "Employee pulse" in text
    assert "Evaluators can no longer answer." in text


def test_the_list_filters_by_state_and_name(org):
    assessment(org, "Leadership spring", status="Closed")
    assessment(org, "Leadership autumn")
    reader = browser(org, Role.READER)

    def names(**query):
        return [row.name for row in reader.get("/o/halden/assessments/", query).context["page"].rows]

    assert names(status="Closed") == ["Leadership spring"]
    assert names(q="autumn leader") == ["Leadership autumn"]
    assert len(names(status="nonsense")) == 2


@pytest.mark.parametrize("tab", TABS)
def test_queries_do_not_grow_with_the_rows_of_a_tab(org, tab):
    review = assessment(org)
    reader = browser(org, Role.EDITOR)
    url = f"/o/halden/assessments/{review.pk}/{tab}"
    fill(review, 2)
    few = queries(reader, url)
    fill(review, 30, start=100)

    assert few <= queries(reader, url) <= few + 1  # more than one page is counted


def test_queries_of_the_list_and_of_home_do_not_grow_with_assessments(org):
    reader = browser(org, Role.READER)
    fill(assessment(org), 2)
    before = [queries(reader, url) for url in ("/o/halden/", "/o/halden/assessments/")]
    for number in range(8):
        fill(assessment(org, f"Review {number}"), 2, start=100 * (number + 1))

    assert [queries(reader, url) for url in ("/o/halden/", "/o/halden/assessments/")] == before


def test_a_filter_by_state_finds_what_the_rows_say(org):
    review = assessment(org)
    persons = people(org, 30)
    waiting, begun, thin, ready, done = subjects(review, persons[:5], received=4)
    Subject.objects.filter(pk=begun.pk).update(completed=1)
    for subject, size in ((thin, 2), (ready, 3)):
        evaluations(subject, persons[10 : 10 + size], "Peer")
        evaluations(subject, persons[20:21], "Manager")
        Subject.objects.filter(pk=subject.pk).update(completed=4)
    Subject.objects.filter(pk=done.pk).update(status="Done")

    reader = new_member(org, Role.READER)
    for row in subject_rows(reader, review, subjects_of(review)):
        found = [
            state
            for state in ("NotStarted", "Collecting", "Thin", "Ready", "Done")
            if in_state(reader, subjects_of(review), state).filter(pk=row.subject.pk).exists()
        ]
        assert found == [row.state]
    assert {row.state for row in subject_rows(reader, review, subjects_of(review))} == {
        "NotStarted",
        "Collecting",
        "Thin",
        "Ready",
        "Done",
    }
    assert waiting.pk


def test_a_reader_sees_no_verbs_and_a_lock_instead_of_reports(org):
    review = assessment(org)
    [subject] = fill(review, 1)
    reader = browser(org, Role.READER)

    listed = reader.get(f"/o/halden/assessments/{review.pk}/subjects/").content.decode()
    alone = reader.get(f"/o/halden/assessments/{review.pk}/subjects/{subject.pk}/").content.decode()

    assert "Mark as done" not in listed
    assert "You don’t have permission to open reports." in alone
    assert reader.get("/o/halden/assessments/new/").status_code == 403


def test_the_person_page_lists_every_role(org):
    review = assessment(org)
    persons = people(org, 3)
    [subject] = subjects(review, persons[:1], received=1)
    evaluations(subject, persons[1:2], "Peer", "NotStarted")
    reader = browser(org, Role.READER)

    receives = reader.get(f"/o/halden/people/{persons[0].pk}/").context
    gives = reader.get(f"/o/halden/people/{persons[1].pk}/").context

    assert [row.assessment for row, _own in receives["receives"]] == [review]
    assert [row.subject for row in gives["gives"]] == [subject]
    assert gives["open_forms"] == 1


def test_the_person_page_shows_the_organisations_own_key(org):
    ada, bo = people(org, 2)
    type(ada).objects.filter(pk=ada.pk).update(raw={"ExternalDataReference": "000123"})
    reader = browser(org, Role.READER)

    assert "<dd>000123</dd>" in reader.get(f"/o/halden/people/{ada.pk}/").content.decode()
    assert "Unique identifier" not in reader.get(f"/o/halden/people/{bo.pk}/").content.decode()


def test_the_page_of_a_busy_evaluator_stays_bounded(org):
    everybody = people(org, 311)
    review = assessment(org)
    for subject in subjects(review, everybody[1:]):
        evaluations(subject, everybody[:1], "Peer", "NotStarted")

    page = browser(org, Role.READER).get(f"/o/{org.slug}/people/{everybody[0].pk}/")

    assert (page.context["gives_total"], page.context["open_forms"], len(page.context["gives"])) == (310, 310, 300)
    assert "Only the newest 300 are shown." in page.content.decode()
