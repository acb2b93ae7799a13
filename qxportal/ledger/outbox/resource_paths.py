"""The resource paths that a call writes and reads; of two changes that overlap on a path, the later one waits.

`assessment/TS_1` overlaps `assessment/TS_1/member/P_1`, which does not overlap `assessment/TS_1/member/P_2`.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from typing import Any

from qxportal.threesixty.calls import (
    assessments,
    comparisons,
    evaluators,
    extensions,
    letters,
    library,
    links,
    mailings,
    nominations,
    persons,
    report_access,
    reports,
    responses,
    schedules,
    surveys,
    thresholds,
    users,
)
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.reports import person_of
from qxportal.threesixty.csv import read_csv
from qxportal.threesixty.enums import ImportType
from qxportal.threesixty.errors import MalformedResponse

MOST_PATHS = 100  # beyond this number a change locks the whole kind


@dataclass(frozen=True)
class Footprint:
    """The paths that a change writes, and those that it reads."""

    writes: tuple[str, ...]
    reads: tuple[str, ...] = ()


ASSESSMENT, MEMBERS = "assessment/{assessment_id}", "assessment/{assessment_id}/member"
SURVEY, LIBRARY = "survey/{survey_id}", "library/{library_id}"
# The paths of each call as templates of its values; a path without its value is dropped.
PATHS: Mapping[type[Call[Any]], Footprint] = {
    assessments.CreateAssessment: Footprint((ASSESSMENT,), (SURVEY,)),
    assessments.CreateThreeSixty: Footprint((ASSESSMENT,), (SURVEY,)),
    assessments.DeleteAssessment: Footprint((ASSESSMENT,)),
    assessments.ActivateAssessment: Footprint((ASSESSMENT,)),
    assessments.CloseAssessment: Footprint((ASSESSMENT,)),
    assessments.ReopenAssessment: Footprint((ASSESSMENT,)),
    assessments.RenameAssessment: Footprint((f"{ASSESSMENT}/name",)),
    assessments.SetCustomRelationships: Footprint((f"{ASSESSMENT}/relationships",)),
    assessments.SetSubjectStatus: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    extensions.ConfirmManager: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    extensions.HideReportLine: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    extensions.TakeOutAnswers: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    evaluators.AddEvaluator: Footprint((f"{MEMBERS}/{{subject_id}}",), (f"{ASSESSMENT}/relationships",)),
    evaluators.ChangeRelationship: Footprint((f"{MEMBERS}/{{subject_id}}",), (f"{ASSESSMENT}/relationships",)),
    evaluators.RemoveEvaluator: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    evaluators.ReopenEvaluation: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    evaluators.ResetEvaluation: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    nominations.SetNominations: Footprint((f"{MEMBERS}/{{subject_id}}",), (f"{ASSESSMENT}/relationships",)),
    nominations.DecideNominations: Footprint((f"{MEMBERS}/{{subject_id}}",)),
    report_access.SetReportAccess: Footprint((f"{MEMBERS}/{{subject_id}}/reader/{{person_id}}",)),
    thresholds.SetReportGroups: Footprint((f"{ASSESSMENT}/report-groups",), (f"{ASSESSMENT}/relationships",)),
    comparisons.SetComparison: Footprint((f"{ASSESSMENT}/comparison",), ("assessment/{earlier_id}",)),
    mailings.SetBrand: Footprint(("brand",)),
    mailings.SendTestMail: Footprint(("brand/test",)),
    mailings.CreateMailing: Footprint((MEMBERS,)),  # about all members, so hidden from members who are subjects
    letters.PrintLetters: Footprint((MEMBERS,)),
    links.EndLinks: Footprint(("person/{person_id}/links",)),
    mailings.CancelMailing: Footprint((MEMBERS,)),
    schedules.SetSchedule: Footprint((f"{ASSESSMENT}/schedule",)),
    schedules.SetExtension: Footprint((f"{ASSESSMENT}/schedule", MEMBERS)),  # an extension reveals who has not answered
    persons.AddPerson: Footprint((f"{MEMBERS}/{{person_id}}",), ("person/{person_id}",)),
    persons.CreatePerson: Footprint(("person/{person_id}",), ("division/{division_id}",)),
    persons.UpdatePerson: Footprint(("person/{person_id}",)),
    persons.SetUserDataFields: Footprint(("user-data-fields",)),
    responses.ImportResponses: Footprint((MEMBERS,)),
    users.CreateDivision: Footprint(("division/{division_id}",), ("user/{administrators}",)),
    users.CreateUser: Footprint(("user-name/{user_name}",), ("division/{division_id}",)),
    users.UpdateUser: Footprint(("user/{user_id}", "user-name/{user_name}"), ("division/{division_id}",)),
    users.DeleteUser: Footprint(("user/{user_id}",)),
    users.ChangeUserName: Footprint(("user-name/{old}", "user-name/{new}")),
    library.SetLibraryMessage: Footprint((f"{LIBRARY}/{{message_id}}",)),
    library.DeleteLibraryMessage: Footprint((f"{LIBRARY}/{{message_id}}",)),
    library.DeleteLibraryGraphic: Footprint((f"{LIBRARY}/{{graphic_id}}",)),
    surveys.ActivateSurvey: Footprint((SURVEY,)),
    surveys.DeactivateSurvey: Footprint((SURVEY,)),
    surveys.SetSurveyOptions: Footprint((SURVEY,)),
    surveys.ImportSurveyTranslations: Footprint((SURVEY,)),
    surveys.TransferSurveyOwnership: Footprint((SURVEY,), ("user/{owner_id}", "user/{new_owner_id}")),
}
FIELD = re.compile(r"{(\w+)}")


def footprint(call: Call[object]) -> Footprint:
    """The paths that the call writes and reads; empty if it cannot overlap with others."""
    match call:
        case persons.ImportPersons():
            return _import(call)
        case persons.RemovePerson():
            paths = Footprint((f"{MEMBERS}/{{person_id}}",) if call.assessment_id else ("person/{person_id}",))
        case report_access.SetReportAccesses():
            members = f"assessment/{call.assessment_id}/member"
            readers = {f"{members}/{one['SubjectID']}/reader/{one['PersonID']}" for one in call.accesses}
            return Footprint(tuple(sorted(readers)) if len(readers) <= MOST_PATHS else (members,))
        case reports.SetPredefinedData():
            table = f"report/{call.report_id}/{call.data_source_id}"
            people = {person_of(row) for row in call.rows} - {""}
            return Footprint((table, *(f"{table}/member/{one}" for one in sorted(people))))
        case assessments.UpdateAssessment():
            paths = Footprint((ASSESSMENT,) if call.survey_id else (f"{ASSESSMENT}/options",), (SURVEY,))
        case _:
            paths = PATHS.get(type(call), Footprint(()))
    return Footprint(_filled(call, paths.writes), _filled(call, paths.reads))


@dataclass
class Blocked:
    """Paths of open changes: a change that overlaps them has to wait."""

    written: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    above_written: set[str] = field(default_factory=set)
    above_read: set[str] = field(default_factory=set)

    def add(self, writes: Iterable[str], reads: Iterable[str]) -> None:
        """Add the paths of another open change."""
        for paths, kept, above in (
            (writes, self.written, self.above_written),
            (reads, self.read, self.above_read),
        ):
            for path in paths:
                kept.add(path)
                above.update(_ancestors(path))

    def overlaps(self, writes: Iterable[str], reads: Iterable[str]) -> bool:
        """Whether a later change has to wait for one of them."""
        return any(
            self._met(path, self.written, self.above_written) or self._met(path, self.read, self.above_read)
            for path in writes
        ) or any(self._met(path, self.written, self.above_written) for path in reads)

    def _met(self, path: str, kept: set[str], above: set[str]) -> bool:
        return path in kept or path in above or any(ancestor in kept for ancestor in _ancestors(path))


def _import(call: persons.ImportPersons) -> Footprint:
    if call.assessment_id is None:
        return Footprint(("person",))
    members, relationships = f"assessment/{call.assessment_id}/member", f"assessment/{call.assessment_id}/relationships"
    if call.clear_relationships:  # clears relationships of subjects without a row, and managers in the whole directory
        return Footprint((members, "person"), (relationships,))
    if call.type is not ImportType.EVALUATORS:
        return Footprint((members,), ("person", relationships))
    subjects, evaluators = _column(call, "subjectuniqueidentifier"), _column(call, "uniqueidentifier")
    writes = tuple(f"{members}/{one}" for one in subjects) or (members,)
    return Footprint(
        writes, (relationships, *(f"person/{one}" for one in evaluators)) if evaluators else (relationships, "person")
    )


def _column(call: persons.ImportPersons, name: str) -> list[str]:
    """Distinct values of a column; empty if a row has no value, or if there are too many."""
    try:
        values = {row.get(name, "") for row in read_csv(call.file_contents.encode(), ())}
    except MalformedResponse:
        return []
    return [] if "" in values or len(values) > MOST_PATHS else sorted(values)


def _ancestors(path: str) -> Iterable[str]:
    end = path.rfind("/")
    while end > 0:
        yield path[:end]
        end = path.rfind("/", 0, end)


def _filled(call: Call[object], paths: Iterable[str]) -> tuple[str, ...]:
    """The paths with the call's values filled in, one for each value of a list."""
    filled: list[str] = []
    for path in paths:
        names = FIELD.findall(path)
        values = [value if isinstance(value, tuple) else (value,) for value in map(partial(getattr, call), names)]
        found = [path.format(**dict(zip(names, one, strict=True))) for one in product(*values) if all(one)]
        filled += [one.lower() if path.startswith("user-name/") else one for one in found]
    return tuple(filled)
