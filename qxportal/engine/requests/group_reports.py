"""Our own request for means of the subjects of one unit or several."""

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import floor

from django.utils import timezone, translation

from qxportal.core.languages import written
from qxportal.engine.editions import group_reports
from qxportal.engine.editions.atoms import FEWEST
from qxportal.engine.editions.group_reports import Cell, GroupResult
from qxportal.engine.editions.report_source import rated_form
from qxportal.engine.http.arguments import TEXT_LIMIT, Arguments
from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Assessment, Participant, User
from qxportal.engine.people import confidential
from qxportal.engine.reports.languages import Texts
from qxportal.engine.reports.types import Competency

MOST_GROUPS = 60
MOST_SUBJECTS = 5_000  # of all groups together
MOST_READERS = 20_000  # every subject reads one report, and some people read several


def get_group_report(user: User, arguments: Arguments) -> object:
    """Means of groups by statement, or the reason why a mean is withheld to protect single subjects."""
    assessment = confidential.assessment(user, arguments.text("ThreeSixtyID"))
    groups = _groups(arguments)
    named = {person for _name, persons in groups for person in persons}
    subjects = _subjects(assessment, named)
    only_look = arguments.flag("Preview")
    language = written(arguments.text("Language"), assessment.brand.language)
    with translation.override(language):
        scale, competencies = rated_form(assessment, Texts(assessment.survey, language))
    report = group_reports.make(
        assessment,
        groups,
        subjects,
        [item.id for competency in competencies for item in competency.items],
        own_ids=confidential.own_person_ids(user),
        others_read=_readers(arguments),
        only_look=only_look,
    )
    left = report.counted.left
    result: dict[str, object] = {
        "ThreeSixtyID": assessment.public_id,
        "AssessmentName": assessment.name,
        "Language": language,
        "DataDate": timezone.now().astimezone(assessment.brand.zone).date().isoformat(),
        "MinimumSubjects": FEWEST,
        "Groups": [
            {
                **_group(one, competencies, figures=not only_look),
                "LeftOut": [
                    {"SubjectID": person, "Reason": left[person].value} for person in one.persons if person in left
                ],
            }
            for one in report.groups
        ],
        "Scale": {str(point): label for point, label in enumerate(scale, start=1)},
        "Competencies": [
            {
                "ID": competency.id,
                "Name": competency.name,
                "Items": [{"ID": item.id, "Text": item.text} for item in competency.items],
            }
            for competency in competencies
        ],
    }
    if len(report.groups) > 1:
        result["Together"] = _group(report.together, competencies, figures=not only_look)
    return result


def _group(one: GroupResult, competencies: Sequence[Competency], *, figures: bool) -> dict[str, object]:
    """One group's cells by statement and competency; without `figures`, only whether there would be any."""
    cells = {statement: _cell(cell, figures=figures) for statement, cell in one.cells.items()}
    for competency in competencies:
        found = [one.cells[item.id] for item in competency.items if item.id in one.cells]
        shown = [cell for cell in found if cell.mean is not None]
        if shown:
            mean = sum((cell.mean or Fraction(0) for cell in shown), Fraction(0)) / len(shown)
            since = min((cell.since for cell in shown if cell.since), default=None)
            whole = Cell(mean, min(cell.n for cell in shown), since)
            parts = {} if len(shown) == len(competency.items) else {"Statements": len(shown)}
            cells[competency.id] = {**_cell(whole, figures=figures), **parts}
        elif found:
            cells[competency.id] = _cell(found[0], figures=figures)
    return {"Name": one.name, "Subjects": one.counted, "Cells": cells}


def _cell(cell: Cell, *, figures: bool) -> dict[str, object]:
    if cell.mean is None:
        return {"Withheld": cell.reason.value if cell.reason else ""}
    mean = {"Mean": float(Fraction(floor(cell.mean * 10 + Fraction(1, 2)), 10))} if figures else {}
    return {**mean, "Count": cell.n, **({"Since": cell.since.isoformat()} if cell.since else {})}


def _groups(arguments: Arguments) -> list[tuple[str, list[str]]]:
    given = arguments.structure("Groups")
    if not isinstance(given, list) or not 0 < len(given) <= MOST_GROUPS:
        raise Invalid("Groups", f"A list of 1 to {MOST_GROUPS} maps with Name and SubjectIDs is expected.")
    found, total = list[tuple[str, list[str]]](), 0
    for one in given:
        name, persons = (one.get("Name"), one.get("SubjectIDs")) if isinstance(one, dict) else (None, None)
        if not isinstance(name, str) or not 0 < len(name.strip()) <= TEXT_LIMIT:
            raise Invalid("Groups", f"Each needs a Name of at most {TEXT_LIMIT} characters.")
        found.append((name.strip(), _persons("Groups", persons)))
        total += len(found[-1][1])
        if not found[-1][1] or total > MOST_SUBJECTS:
            raise Invalid("Groups", f"Each needs SubjectIDs, at most {MOST_SUBJECTS} in all.")
    return found


def _readers(arguments: Arguments) -> list[frozenset[str]]:
    """For each further reader: the subjects whose single reports the reader may open outside the site."""
    given = arguments.structure("Readers") if arguments.has("Readers") else []
    if not isinstance(given, list) or len(given) > MOST_READERS:
        raise Invalid("Readers", f"A list of at most {MOST_READERS} lists of SubjectIDs is expected.")
    return [frozenset(_persons("Readers", one)) for one in given]


def _persons(parameter: str, given: object) -> list[str]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Invalid(parameter, "A list of SubjectIDs is expected.")
    return list(dict.fromkeys(given))


def _subjects(assessment: Assessment, named: set[str]) -> list[Participant]:
    present = assessment.participants.filter(is_subject=True, removed_at=None, person__public_id__in=named)
    found = list(present.select_related("person").order_by("pk"))
    if len(found) < len(named):
        raise Invalid("Groups", "There is no such subject in the assessment.")
    return found


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {"qxGetGroupReport": get_group_report}
