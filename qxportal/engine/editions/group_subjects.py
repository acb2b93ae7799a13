"""Each subject's figures that a group report may be made from: those of the last edition, and nothing else."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256

from django.db.models import Exists, OuterRef
from django.utils import timezone

from qxportal.engine.editions import making, thresholds
from qxportal.engine.editions.atoms import Element
from qxportal.engine.models import AnswerClass, Assessment, Edition, Participant, ReportAccess, ReportOpening, Series
from qxportal.engine.reports.placing import SELF
from qxportal.engine.reports.suppression import may_stand
from qxportal.engine.reports.types import Policy


class Left(StrEnum):
    """Why a subject is not counted."""

    YOURSELF = "Yourself"
    NOT_DONE = "NotDone"
    NO_REPORT = "NoReport"  # was made so far
    FEW_ANSWERS = "FewAnswers"  # no statement has enough


@dataclass(frozen=True, slots=True)
class Figure:
    """What all but the subject say to one statement on average."""

    element: Element
    mean: Fraction


@dataclass
class Counted:
    """The subjects' figures by statement and person, and who is left out."""

    figures: dict[str, dict[str, Figure]] = field(default_factory=lambda: defaultdict(dict))
    left: dict[str, Left] = field(default_factory=dict)


def renew(assessment: Assessment, subjects: Iterable[Participant]) -> None:
    """Make a further edition of those whose last one shows what shall be shown no longer; of nobody else."""
    by_person = {one.person.public_id: one for one in subjects}
    editions = _editions(assessment, by_person)
    series = [each.series_id for each in editions]
    leaving = set(
        AnswerClass.objects.filter(series__in=series, leaving=True, gone=None).values_list("series", flat=True)
    )
    for each in editions:
        if each.series_id in leaving or making.frame_is_past(each.series, each, assessment):
            making.current(assessment, by_person[each.series.person_key])


def count(
    assessment: Assessment, subjects: Sequence[Participant], statements: Collection[str], myself: Collection[int]
) -> Counted:
    """The figures of those who are Done and of whom there is an edition; nothing of who asks."""
    found = Counted()
    for one in subjects:
        if one.person_id in myself:
            found.left[one.person.public_id] = Left.YOURSELF
        elif not making.over(assessment, one):
            found.left[one.person.public_id] = Left.NOT_DONE
    keys = {one.person.public_id for one in subjects} - set(found.left)
    editions = {each.series_id: each for each in _editions(assessment, keys)}
    held = thresholds.of(assessment)
    for series, classes in _classes(editions, statements).items():
        edition = editions[series]
        person = edition.series.person_key
        for question, each in _by_question(classes, making.framed(edition).or_stricter(held)).items():
            found.figures[question][person] = Figure(_element(edition.series, each), _mean(each))
    shown = {person for by_person in found.figures.values() for person in by_person}
    there = {each.series.person_key for each in editions.values()}
    found.left |= {key: Left.FEW_ANSWERS if key in there else Left.NO_REPORT for key in sorted(keys - shown)}
    return found


def hold(assessment: Assessment, keys: Collection[str]) -> None:
    """Let nobody make an edition about these persons until the transaction is over."""
    rows = Series.objects.select_for_update().filter(assessment_key=assessment.public_id, person_key__in=keys)
    list(rows.order_by("pk").values_list("pk"))


def readers(assessment: Assessment, keys: Collection[str]) -> list[frozenset[str]]:
    """Of each person to whom reports about these subjects are or were open, or will be: about whom they are.

    Who was let in and did not open one before that ended knows nothing by it. People with one mailbox are one reader.
    """
    opened = Exists(ReportOpening.objects.filter(access=OuterRef("pk")))
    rows = ReportAccess.objects.filter(assessment=assessment, subject__person__public_id__in=keys)
    rows = rows.annotate(opened=opened).exclude(until_at__lte=timezone.now(), opened=False)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for reader, about in rows.values_list("person__email_key", "subject__person__public_id"):
        found[reader].add(about)
    return [frozenset(about) for about in found.values()]


def _editions(assessment: Assessment, keys: Collection[str]) -> list[Edition]:
    rows = Edition.objects.filter(series__assessment_key=assessment.public_id, series__person_key__in=keys)
    return list(rows.select_related("series").order_by("series", "-number").distinct("series"))


def _classes(editions: Mapping[int, Edition], statements: Collection[str]) -> Mapping[int, list[AnswerClass]]:
    """What the editions show of others' ratings, by series."""
    found: defaultdict[int, list[AnswerClass]] = defaultdict(list)
    hidden = {pk: {SELF, *each.frame.get("hidden", ()), *each.series.hidden} for pk, each in editions.items()}
    for one in AnswerClass.objects.filter(series__in=editions, question__in=statements).order_by("pk"):
        number = editions[one.series_id].number
        if one.since <= number and (one.gone is None or one.gone > number) and one.line not in hidden[one.series_id]:
            found[one.series_id].append(one)
    return found


def _by_question(classes: Iterable[AnswerClass], policy: Policy) -> Mapping[str, list[AnswerClass]]:
    """The classes in cells that may be shown, of the questions with enough answers in all."""
    cells: defaultdict[tuple[str, str], list[AnswerClass]] = defaultdict(list)
    for one in classes:
        cells[one.question, one.line].append(one)
    found: defaultdict[str, list[AnswerClass]] = defaultdict(list)
    for (question, line), inside in cells.items():
        size, given = sum(len(one.values) for one in inside), sum(one.given for one in inside)
        if size and may_stand(line, given=given, size=size, minimum=policy.min_group):
            found[question] += inside
    return {
        question: inside
        for question, inside in found.items()
        if sum(len(one.values) for one in inside) >= policy.min_group
    }


def _mean(classes: Iterable[AnswerClass]) -> Fraction:
    scores = [making.restored(value) for one in classes for value in one.values]
    return Fraction(sum(scores), len(scores))


def _element(series: Series, classes: Iterable[AnswerClass]) -> Element:
    """Named by the classes that it is made from, so that the same answers are the same element in any edition."""
    made = ".".join(str(pk) for pk in sorted(one.pk for one in classes))
    return Element(series.person_key, sha256(f"{series.pk}:{made}".encode()).hexdigest()[:16])
