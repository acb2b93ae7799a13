"""A whole survey as XML: what is asked, in which blocks, in which order, with which fields."""

from collections.abc import Sequence

from qxportal.engine.http import api_responses
from qxportal.engine.http.api_responses import XML, Raw, stamp
from qxportal.engine.models import Quota, Survey
from qxportal.engine.surveys.parsed_survey import TRASH, Payload
from qxportal.engine.surveys.records import name
from qxportal.engine.surveys.xml import questions
from qxportal.engine.surveys.xml.flow import Turns, after_each_other, block, field, flow, page
from qxportal.engine.surveys.xml.layout import Layout
from qxportal.engine.surveys.xml.writing import element, flag, words

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


def definition(survey: Survey, layout: Layout) -> Raw:
    """The survey without its trash, in one of the three layouts."""
    asked, blocks = _content(survey, layout)
    steps: Sequence[Payload] = survey.flow or after_each_other([id for id, *_ in blocks])
    spoken = [survey.language, *survey.languages]
    body = element(
        "SurveyDefinition",
        words("SurveyName", name(survey, layout.language)),
        words("OwnerID", survey.owner_public_id),
        words("isActive", flag(survey.active)),
        words("CreationDate", stamp(survey.created_at)),
        words("LastModifiedDate", stamp(survey.modified_at)),
        words("StartDate", stamp(survey.starts_at)),
        words("ExpirationDate", stamp(survey.expires_at)),
        element("Languages", *(words("Language", one, Default=flag(one == survey.language)) for one in spoken)),
        element("Questions", *asked),
        element("Blocks", *(block(*one, layout) for one in blocks)),
        flow(steps, layout),
        element("EmbeddedData", *(field(one, layout) for one in survey.embedded_data)),
        _quotas(survey) if layout.logic else "",
    )
    return Raw(f"{HEAD}{body}\n".encode(), XML)


def _content(survey: Survey, layout: Layout) -> tuple[list[str], list[tuple[str, str, Sequence[Payload], Turns]]]:
    """The questions, and the blocks with what stands in each; without blocks of its own a survey is one."""
    stems = {row.public_id: row for row in survey.stems.all()}
    if not stems:
        rows = list(survey.questions.all())
        listed = [{"Type": "Question", "QuestionID": row.public_id} for row in rows]
        only = (f"BL_{survey.public_id.removeprefix('SV_')}", "", listed, dict[str, dict[str, str]]())
        return [questions.plain(row, layout) for row in rows], [only]
    blocks = [
        (row.public_id, row.description, page(row), row.payload.get("Turns") or {})
        for row in survey.blocks.exclude(kind=TRASH)
    ]
    shown = [one["QuestionID"] for _, _, elements, _ in blocks for one in elements if one.get("QuestionID") in stems]
    return [questions.stem(stems[id], layout) for id in shown], blocks


def _quotas(survey: Survey) -> str:
    return element("Quotas", *(_quota(quota) for quota in survey.quotas.all()))


def _quota(quota: Quota) -> str:
    logic = api_responses.element("Logic", quota.logic) if quota.logic else ""
    return element(
        "Quota",
        words("Name", quota.name),
        words("Limit", quota.limit),
        logic,
        ID=quota.public_id,
        Type=quota.logic_type,
    )
