"""Means of units: given and withheld figures with reasons, for all callers and orders of requests."""

from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.models import (
    Answer,
    EditionFence,
    Evaluation,
    GroupFigures,
    Participant,
    Person,
    Question,
    ReportAccess,
    ReportOpening,
    Series,
)
from tests.qxportal.engine.conftest import Caller
from tests.support.built_once import built_once
from tests.support.engine_fixture import Engine
from tests.support.given_editions import enlist_done, give_edition, statements_of

NUMBER = 14


class Unit:
    """Subjects of one assessment, all of whom are Done with an edition; calls about groups of them."""

    def __init__(self, engine: Engine, call: Caller) -> None:
        self.engine, self.call = engine, call
        self.review = engine.assessment("Leaders")
        self.people = engine.people(NUMBER)
        self.statements = engine.run(statements_of, self.review)
        engine.run(enlist_done, self.review, self.people)

    def change(self, *places: int) -> None:
        """Give some subjects another edition."""

        for place in places:
            self.engine.run(give_edition, self.review, self.people[place], [5, 5, 5])

    def asked(self, *groups: range | list[int], **more: Any) -> dict[str, Any]:
        """What a call about groups sends."""
        return {
            "ThreeSixtyID": self.review.public_id,
            "Groups": [
                {"Name": f"Unit {number}", "SubjectIDs": [self.people[place].public_id for place in group]}
                for number, group in enumerate(groups, start=1)
            ],
            **more,
        }

    def report(self, *groups: range | list[int], **more: Any) -> dict[str, Any]:
        return dict(self.call.result("qxGetGroupReport", **self.asked(*groups, **more)))

    def first(self, *groups: range | list[int], **more: Any) -> list[dict[str, Any]]:
        """The cell of the first statement in each group."""
        return [group["Cells"][self.statements[0]] for group in self.report(*groups, **more)["Groups"]]

    def row(self) -> GroupFigures:
        return self.engine.run(GroupFigures.objects.get, question=self.statements[0])


@pytest.fixture
@built_once
def unit(engine: Engine, call: Caller) -> Unit:
    return Unit(engine, call)


def test_the_mean_of_subject_means_is_given(unit: Unit):
    report = unit.report(range(5))

    (group,) = report["Groups"]
    assert (group["Name"], group["Subjects"], group["LeftOut"]) == ("Unit 1", 5, [])
    assert group["Cells"][unit.statements[0]] == {"Mean": 3.0, "Count": 5}
    assert {group["Cells"][one["ID"]]["Mean"] for one in report["Competencies"]} == {3.0}
    assert set(unit.statements) == {item["ID"] for one in report["Competencies"] for item in one["Items"]}
    assert "Together" not in report


def test_a_subject_with_many_raters_weighs_as_much_as_any(unit: Unit):
    unit.change(0, 0)  # 1, 1, 1 and six times 5: 3.7

    assert unit.first(range(5)) == [{"Mean": 3.5, "Count": 5}]  # (11/3 + 2 + 3 + 4 + 5) / 5


def test_units_and_all_of_them_stand_beside_each_other(unit: Unit):
    report = unit.report(range(5), range(5, 10), range(10, 14))

    cells = [group["Cells"][unit.statements[0]] for group in report["Groups"]]
    assert cells == [{"Mean": 3.0, "Count": 5}, {"Mean": 3.0, "Count": 5}, {"Withheld": "TooFew"}]
    assert report["Together"]["Cells"][unit.statements[0]] == {"Mean": 3.0, "Count": 10}  # without the four


def test_figures_that_reveal_fewer_than_five_are_withheld(unit: Unit):
    assert unit.first(range(9)) == [{"Mean": 2.8, "Count": 9}]

    assert unit.first(range(10)) == [{"Withheld": "Difference"}]
    assert unit.first(range(5)) == [{"Withheld": "Difference"}]
    assert unit.first(range(14)) == [{"Mean": 2.9, "Count": 14}]
    assert unit.first(range(9)) == [{"Mean": 2.8, "Count": 9}]


def test_with_one_new_edition_the_earlier_figure_is_given_again(unit: Unit):
    (before,) = unit.first(range(7))
    unit.change(0)
    (again,) = unit.first(range(7))
    unit.change(*range(1, 7))
    (after,) = unit.first(range(7))

    assert again == {**before, "Since": again["Since"]}
    assert after == {"Mean": 3.8, "Count": 7}  # (3 + 3.5 + 4 + 4.5 + 5 + 3 + 3.5) / 7


def test_readers_of_single_reports_limit_group_reports(unit: Unit):
    coach = unit.engine.person("Cora", "Coach")

    def let(place: int) -> None:
        subject = Participant.objects.get(assessment=unit.review, person=unit.people[place])
        ReportAccess.objects.create(
            brand_id=unit.review.brand_id, assessment=unit.review, subject=subject, person=coach, viewer="Other"
        )

    for place in range(3):
        unit.engine.run(let, place)
    assert unit.first(range(7)) == [{"Withheld": "Readers"}]  # four are unknown to the coach

    ended = timezone.now()
    unit.engine.run(ReportAccess.objects.update, until_at=ended)  # and never opened one

    assert unit.first(range(7)) == [{"Mean": 2.6, "Count": 7}]


@pytest.mark.parametrize("named_by", ["directory", "evaluations"])
def test_approving_managers_count_as_readers(unit: Unit, named_by: str):
    manager = unit.engine.person("Mara", "Manager")

    def approve() -> None:
        unit.review.options = {**unit.review.options, "ReportApproval": True}
        unit.review.save()
        for person in unit.people[:3]:
            subject = Participant.objects.get(assessment=unit.review, person=person)
            if named_by == "directory":
                Person.objects.filter(pk=person.pk).update(manager=manager)
            else:
                Evaluation.objects.create(
                    assessment=unit.review, subject=subject, evaluator=manager, relationship="Manager"
                )
            ReportAccess.objects.create(
                brand_id=unit.review.brand_id, assessment=unit.review, subject=subject, person=person, viewer="Subject"
            )

    unit.engine.run(approve)
    assert unit.first(range(7), Preview="1") == [{"Withheld": "Readers"}]  # four are unknown to the manager

    def read() -> None:
        Person.objects.update(manager=None)
        ReportAccess.objects.update(approved_edition=1)
        for row in ReportAccess.objects.all():
            ReportOpening.objects.create(
                brand_id=row.brand_id, access=row, person=manager, what="page", edition=1, device="one"
            )

    unit.engine.run(read)
    assert unit.first(range(7)) == [{"Withheld": "Readers"}]  # it was read, whoever is the manager now


def test_people_with_one_mailbox_each_count_as_readers(unit: Unit):
    def share() -> None:
        for person in unit.people[:5]:
            person.email = "reception@acme.example"
            person.save()
            subject = Participant.objects.get(assessment=unit.review, person=person)
            ReportAccess.objects.create(
                brand_id=unit.review.brand_id, assessment=unit.review, subject=subject, person=person, viewer="Subject"
            )

    unit.engine.run(share)

    assert unit.first(range(5)) == [{"Withheld": "Readers"}]  # together they know all five, each only one


def test_readers_outside_the_site_limit_group_reports(unit: Unit):
    known = [[unit.people[0].public_id]]

    assert unit.first(range(5), Readers=known) == [{"Withheld": "Readers"}]
    assert unit.first(range(6), Readers=known) == [{"Mean": 2.7, "Count": 6}]


def test_group_report_lists_left_out_subjects(unit: Unit):
    def prepare() -> None:
        rows = Participant.objects.filter(assessment=unit.review)
        rows.filter(person=unit.people[0]).update(status="Waiting")
        for place in (1, 2):
            series = Series.objects.get(person_key=unit.people[place].public_id)
            series.classes.all().delete()
            if place == 1:
                series.editions.all().delete()

    unit.engine.run(prepare)
    (group,) = unit.report(range(8))["Groups"]

    reasons = [(one["SubjectID"], one["Reason"]) for one in group["LeftOut"]]
    assert reasons == [
        (unit.people[0].public_id, "NotDone"),
        (unit.people[1].public_id, "NoReport"),
        (unit.people[2].public_id, "FewAnswers"),
    ]
    assert (group["Subjects"], group["Cells"][unit.statements[0]]["Count"]) == (5, 5)


def test_the_caller_is_left_out(unit: Unit):
    unit.engine.run(Person.objects.filter(pk=unit.people[0].pk).update, user=unit.engine.api_user.row)

    (group,) = unit.report(range(6))["Groups"]

    assert group["LeftOut"] == [{"SubjectID": unit.people[0].public_id, "Reason": "Yourself"}]
    assert group["Cells"][unit.statements[0]] == {"Mean": 3.0, "Count": 5}


def test_a_look_ahead_gives_and_keeps_nothing(unit: Unit):
    assert unit.first(range(9), Preview="1") == [{"Count": 9}]
    assert unit.first(range(4), Preview="1") == [{"Withheld": "TooFew"}]

    assert unit.engine.run(GroupFigures.objects.count) == 0
    assert unit.first(range(8)) == [{"Mean": 2.6, "Count": 8}]


def test_a_hidden_line_is_in_no_group(unit: Unit):
    about = {"ThreeSixtyID": unit.review.public_id, "SubjectID": unit.people[0].public_id}
    unit.call.result("qxHideReportLine", **about, Line="Peer")

    (group,) = unit.report(range(6))["Groups"]

    assert group["LeftOut"] == [{"SubjectID": unit.people[0].public_id, "Reason": "FewAnswers"}]


def test_group_figures_outlive_subjects_and_assessments(unit: Unit):
    unit.report(range(9))
    kept = unit.row().atoms
    unit.call.result("deleteAssessment", ThreeSixtyID=unit.review.public_id)

    assert unit.row().atoms == kept
    assert {one.partition(" ")[0] for one in kept[0]} == {person.public_id for person in unit.people[:9]}


def test_a_restored_database_gives_nothing_new(unit: Unit):
    unit.report(range(9))
    unit.engine.run(lambda: EditionFence.objects.update(given=0))

    assert unit.first(range(9)) == [{"Mean": 2.8, "Count": 9}]
    assert unit.call.refused("qxGetGroupReport", **unit.asked(range(14))) == (400, "ETS12")


def test_figures_are_those_of_single_reports(engine: Engine, call: Caller):
    review, people, raters = engine.assessment("Small round"), engine.people(5), engine.people(3)
    for place, person in enumerate(people):
        subject = engine.subject(review, person)
        for number, rater in enumerate(raters):
            form = engine.evaluation(subject, rater, "Peer", "Completed")
            ratings = Answer.objects.filter(evaluation=form, question__kind=Question.Kind.RATING)
            engine.run(ratings.update, value=1 + (place + number) % 5)
    engine.run(Participant.objects.filter(assessment=review).update, status="Done")
    which = {"ThreeSixtyID": review.public_id}
    asked = {**which, "Groups": [{"Name": "All", "SubjectIDs": [person.public_id for person in people]}]}
    assert {one["Reason"] for one in call.result("qxGetGroupReport", **asked)["Groups"][0]["LeftOut"]} == {"NoReport"}

    singles = [call.result("getSubjectReport", **which, PersonID=person.public_id)["Report"] for person in people]
    (group,) = call.result("qxGetGroupReport", **asked)["Groups"]

    assert group["LeftOut"] == []
    for competency in singles[0]["Competencies"]:
        for item in competency["Items"]:
            means = [
                other["Others"]["Mean"]
                for report in singles
                for part in report["Competencies"]
                for other in part["Items"]
                if other["ID"] == item["ID"]
            ]
            assert abs(group["Cells"][item["ID"]]["Mean"] - sum(means) / 5) < 0.1


def test_others_are_refused(unit: Unit):
    asked = unit.asked(range(5))
    reader = unit.engine.make_api_user("colleague", brand_admin=False)
    rival = unit.engine.make_api_user("rival", brand=unit.engine.make_brand("rival", "Rival"))

    assert unit.call.refused("qxGetGroupReport", user=reader, **asked) == (403, "ESRV3")
    assert unit.call.refused("qxGetGroupReport", user=rival, **asked) == (400, "ESRV35|ThreeSixtyID")


@pytest.mark.parametrize("groups", [[], ["x"], [{"Name": "A"}], [{"Name": "", "SubjectIDs": ["P_1"]}], {"Name": "A"}])
def test_what_is_no_list_of_groups_is_refused(unit: Unit, groups: Any):
    code = unit.call.refused("qxGetGroupReport", ThreeSixtyID=unit.review.public_id, Groups=groups)

    assert code == (400, "ESRV35|Groups")


def test_subjects_of_others_are_unknown(unit: Unit):
    stranger = unit.engine.person("Sam", "Stranger")
    asked = {
        "ThreeSixtyID": unit.review.public_id,
        "Groups": [{"Name": "A", "SubjectIDs": [stranger.public_id]}],
    }

    assert unit.call.refused("qxGetGroupReport", **asked) == (400, "ESRV35|Groups")
    assert unit.call.refused("qxGetGroupReport", **unit.asked(range(5)), Readers=["P_1"]) == (400, "ESRV35|Readers")
