"""What the columns of a file of responses are."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from qxportal.engine.answering import Given
from qxportal.engine.models import Assessment, Question
from qxportal.engine.people import NAME_LIMIT
from qxportal.engine.problems import Invalid
from qxportal.engine.relationships import squeeze
from qxportal.engine.responses.evaluation_status import HEADER
from qxportal.engine.responses.questions import questions
from qxportal.engine.responses.values import reader

SUBJECT, SUBJECT_EMAIL = "SubjectUniqueIdentifier", "SubjectEmail"
EVALUATOR, EVALUATOR_EMAIL = "ParticipantUniqueIdentifier", "EvaluatorEmail"
SIDES = ("Subject", "Evaluator")
Read = Callable[[str], Given | None]


@dataclass(frozen=True)
class Header:
    """Where in a row what is to be found."""

    width: int
    fixed: Mapping[str, int] = field(default_factory=dict)  # by the names of HEADER
    asked: Mapping[int, tuple[Question, Read]] = field(default_factory=dict)  # by place
    metadata: Mapping[str, Mapping[int, str]] = field(default_factory=dict)  # side -> place -> key

    def cell(self, row: Sequence[str], name: str) -> str:
        """What a row says in a fixed column; empty where the file has none."""
        place = self.fixed.get(name)
        return row[place].strip() if place is not None and place < len(row) else ""


def read(titles: Sequence[str], assessment: Assessment) -> Header:
    """Tell the columns apart; a title that means nothing is refused, because it may be a mistyped question."""
    titles = [title.strip() for title in titles]
    twice = [title for title, number in Counter(filter(None, titles)).items() if number > 1]
    if twice:
        raise Invalid("FileContents", f"The header has {twice[0][:60]} twice.")
    exact = {name for name in HEADER if name in titles}
    loose = {squeeze(name): name for name in HEADER if name not in exact}
    known = _questions(assessment)
    fixed: dict[str, int] = {}
    asked: dict[int, tuple[Question, Read]] = {}
    metadata: dict[str, dict[int, str]] = {}
    for place, title in enumerate(titles):
        side, _, key = title.partition(" ")
        name = title if title in exact else loose.get(squeeze(title))
        if name:
            _put(fixed, name, place)
        elif title in known:
            question = known[title]
            _put({one.public_id: at for at, (one, _read) in asked.items()}, question.public_id, place)
            asked[place] = (question, reader(question))
        elif side in SIDES and 0 < len(key) <= NAME_LIMIT:
            metadata.setdefault(side, {})[place] = key
        elif title:
            raise Invalid("FileContents", f"The column {title[:60]} is unknown: no question of the form has this name.")
    _refuse_incomplete(fixed, asked, assessment)
    return Header(len(titles), fixed, asked, metadata)


def _questions(assessment: Assessment) -> dict[str, Question]:
    """Questions by id, and by a tag that only one of them has."""
    found = questions(assessment.survey)
    tags = Counter(question.tag for question in found)
    by_tag = {question.tag: question for question in found if question.tag and tags[question.tag] == 1}
    return by_tag | {question.public_id: question for question in found}


def _put(places: dict[str, int], name: str, place: int) -> None:
    if name in places:
        raise Invalid("FileContents", f"The header has {name} twice.")
    places[name] = place


def _refuse_incomplete(fixed: Mapping[str, int], asked: Mapping[int, object], assessment: Assessment) -> None:
    needed = [(EVALUATOR, EVALUATOR_EMAIL)]
    if assessment.has_subjects:
        needed += [(SUBJECT, SUBJECT_EMAIL), ("Relationship", "Relationship")]
    for name, instead in needed:
        if name not in fixed and instead not in fixed:
            raise Invalid("FileContents", f"The header has no column {name}.")
    if not asked:
        raise Invalid("FileContents", "The header has no question of the form, by its id or its export tag.")
