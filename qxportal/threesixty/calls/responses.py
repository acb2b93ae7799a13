"""Calls that export and import whole responses."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from xml.etree.ElementTree import Element

from qxportal.threesixty.calls.assessments import GetEvaluationStatus
from qxportal.threesixty.calls.base import AnswerKind, As, Call, RetryPolicy, check_upload, one_of, param
from qxportal.threesixty.csv import read_own
from qxportal.threesixty.enums import ResponseFormat
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.records import ImportOutcome, ResponseRecord
from qxportal.threesixty.records.responses import responses_from_map, responses_from_table, responses_from_xml

MOST_COLUMNS = 2_000


@dataclass(frozen=True, kw_only=True)
class GetLegacyResponseData(Call[tuple[ResponseRecord, ...]]):
    """A survey's responses in the legacy layout (getLegacyResponseData, since 2.0).

    Times are UTC; with `local_time` they are in the caller's time and name no zone. A `response_id`
    excludes response set, subgroup and dates.
    """

    request = "getLegacyResponseData"
    answer = AnswerKind.RESPONSES

    survey_id: str = param("SurveyID")
    last_response_id: str | None = param("LastResponseID", default=None)
    limit: int | None = param("Limit", default=None)
    offset: int | None = param("Offset", default=None)
    response_id: str | None = param("ResponseID", default=None)
    response_set_id: str | None = param("ResponseSetID", default=None)
    subgroup_id: str | None = param("SubgroupID", default=None)
    start_date: datetime | None = param("StartDate", default=None)
    end_date: datetime | None = param("EndDate", default=None)
    questions: tuple[str, ...] | None = param("Questions", default=None)
    labels: bool = param("Labels", default=False)
    export_tags: bool = param("ExportTags", default=False)
    export_question_ids: bool = param("ExportQuestionIDs", default=False)
    local_time: bool = param("LocalTime", default=False)
    unanswered_recode: str | None = param("UnansweredRecode", default=None)
    panel_id: str | None = param("PanelID", default=None)
    responses_in_progress: bool = param("ResponsesInProgress", default=False)
    location_data: bool = param("LocationData", default=False)
    response_format: ResponseFormat = field(default=ResponseFormat.JSON)

    def __post_init__(self) -> None:
        others = (self.response_set_id, self.subgroup_id, self.start_date, self.end_date)
        if self.response_id and any(value is not None for value in others):
            raise ValueError("ResponseID stands alone, without ResponseSetID, SubgroupID, StartDate and EndDate.")
        if self.local_time and (self.start_date or self.end_date):
            raise ValueError("StartDate and EndDate are sent in UTC, so LocalTime is 0.")
        object.__setattr__(self, "response_format", one_of(ResponseFormat, self.response_format, "Format"))

    def format(self) -> str:
        """The chosen format, one of four."""
        return self.response_format.value

    def read(self, answer: Any) -> tuple[ResponseRecord, ...]:
        """One record per response, from any of the formats."""
        if isinstance(answer, Element):
            found = responses_from_xml(answer)
        else:
            found = responses_from_table(answer) if isinstance(answer, list) else responses_from_map(answer)
        return tuple(record.without_zone() for record in found) if self.local_time else found


@dataclass(frozen=True, kw_only=True)
class ImportResponses(Call[ImportOutcome]):
    """Import responses from a table in the layout of getEvaluationStatus with answers (importResponses, since 2.0).

    At most 8 MB. Sending it twice may add responses twice, so it is never repeated without confirmation.
    """

    request = "importResponses"
    retry_policy = RetryPolicy.CREATE

    assessment_id: str = param("ThreeSixtyID")
    pulse_id: str | None = param("PulseID", default=None)
    file_contents: str = param("FileContents", how=As.FILE)

    def __post_init__(self) -> None:
        check_upload(self.file_contents, self.request)

    def read(self, answer: Any) -> ImportOutcome:
        """Number of imported rows, and the ignored rows, if the response says so."""
        return ImportOutcome.read(answer)

    def read_back(self) -> GetEvaluationStatus:
        """The state of every evaluation."""
        return GetEvaluationStatus(assessment_id=self.assessment_id, include_evaluation_responses=False)

    def shows(self, found: Any) -> bool | None:
        """Whether every pair of the file has a finished evaluation; None if the file identifies people by address."""
        if isinstance(found, Rejected):
            return None
        finished = {(one.subject_id, one.evaluator_id) for one in found if one.status == "Completed"}
        rows = read_own(self.file_contents, most_columns=MOST_COLUMNS) or ()
        pairs = {(row.get("subjectuniqueidentifier"), row.get("participantuniqueidentifier")) for row in rows}
        if not pairs or any(not one or not other for one, other in pairs):
            return None
        return pairs <= finished
