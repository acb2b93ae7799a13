"""Requests for and with whole responses."""

from collections.abc import Callable, Mapping

from qxportal.engine import access, spooling
from qxportal.engine.answers import Raw
from qxportal.engine.arguments import Arguments
from qxportal.engine.models import User
from qxportal.engine.responses.chunks import one_moment
from qxportal.engine.responses.columns import Wishes, table
from qxportal.engine.responses.layouts import LAYOUTS, v_labels
from qxportal.engine.responses.questions import questions
from qxportal.engine.responses.selection import select


def get_legacy_response_data(user: User, arguments: Arguments) -> Raw:
    """Give the raw responses of a survey, without an envelope."""
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
        return spooling.collect(layout(found, found.names if named else v_labels(found)), content_type)


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "getLegacyResponseData": get_legacy_response_data,
}
