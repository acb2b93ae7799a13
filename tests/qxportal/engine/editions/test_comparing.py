"""Reports compared with an earlier round: the choice, its place in editions, and the readers who see it."""

from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from qxportal.engine.models import Assessment, Edition, Participant, Person, Question, ReportAccess
from qxportal.engine.site.reports import Reading
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.editions.conftest import Round
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine
from tests.support.waiting import until_it_waits_for_us

PEERS = "group:Peer"


class TwoRounds(Round):
    """A round and the one before it, with the same subject and survey, and a report of the earlier one."""

    def __init__(self, engine: Engine, call: Caller) -> None:
        super().__init__(engine, call)
        self.before = engine.assessment("Leaders before", survey=self.review.survey)
        long_ago = timezone.now() - timedelta(days=365)
        engine.run(Assessment.objects.filter(pk=self.before.pk).update, activated_at=long_ago)
        self.then = engine.subject(self.before, self.mara, status="Done", report_ready=True)
        for rater in self.others[:3]:
            engine.evaluation(self.then, rater, "Peer", "Completed")
        self.old = dict(self.ask(self.before))

    def ask(self, assessment: Assessment, **more: Any) -> dict[str, Any]:
        about = {"ThreeSixtyID": assessment.public_id, "PersonID": self.mara.public_id}
        return dict(self.call.result("getSubjectReport", **about, **more)["Report"])

    def choose(self, **more: Any) -> None:
        given = {"ThreeSixtyID": self.review.public_id, "EarlierID": self.before.public_id, **more}
        self.call.result("qxSetComparison", **given)

    def done(self) -> None:
        for number in range(4):
            self.answers(number)
        self.status("Done")
        self.engine.run(Participant.objects.filter(pk=self.subject.pk).update, report_ready=True)

    def access(self, assessment: Assessment, subject: Participant, person: Person, **fields: Any) -> ReportAccess:
        viewer = "Subject" if person.pk == self.mara.pk else "Manager"
        values = {"from_at": timezone.now() - timedelta(hours=1), "viewer": viewer, **fields}
        about = {"brand": assessment.brand, "assessment": assessment, "subject": subject, "person": person}
        return self.engine.run(ReportAccess.objects.create, **about, **values)

    def on_the_site(self, person: Person) -> bool:
        """Whether this reader of the new report sees the comparison."""

        def read() -> bool:
            access = ReportAccess.objects.get(assessment=self.review, person=person)
            found = Reading(access, Person.objects.get(pk=person.pk))
            return found.report(found.edition()).comparison is not None

        return self.engine.run(read)


@pytest.fixture
@built_once
def both(engine: Engine, call: Caller) -> TwoRounds:
    return TwoRounds(engine, call)


def test_comparison_has_the_figures_of_the_earlier_edition(both: TwoRounds):
    both.choose()
    both.done()

    report = both.fetch()

    found = report["Comparison"]
    assert (found["ThreeSixtyID"], found["Edition"], found["DataDate"]) == (
        both.before.public_id,
        1,
        both.old["DataDate"],
    )
    for competency, earlier in zip(report["Competencies"], both.old["Competencies"], strict=True):
        for now, then in zip(competency["Items"], earlier["Items"], strict=True):
            figures = found["Figures"][now["ID"]]
            assert {key: (one["Mean"], one["Count"]) for key, one in figures.items() if key != "others"} == {
                key: (one["Mean"], one["Count"]) for key, one in then["Results"].items() if key in now["Results"]
            }
            assert figures[PEERS]["Change"] == round(now["Results"][PEERS]["Mean"] - then["Results"][PEERS]["Mean"], 1)
    assert both.call("getSubjectReportPDF", **both.which).status_code == 200


def test_statement_whose_scale_was_reversed_is_not_compared(both: TwoRounds):
    other = both.engine.survey("Leaders before")

    def reverse() -> str:
        Assessment.objects.filter(pk=both.before.pk).update(survey=other)
        one = other.questions.filter(kind=Question.Kind.RATING).earliest("position")
        one.choices = one.choices[::-1]
        one.save()
        return one.public_id

    reversed_one = both.engine.run(reverse)
    both.choose()
    both.done()

    found = both.fetch()["Comparison"]

    assert reversed_one not in found["Figures"]
    assert found["Compared"] == found["Statements"] - 1


def test_later_answers_of_the_earlier_round_do_not_come_into_it(both: TwoRounds):
    both.engine.run(Participant.objects.filter(pk=both.then.pk).update, status="Waiting")
    for rater in both.others[3:7]:
        both.engine.evaluation(both.then, rater, "Peer", "Completed")
    both.choose()
    both.done()

    found = both.fetch()["Comparison"]

    assert {lines[PEERS]["Count"] for lines in found["Figures"].values() if PEERS in lines} == {3}
    assert both.engine.run(Edition.objects.filter(series__assessment_key=both.before.public_id).count) == 1


def test_choice_is_fixed_in_an_edition_and_a_new_one_makes_another(both: TwoRounds):
    both.done()
    assert "Comparison" not in both.fetch()
    assert both.facts()["Pending"] is False
    key = both.call.result("qxGetReportKey", **both.which)["Key"]

    both.choose()
    assert both.facts()["Pending"] is True
    first = both.fetch()["Comparison"]
    assert both.call.result("qxGetReportKey", **both.which)["Key"] != key
    assert both.facts()["Edition"] == 2
    assert both.fetch()["Comparison"] == first
    assert both.facts()["Edition"] == 2

    item = next(iter(id for id in first["Figures"] if id.startswith("QID")))
    both.choose(NotCompared=[item])
    second = both.fetch()["Comparison"]
    assert item not in second["Figures"]
    assert second["Compared"] == first["Compared"] - 1

    both.call.result("qxSetComparison", ThreeSixtyID=both.review.public_id)
    assert "Comparison" not in both.fetch()
    assert both.facts()["Edition"] == 4


def test_answers_taken_out_of_the_earlier_round_leave_the_comparison_at_once(both: TwoRounds):
    both.choose()
    both.done()
    both.fetch()
    about = {"ThreeSixtyID": both.before.public_id, "SubjectID": both.mara.public_id}
    both.call.result("qxTakeOutAnswers", **about, PersonID=both.others[0].public_id)

    found = both.fetch()["Comparison"]

    assert all(PEERS not in lines for lines in found["Figures"].values())


def test_readers_of_the_earlier_report_see_the_comparison(both: TwoRounds):
    both.choose()
    both.done()
    both.fetch()
    boss = both.others[12]
    both.access(both.review, both.subject, both.mara)
    both.access(both.review, both.subject, boss)
    assert not both.on_the_site(both.mara)

    old = both.access(both.before, both.then, both.mara)
    row = ReportAccess.objects.filter(pk=old.pk)
    assert both.on_the_site(both.mara)
    assert not both.on_the_site(boss)

    both.engine.run(row.update, until_at=timezone.now())
    assert not both.on_the_site(both.mara)
    both.engine.run(row.update, until_at=None, from_at=timezone.now() + timedelta(days=1))
    assert not both.on_the_site(both.mara)


def test_reader_of_an_older_edition_sees_no_figures_of_a_later_one(both: TwoRounds):
    for rater in both.others[3:7]:
        both.engine.evaluation(both.then, rater, "Peer", "Completed")
    both.ask(both.before)
    both.choose()
    both.done()
    assert both.fetch()["Comparison"]["Edition"] == 2
    both.access(both.review, both.subject, both.mara)
    old = both.access(both.before, both.then, both.mara, edition=1)
    assert not both.on_the_site(both.mara)
    both.engine.run(ReportAccess.objects.filter(pk=old.pk).update, edition=2)
    assert both.on_the_site(both.mara)


def test_files_compare_if_the_reader_may_have_earlier_report(both: TwoRounds):
    both.choose()
    both.done()

    def key() -> str:
        return str(both.call.result("qxGetReportKey", **both.which, Viewer="Subject")["Key"])

    whole = key()
    both.engine.run(Participant.objects.filter(pk=both.then.pk).update, report_ready=False)
    assert key() != whole
    both.engine.run(Participant.objects.filter(pk=both.then.pk).update, report_ready=True)
    assert key() == whole
    both.access(both.before, both.then, both.mara, until_at=timezone.now())
    assert key() != whole
    assert "Comparison" in both.fetch()


def test_callers_without_earlier_answers_get_no_comparison(both: TwoRounds, engine: Engine):
    omar = engine.make_api_user("omar.haddad", brand_admin=False)
    engine.run(Assessment.objects.filter(pk=both.review.pk).update, owner=omar.row)
    both.choose()
    both.done()

    assert "Comparison" in both.fetch()
    assert "Comparison" not in both.call.result("getSubjectReport", user=omar, **both.which)["Report"]
    given = {"ThreeSixtyID": both.review.public_id, "EarlierID": both.before.public_id}
    assert both.call.refused("qxSetComparison", user=omar, **given) == (403, "ESRV3")
    (told,) = both.call.result("qxGetThresholds", user=omar, ThreeSixtyID=both.review.public_id)["Thresholds"]
    assert "Same" not in told["Comparison"]


def test_choices_that_make_no_sense_are_refused(both: TwoRounds, engine: Engine):
    rival = engine.make_api_user("una.rival", brand=engine.make_brand("rival", "Rival"))
    strange = engine.assessment("Of others", owner=rival)
    which = {"ThreeSixtyID": both.review.public_id}
    earlier = {"EarlierID": both.before.public_id}

    refused = both.call.refused
    assert refused("qxSetComparison", **which, EarlierID=both.review.public_id) == (400, "ESRV35|EarlierID")
    assert refused("qxSetComparison", **which, EarlierID=strange.public_id) == (400, "ESRV35|EarlierID")
    assert refused("qxSetComparison", **which, **earlier, NotCompared=["nothing"]) == (400, "ESRV35|NotCompared")
    assert refused("qxSetComparison", **which, NotCompared=["QID1"]) == (400, "ESRV35|NotCompared")
    backwards = {"ThreeSixtyID": both.before.public_id, "EarlierID": both.review.public_id}
    assert refused("qxSetComparison", **backwards) == (400, "ETS3")
    assert refused("qxSetComparison", user=rival, **which) == (400, "ESRV35|ThreeSixtyID")
    assert engine.refreshed(both.review).compared_with is None


def test_preview_shows_how_it_looks_without_any_edition(both: TwoRounds):
    both.choose()

    answer = both.call("qxPreviewReport", ThreeSixtyID=both.review.public_id)

    assert answer.status_code == 200
    assert both.engine.run(Edition.objects.filter(series__assessment_key=both.review.public_id).count) == 0


def test_deletion_locks_all_rounds_before_their_people(both: TwoRounds):
    both.choose()

    def delete_meanwhile(pool: ThreadPoolExecutor) -> Future[Any]:
        with transaction.atomic(using="engine"):
            Assessment.objects.select_for_update().get(pk=both.review.pk)  # as a deletion of the later round begins
            deletion = pool.submit(both.call.result, "deleteAssessment", ThreeSixtyID=both.before.public_id)
            until_it_waits_for_us(deletion)
            list(Participant.objects.select_for_update(nowait=True).filter(assessment__in=[both.review, both.before]))
        return deletion

    with ThreadPoolExecutor(1) as pool:
        both.engine.run(delete_meanwhile, pool).result(60)

    assert both.engine.refreshed(both.review).compared_with is None
    assert not both.engine.run(Assessment.objects.filter(pk=both.before.pk).exists)
