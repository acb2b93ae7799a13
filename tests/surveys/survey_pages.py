"""Surveys for tests of their pages, as a sync would have left them."""

from typing import Any

import pytest
from django.utils import timezone

from qxportal.threesixty.records.survey_definition import BlockRecord, ChoiceRecord, QuestionRecord, SurveyDefinition
from qxportal.threesixty.records.surveys import QuotaRecord
from surveys.content import facts_of, mirror_content
from surveys.models import Survey
from tests.support.mirrored_rows import organisation

POINTS = tuple(ChoiceRecord(id=str(n), description=f"Point {n}", recode=str(n)) for n in (1, 2, 3))


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def form(org):
    return Survey.objects.create(
        org=org, vendor_id="SV_form", name="Leadership form", status="Active", seen_at=timezone.now()
    )


def matrix(identifier: str, words: str, points: tuple[ChoiceRecord, ...] = POINTS) -> QuestionRecord:
    said = ChoiceRecord(id="1", description="Listens to others")
    return QuestionRecord(
        id=identifier, type="Matrix", text=f"<p>{words}</p>", export_tag=identifier, choices=(said,), answers=points
    )


def told(
    form: Survey,
    *questions: QuestionRecord,
    german: tuple[QuestionRecord, ...] = (),
    embedded: dict[str, str] | None = None,
) -> None:
    asked: dict[str, Any] = {
        "name": form.name,
        "default_language": "EN",
        "languages": ("EN", "DE") if german else ("EN",),
        "embedded_data": embedded or {},
        "blocks": (BlockRecord(id="BL_1", description="First part", questions=(questions[0].id,)),),
    }
    others = {"DE": SurveyDefinition(**{**asked, "questions": german})} if german else {}
    facts = facts_of(SurveyDefinition(**{**asked, "questions": questions}), others)
    quota = QuotaRecord(vendor_id="QO_1", name="Enough managers", limit=5, count=2)
    mirror_content(form, facts, [quota], as_of=timezone.now())


def page(client: Any, form: Survey, verb: str = "", **posted: str) -> Any:
    url = f"/o/{form.org.slug}/surveys/{form.pk}/{verb}"
    return client.post(url, posted) if posted else client.get(url)
