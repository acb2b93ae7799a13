"""Stores a form that comes with the project as a survey of a brand."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from qxportal.engine.models import Competency, Question, Survey, User
from qxportal.engine.seed.survey import SeedSurvey


def store_survey(owner: User, form: SeedSurvey, translated: Mapping[str, SeedSurvey], *, made: datetime) -> Survey:
    """Store a survey of the owner's in the language of his brand, with translations by language."""
    brand = owner.brand
    row = Survey.objects.create(
        brand=brand,
        owner=owner,
        creator=owner,
        name=form.name,
        description=form.description,
        language=brand.language,
        names={code: other.name for code, other in translated.items()},
        languages=sorted(translated),
        created_at=made,
        modified_at=made,
        activated_at=made,
    )
    headings = Competency.objects.bulk_create(
        [
            Competency(
                survey=row,
                name=heading.name,
                description=heading.description,
                translations={
                    code: {"name": other.headings[at].name, "description": other.headings[at].description}
                    for code, other in translated.items()
                },
                position=at,
            )
            for at, heading in enumerate(form.headings)
        ]
    )
    Question.objects.bulk_create(_questions(row, form, translated, headings))
    return row


def _questions(
    row: Survey,
    form: SeedSurvey,
    translated: Mapping[str, SeedSurvey],
    headings: Sequence[Competency],
) -> list[Question]:
    rated = [
        (f"c{at}_{number}", heading)
        for at, heading in enumerate(headings, start=1)
        for number, _statement in enumerate(form.headings[at - 1].statements, start=1)
    ]
    open_ones = [(tone.value, None) for tone, _text in form.open_questions]
    said = {code: (_texts(other), list(other.scale)) for code, other in translated.items()}
    return [
        Question(
            survey=row,
            public_id=f"QID{position}",
            tag=tag,
            position=position,
            kind=Question.Kind.RATING if heading else Question.Kind.TEXT,
            text=text,
            competency=heading,
            choices=list(form.scale) if heading else [],
            translations={
                code: {"text": texts[position - 1], "choices": labels if heading else []}
                for code, (texts, labels) in said.items()
            },
            required=heading is not None,
        )
        for position, ((tag, heading), text) in enumerate(zip([*rated, *open_ones], _texts(form), strict=True), start=1)
    ]


def _texts(form: SeedSurvey) -> list[str]:
    """All that is asked, in its order."""
    statements = [text for heading in form.headings for text in heading.statements]
    return [*statements, *(text for _tone, text in form.open_questions)]
