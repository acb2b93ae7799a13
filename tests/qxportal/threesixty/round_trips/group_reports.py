"""Calls of our own about means of units."""

from qxportal.engine.models import Participant, Person
from qxportal.threesixty.calls.group_reports import GetGroupReport
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip
from tests.support.given_editions import give_edition, statements_of


def get_group_report(at: Place) -> None:
    at.done()
    people = [at.anna, *at.engine.people(4)]
    statement = at.engine.run(_editions, at, people)
    groups = (
        {"Name": "Finance", "SubjectIDs": [one.public_id for one in people]},
        {"Name": "Two", "SubjectIDs": [one.public_id for one in people[:2]]},
    )
    look = at.call(GetGroupReport(assessment_id=at.review.public_id, groups=groups, preview=True))
    report = at.call(GetGroupReport(assessment_id=at.review.public_id, groups=groups, readers=(), language="DE"))

    finance, two = report.groups
    assert (look.groups[0].cells[statement].mean, look.groups[0].cells[statement].subjects) == (None, 5)
    assert (finance.name, finance.subjects, finance.left_out) == ("Finance", 5, ())
    assert (finance.cells[statement].mean, finance.cells[statement].subjects) == (4.0, 5)
    assert (two.cells[statement].mean, two.cells[statement].withheld) == (None, "TooFew")
    assert report.together is not None
    assert report.together.cells[statement].subjects == 5
    assert (report.minimum, report.language, len(report.scale)) == (5, "de", 5)
    assert statement in {item.id for one in report.competencies for item in one.items}


def _editions(at: Place, people: list[Person]) -> str:
    """Give each subject an edition that shows three ratings of 4 for the first statement."""
    statement = statements_of(at.review)[0]
    for person in people:
        Participant.objects.get_or_create(assessment=at.review, person=person, defaults={"status": "Done"})
        give_edition(at.review, person, [4, 4, 4], [statement])
    return statement


ROUND_TRIPS: dict[str, RoundTrip] = {"qxGetGroupReport": get_group_report}
