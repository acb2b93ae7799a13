"""The default survey of a new assessment."""

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
    """Create a survey of rated statements and two open questions."""
    survey = Survey.objects.create(
        brand=user.brand, owner=user, creator=user, name=name, language=user.language, description="360 feedback form"
    )
    competencies = Competency.objects.bulk_create(
        Competency(survey=survey, name=heading, description=description, position=position)
        for position, (heading, (description, _statements)) in enumerate(FORM.items())
    )
    rated = [
        Question(text=text, kind=Question.Kind.RATING, competency=competency, choices=SCALE, required=True)
        for competency in competencies
        for text in FORM[competency.name][1]
    ]
    opened = [Question(text=text, kind=Question.Kind.TEXT, choices=[], required=False) for text in OPEN_QUESTIONS]
    for position, question in enumerate([*rated, *opened]):
        question.survey, question.position = survey, position
        question.public_id, question.tag = f"QID{position + 1}", f"Q{position + 1}"
    Question.objects.bulk_create([*rated, *opened])
    return survey
