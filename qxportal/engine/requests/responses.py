"""Requests that export and import whole responses."""

from collections.abc import Callable, Mapping

from qxportal.engine.http import response_buffer
from qxportal.engine.http.api_responses import Raw
from qxportal.engine.http.arguments import Arguments
from qxportal.engine.http.errors import Invalid
from qxportal.engine.models import Assessment, User
from qxportal.engine.people import access, confidential
from qxportal.engine.responses.chunks import one_moment
from qxportal.engine.responses.columns import Wishes, table
from qxportal.engine.responses.importing.run import import_file
from qxportal.engine.responses.layouts import LAYOUTS, v_labels
from qxportal.engine.responses.questions import questions
from qxportal.engine.responses.selection import select

MOST_IGNORED = 100  # reported one by one


def get_legacy_response_data(user: User, arguments: Arguments) -> Raw:
    """The raw responses of a survey, without an envelope."""
    survey = access.survey(user, arguments.text("SurveyID"))
    wishes = Wishes(
        labels=arguments.flag("Labels"),
        question_ids=arguments.flag("ExportQuestionIDs"),
        unanswered=arguments.text("UnansweredRecode"),
        location=arguments.flag("LocationData"),
    )
    with one_moment():
        selection = select(user, survey, arguments)
        found = table(selection, questions(survey, arguments.items("Questions")), wishes)
        named = arguments.flag("ExportTags") or arguments.flag("ExportQuestionIDs")
        layout, content_type = LAYOUTS[arguments.format]
        return response_buffer.collect(layout(found, found.tags if named else v_labels(found)), content_type)


def import_responses(user: User, arguments: Arguments) -> object:
    """Import responses from a file in the layout of the evaluation status, into an assessment or a pulse."""
    file = arguments.upload()
    pulse_id = arguments.text("PulseID")
    assessment = access.assessment(user, arguments.text("ThreeSixtyID"), lock=not pulse_id)
    if pulse_id:
        assessment = access.assessment(user, pulse_id, parameter="PulseID", lock=True)
        if assessment.type != Assessment.Type.PULSE:
            raise Invalid("PulseID", f"{assessment.name} is no pulse but of the type {assessment.type}.")
    confidential.require(user, assessment)
    done = import_file(file, assessment, by=user)
    ignored = [{"Row": row, "Reason": reason} for row, reason in sorted(done.ignored.items())]
    return {
        "Count": len(done.pairs),
        "IgnoredCount": len(ignored),
        "Ignored": ignored[:MOST_IGNORED],
        "IgnoredColumns": [*done.left_out],
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getLegacyResponseData": get_legacy_response_data,
    "importResponses": import_responses,
}
