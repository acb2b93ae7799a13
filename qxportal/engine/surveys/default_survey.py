"""The form that an assessment gets when its creator names none."""

from qxportal.engine.models import Competency, Question, Survey, User

SCALE = ["Never", "Rarely", "Sometimes", "Often", "Always"]
FORM: dict[str, tuple[str, tuple[str, ...]]] = {
    "Communication": (
        "Shares what others need to know and listens.",
        (
            "Explains decisions so that everybody understands them.",
            "Listens before answering.",
            "Passes on information in time.",
        ),
    ),
    "Collaboration": (
        "Works with others towards a common result.",
        (
            "Keeps agreements made with colleagues.",
            "Offers help without being asked.",
            "Settles disagreements fairly.",
        ),
    ),
    "Results": (
        "Gets important things done.",
        (
            "Sets clear priorities.",
            "Finishes what was begun.",
            "Takes responsibility when something goes wrong.",
        ),
    ),
    "Development": (
        "Grows and helps others to grow.",
        (
            "Gives feedback that one can use.",
            "Asks for feedback and acts on it.",
            "Lets others try new tasks.",
        ),
    ),
}
OPEN_QUESTIONS = ("What should this person keep doing?", "What should this person do differently?")


def make_default_form(user: User, name: str) -> Survey:
    """Make a survey of rated statements and two open questions."""
    survey = Survey.objects.create(
        brand=user.brand, owner=user, creator=user, name=name, language=user.language, description="360 feedback form"
    )
    for position, (heading, (description, statements)) in enumerate(FORM.items()):
        competency = Competency.objects.create(survey=survey, name=heading, description=description, position=position)
        _add(survey, Question.Kind.RATING, statements, competency)
    _add(survey, Question.Kind.TEXT, OPEN_QUESTIONS)
    return survey


def _add(survey: Survey, kind: Question.Kind, texts: tuple[str, ...], competency: Competency | None = None) -> None:
    first = survey.questions.count()
    Question.objects.bulk_create(
        [
            Question(
                survey=survey,
                public_id=f"QID{number + 1}",
                tag=f"Q{number + 1}",
                position=number,
                kind=kind,
                text=text,
                competency=competency,
                choices=SCALE if kind == Question.Kind.RATING else [],
                required=kind == Question.Kind.RATING,
            )
            for number, text in enumerate(texts, start=first)
        ]
    )
