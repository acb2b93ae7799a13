"""The demo's answers: the subject's true level, the rater's view of it, and occasional comments."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from random import Random

from qxportal.engine.assessments import answering
from qxportal.engine.assessments.answering import Given
from qxportal.engine.models import Answer, Evaluation, Question
from qxportal.engine.seed.people import TEXTS
from qxportal.engine.seed.survey import Tone
from qxportal.threesixty.relationships import DIRECT_REPORT, MANAGER, PEER, SELF

BIAS = {MANAGER: 0.05, PEER: 0.0, DIRECT_REPORT: -0.1}
OTHER_BIAS = 0.12
LENIENCY, NOISE = 0.22, 0.58
CANNOT_SAY = {SELF: 0.0, MANAGER: 0.02, PEER: 0.05, DIRECT_REPORT: 0.03}
OTHER_CANNOT_SAY = 0.08
COMMENTS = {Tone.STRENGTH: 0.62, Tone.GROWTH: 0.55, Tone.OTHER: 0.28}
OWN_LANGUAGE = 0.75
TONES = {tone.value: tone for tone in Tone}
LANGUAGES = ("en", "de", "fr", "es", "pl")
OWN_WORDS = "self"  # the code of comments that people write about themselves
# Where a whole company speaks another language than English: which codes its comments have, and those about oneself.
AT_HOME = {"de": (("de", "de+"), "self_de")}


@dataclass(frozen=True, slots=True)
class Subject:
    """The true levels of a subject, the same in every assessment and for every rater."""

    key: str
    level: float
    inflation: float  # what the self rating adds

    def truth(self, topic: str, statement: str) -> float:
        """The level on one statement: the person, the topic, and how hard the statement is for anybody."""
        own, detail = _drawn(f"{self.key}|{topic}", 0.38), _drawn(f"{self.key}|{statement}", 0.15)
        return self.level + own + detail + _drawn(statement, 0.16)


@lru_cache(maxsize=20_000)  # each rater of a subject asks for the same
def _drawn(seed: str, spread: float) -> float:
    return Random(seed).gauss(0, spread)


def subject(key: str) -> Subject:
    """The subject for a key, such as an e-mail address."""
    rng = Random(key)
    inflation = rng.choices((0.05, 0.65, -0.5), weights=(50, 34, 16))[0]
    return Subject(key, rng.gauss(3.72, 0.3), inflation + rng.gauss(0, 0.1))


def draw(
    about: Subject,
    questions: Iterable[Question],
    *,
    relationship: str,
    language: str,
    home: str,
    used: Collection[str],
    rng: Random,
) -> dict[Question, Given]:
    """One evaluator's answers; comments in `used` were given by others about the same subject.

    `home` is the language of the whole company.
    """
    lean = about.inflation if relationship == SELF else BIAS.get(relationship, OTHER_BIAS) + rng.gauss(0, LENIENCY)
    silent = CANNOT_SAY.get(relationship, OTHER_CANNOT_SAY)
    given: dict[Question, Given] = {}
    for question in questions:
        if question.kind == Question.Kind.TEXT:
            code = OWN_WORDS if relationship == SELF else language
            given[question] = Given(text=comment(_tone(question), language=code, home=home, used=used, rng=rng))
        elif question.kind == Question.Kind.CHOICE and question.above:
            given[question] = _below(question, given, rng)
        elif question.kind == Question.Kind.CHOICE:
            given[question] = Given(value=rng.randint(1, max(1, len(question.choices))))
        elif rng.random() < silent:
            given[question] = Given()
        else:
            points = max(2, len(question.choices))
            topic = question.competency.name if question.competency else ""
            score = about.truth(topic, question.text) + lean + rng.gauss(0, NOISE)
            given[question] = Given(value=min(points, max(1, round(1 + (score - 1) * (points - 1) / 4))))
    return given


def _below(question: Question, given: Mapping[Question, Given], rng: Random) -> Given:
    """An answer in a drill-down list below the answer in the list before."""
    before = [said.value for one, said in given.items() if one.stem_id == question.stem_id and one.above]
    possible = [place for place, above in enumerate(question.above, start=1) if above in (0, *before[-1:])]
    return Given(value=rng.choice(possible)) if possible else Given()


def comment(tone: Tone, *, language: str, home: str, used: Collection[str], rng: Random) -> str:
    """A comment not yet made about this subject, or none."""
    if rng.random() >= COMMENTS[tone]:
        return ""
    codes = _codes(language, home.lower()[:2], rng)
    left = [text for code in codes for text in texts()[tone, code] if text not in used]
    return rng.choice(left) if left else ""


def _codes(language: str, home: str, rng: Random) -> tuple[str, ...]:
    """The comment codes of a writer's language."""
    if home in AT_HOME:
        codes, own_words = AT_HOME[home]
        return (own_words,) if language == OWN_WORDS else codes
    own = language if language == OWN_WORDS else language.lower()[:2]
    known = own == OWN_WORDS or (own in LANGUAGES and rng.random() < OWN_LANGUAGE)
    return (own,) if known else LANGUAGES[:1]


@cache
def texts() -> Mapping[tuple[Tone, str], tuple[str, ...]]:
    """All comments by tone and code."""
    found: defaultdict[tuple[Tone, str], list[str]] = defaultdict(list)
    for tone in Tone:
        for line in (TEXTS / f"{tone}.txt").read_text("utf-8").splitlines():
            code, text = line.split("|", 1)
            found[tone, code].append(text)
    return {key: tuple(lines) for key, lines in found.items()}


def _tone(question: Question) -> Tone:
    """What an open question asks for: its tag says so in our forms, its place in others (the good comes first)."""
    if question.tag in TONES:
        return TONES[question.tag]
    before = question.survey.questions.filter(kind=Question.Kind.TEXT, position__lt=question.position).count()
    return list(Tone)[min(before, 2)]


def answer_evaluation(evaluation: Evaluation, rng: Random) -> None:
    """Fill in and complete one evaluation, as its evaluator would."""
    person = evaluation.subject.person
    used = Answer.objects.filter(evaluation__subject=evaluation.subject_id).exclude(text="")
    given = draw(
        subject(person.email),
        evaluation.assessment.survey.questions.select_related("competency", "survey"),
        relationship=evaluation.relationship,
        language=str(evaluation.evaluator.metadata.get("Language", evaluation.language)),
        home=evaluation.assessment.brand.language,
        used=set(used.values_list("text", flat=True)),
        rng=rng,
    )
    answering.save(evaluation, given, finished=True)
