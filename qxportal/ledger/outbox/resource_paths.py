"""What a call writes and what it reads, as paths; of two changes that meet on a path the later one waits.

`assessment/TS_1` meets `assessment/TS_1/member/P_1`, which does not meet `assessment/TS_1/member/P_2`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from qxportal.threesixty.calls import assessments, extensions, library, persons, reports, responses, surveys, users
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.csv import read_csv
from qxportal.threesixty.errors import MalformedResponse
from qxportal.threesixty.words import ImportType

MOST_PATHS = 100  # beyond that a change stands for all of their kind


@dataclass(frozen=True)
class Footprint:
    """The paths that a change writes, and those that it reads."""

    writes: tuple[str, ...]
    reads: tuple[str, ...] = ()


def footprint(call: Call[object]) -> Footprint:
    """What the call writes and reads; nothing where it meets no other."""
    match call:
        case assessments.CreateAssessment() | assessments.CreateThreeSixty():
            return Footprint(_all(f"assessment/{call.assessment_id}"), _some("survey", call.survey_id))
        case assessments.UpdateAssessment():
            whole = f"assessment/{call.assessment_id}"
            return Footprint(_all(whole if call.survey_id else f"{whole}/options"), _some("survey", call.survey_id))
        case (
            assessments.DeleteAssessment()
            | assessments.ActivateAssessment()
            | assessments.CloseAssessment()
            | assessments.ReopenAssessment()
        ):
            return Footprint(_all(f"assessment/{call.assessment_id}"))
        case assessments.SetCustomRelationships():
            return Footprint(_all(f"assessment/{call.assessment_id}/relationships"))
        case assessments.SetSubjectStatus():
            return Footprint(_all(f"assessment/{call.assessment_id}/member/{call.subject_id}"))
        case extensions.ConfirmManager() | extensions.HideReportLine() | extensions.TakeOutAnswers():
            return Footprint(_all(f"assessment/{call.assessment_id}/member/{call.subject_id}"))
        case persons.AddPerson():
            return Footprint(
                _all(f"assessment/{call.assessment_id}/member/{call.person_id}"), _some("person", call.person_id)
            )
        case persons.RemovePerson() if call.assessment_id:
            return Footprint(_all(f"assessment/{call.assessment_id}/member/{call.person_id}"))
        case persons.RemovePerson():
            return Footprint(_all(f"person/{call.person_id}"))
        case persons.CreatePerson():
            return Footprint(_all(f"person/{call.person_id}"), _some("division", call.division_id))
        case persons.UpdatePerson():
            return Footprint(_all(f"person/{call.person_id}"))
        case persons.ImportPersons():
            return _import(call)
        case persons.SetUserDataFields():
            return Footprint(_all("user-data-fields"))
        case responses.ImportResponses():
            return Footprint(_all(f"assessment/{call.assessment_id}/member"))
        case reports.SetPredefinedData():
            return Footprint(_all(f"report/{call.report_id}/{call.data_source_id}"))
        case users.CreateDivision():
            return Footprint(_some("division", call.division_id), _users(*call.administrators or ()))
        case users.CreateUser():
            return Footprint(_all(f"user-name/{call.user_name.lower()}"), _some("division", call.division_id))
        case users.UpdateUser():
            name = _some("user-name", call.user_name and call.user_name.lower())
            return Footprint((*_users(call.user_id), *name), _some("division", call.division_id))
        case users.DeleteUser():
            return Footprint(_users(call.user_id))
        case users.ChangeUserName():
            return Footprint(_all(f"user-name/{call.old.lower()}", f"user-name/{call.new.lower()}"))
        case library.SetLibraryMessage() | library.DeleteLibraryMessage():
            return Footprint(_all(f"library/{call.library_id}/{call.message_id}"))
        case library.DeleteLibraryGraphic():
            return Footprint(_all(f"library/{call.library_id}/{call.graphic_id}"))
        case (
            surveys.ActivateSurvey()
            | surveys.DeactivateSurvey()
            | surveys.SetSurveyOptions()
            | surveys.ImportSurveyTranslations()
        ):
            return Footprint(_all(f"survey/{call.survey_id}"))
        case surveys.TransferSurveyOwnership():
            return Footprint(_all(f"survey/{call.survey_id}"), _users(call.owner_id, call.new_owner_id))
    return Footprint(())


@dataclass
class Blocked:
    """The changes that came to no end yet: who meets one of them has to wait."""

    written: set[str] = field(default_factory=set)
    read: set[str] = field(default_factory=set)
    above_written: set[str] = field(default_factory=set)
    above_read: set[str] = field(default_factory=set)

    def add(self, writes: Iterable[str], reads: Iterable[str]) -> None:
        """One more change that came to no end yet."""
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
        return Footprint(_all("person"))
    members, relationships = f"assessment/{call.assessment_id}/member", f"assessment/{call.assessment_id}/relationships"
    if call.type is not ImportType.EVALUATORS:
        return Footprint(_all(members), ("person", relationships))
    subjects, evaluators = _column(call, "subjectuniqueidentifier"), _column(call, "uniqueidentifier")
    writes = tuple(f"{members}/{one}" for one in subjects) or (members,)
    return Footprint(
        writes, (relationships, *(f"person/{one}" for one in evaluators)) if evaluators else (relationships, "person")
    )


def _column(call: persons.ImportPersons, name: str) -> list[str]:
    """The different values of a column; none where a row has no value, or where they are many."""
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


def _all(*paths: str) -> tuple[str, ...]:
    return paths


def _some(kind: str, name: str | None) -> tuple[str, ...]:
    return (f"{kind}/{name}",) if name else ()


def _users(*ids: str) -> tuple[str, ...]:
    return tuple(f"user/{one}" for one in ids)
