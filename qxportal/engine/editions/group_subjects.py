"""Each subject's figures for group reports, from the last edition only."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from hashlib import sha256
from itertools import chain
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from qxportal.engine.editions import making, thresholds
from qxportal.engine.editions.atoms import Element
from qxportal.engine.models import AnswerClass, Assessment, Edition, Participant, ReportAccess, ReportOpening, Series
from qxportal.engine.reports.placing import SELF
from qxportal.engine.reports.suppression import may_stand
from qxportal.engine.reports.types import Policy
from qxportal.threesixty.relationships import MANAGER

ABOUT = "subject__person__public_id"


class Left(StrEnum):
    """Why a subject is excluded from a group report."""

    YOURSELF = "Yourself"
    NOT_DONE = "NotDone"
    NO_REPORT = "NoReport"  # no edition yet
    FEW_ANSWERS = "FewAnswers"  # on every statement


@dataclass(frozen=True, slots=True)
class Figure:
    """The mean rating of one statement by all evaluators but the subject."""

    element: Element
    mean: Fraction


@dataclass
class Counted:
    """Figures by statement and person, and the excluded subjects with reasons."""

    figures: dict[str, dict[str, Figure]] = field(default_factory=lambda: defaultdict(dict))
    left: dict[str, Left] = field(default_factory=dict)


def renew(assessment: Assessment, subjects: Iterable[Participant]) -> None:
    """Make a new edition for each subject whose last one shows lines or classes that may no longer be shown."""
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
    assessment: Assessment, subjects: Sequence[Participant], statements: Collection[str], own_ids: Collection[int]
) -> Counted:
    """Figures of subjects whose round is over and who have an edition, except persons that the user may be."""
    found = Counted()
    for one in subjects:
        if one.person_id in own_ids:
            found.left[one.person.public_id] = Left.YOURSELF
        elif not making.over(assessment, one):
            found.left[one.person.public_id] = Left.NOT_DONE
    keys = {one.person.public_id for one in subjects} - set(found.left)
    editions = {each.series_id: each for each in _editions(assessment, keys)}
    held = thresholds.of(assessment)
    policies = {pk: making.framed(edition).or_stricter(held) for pk, edition in editions.items()}
    for statement in statements:  # one at a time: all answers of thousands of subjects would not fit in memory
        for pk, classes in _classes(editions, statement).items():
            series = editions[pk].series
            if shown := _shown(classes, policies[pk]):
                found.figures[statement][series.person_key] = Figure(_element(series, shown), _mean(shown))
    with_figures = {person for by_person in found.figures.values() for person in by_person}
    there = {each.series.person_key for each in editions.values()}
    found.left |= {key: Left.FEW_ANSWERS if key in there else Left.NO_REPORT for key in sorted(keys - with_figures)}
    return found


def hold(assessment: Assessment, keys: Collection[str]) -> None:
    """Lock the edition series of these persons, so that no edition is added until the transaction ends."""
    rows = Series.objects.select_for_update().filter(assessment_key=assessment.public_id, person_key__in=keys)
    list(rows.order_by("pk").values_list("pk"))


def readers(assessment: Assessment, keys: Collection[str]) -> list[frozenset[str]]:
    """For each past, present or future reader of these subjects' reports: the subjects whose reports the reader opens.

    A reader whose access ended before the first opening does not count. A manager reads the reports that he or she is
    asked to approve. Readers who share a mailbox also count as one reader, in addition to each of them.
    """
    rows = ReportAccess.objects.filter(assessment=assessment, subject__person__public_id__in=keys)
    openings = ReportOpening.objects.filter(access__in=rows)
    there = rows.exclude(until_at__lte=timezone.now())
    pairs = [
        there.values_list("person", "person__email_key", ABOUT),
        openings.values_list("person", "person__email_key", f"access__{ABOUT}").distinct(),
    ]
    if assessment.options.get("ReportApproval"):
        pairs += _approvers(there.filter(viewer=ReportAccess.Viewer.SUBJECT, approved_edition=None))
    found: defaultdict[int | str, set[str]] = defaultdict(set)
    for reader, mailbox, about in chain.from_iterable(pairs):
        found[reader].add(about)
        found[mailbox].add(about)
    return list({frozenset(about) for about in found.values()})


def _approvers(waiting: QuerySet[ReportAccess]) -> list[QuerySet[ReportAccess, Any]]:
    """Possible approvers: the directory's managers or, without one, evaluators in the relationship Manager."""
    above, rates = "subject__person__manager", "subject__evaluations__evaluator"
    no_manager = Q(**{above: None}) | Q(**{f"{above}__removed_at__isnull": False})
    as_manager = waiting.filter(no_manager, subject__evaluations__relationship=MANAGER)
    return [
        waiting.exclude(**{above: None}).values_list(above, f"{above}__email_key", ABOUT),
        as_manager.values_list(rates, f"{rates}__email_key", ABOUT),
    ]


def _editions(assessment: Assessment, keys: Collection[str]) -> list[Edition]:
    rows = Edition.objects.filter(series__assessment_key=assessment.public_id, series__person_key__in=keys)
    return list(rows.select_related("series").order_by("series", "-number").distinct("series"))


def _classes(editions: Mapping[int, Edition], statement: str) -> Mapping[int, list[AnswerClass]]:
    """The answer classes of a statement by other evaluators that the editions show, by series."""
    found: defaultdict[int, list[AnswerClass]] = defaultdict(list)
    hidden = {pk: {SELF, *each.frame.get("hidden", ()), *each.series.hidden} for pk, each in editions.items()}
    for one in AnswerClass.objects.filter(series__in=editions, question=statement).order_by("pk"):
        number = editions[one.series_id].number
        if one.since <= number and (one.gone is None or one.gone > number) and one.line not in hidden[one.series_id]:
            found[one.series_id].append(one)
    return found


def _shown(classes: Iterable[AnswerClass], policy: Policy) -> list[AnswerClass]:
    """The classes of a statement in cells that may be shown; empty if these have too few answers in total."""
    cells: defaultdict[str, list[AnswerClass]] = defaultdict(list)
    for one in classes:
        cells[one.line].append(one)
    found: list[AnswerClass] = []
    for line, inside in cells.items():
        size, given = sum(len(one.values) for one in inside), sum(one.given for one in inside)
        if size and may_stand(line, given=given, size=size, minimum=policy.min_group):
            found += inside
    return found if sum(len(one.values) for one in found) >= policy.min_group else []


def _mean(classes: Iterable[AnswerClass]) -> Fraction:
    scores = [making.restored(value) for one in classes for value in one.values]
    return Fraction(sum(scores), len(scores))


def _element(series: Series, classes: Iterable[AnswerClass]) -> Element:
    """The element of a subject's figure, identified by its answer classes: equal answers give an equal element."""
    made = ".".join(str(pk) for pk in sorted(one.pk for one in classes))
    return Element(series.person_key, sha256(f"{series.pk}:{made}".encode()).hexdigest()[:16])
