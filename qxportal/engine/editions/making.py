"""Makes editions: the only transaction that publishes a subject's figures."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from django.db import connections, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from qxportal.engine.assessments.report_groups import group_names
from qxportal.engine.editions import comparing, fence, thresholds
from qxportal.engine.editions.plan import Joining, Plan, plan
from qxportal.engine.editions.subject_answers import SubjectAnswers, questions, read
from qxportal.engine.editions.voices import voice
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.models import AnswerClass, Assessment, Edition, EditionFence, Participant, Question, Series, Voice
from qxportal.engine.reports.types import Policy
from qxportal.threesixty.relationships import MINIMUM_FOR_SPREAD

NOT_YET = (
    "There are no figures of this subject yet: they are made when the subject is Done, "
    "or the assessment is closed with its reports made ready."
)


@dataclass(frozen=True)
class LastGiven:
    """A subject's last edition; `leaving`: whether it shows classes that the next one must not show."""

    edition: Edition
    leaving: bool


def current(assessment: Assessment, subject: Participant) -> Edition:
    """The edition to give now: a new one if something has to leave, or the round is over and there is something new.

    Otherwise it is the last one. It is committed when this returns, so it counts as given even if the response is
    lost. Raises Conflict if there is no edition.
    """
    made: EditionFence | None = None
    with transaction.atomic(using="engine", durable=True):
        series, assessment, subject = _hold(assessment, subject)
        found = last(series)
        if over(assessment, subject) or (found and leaves(series, found, assessment)):
            new = _next(series, assessment, subject, found)
            if new is not None:
                found, made = new
    if made is not None:
        fence.tell(made)
    if found is None:
        raise Conflict("ETS4", NOT_YET)
    return found


def take_over(assessment: Assessment, subject: Participant) -> bool:
    """Make the present state the first edition, in any status of the subject; True if there was none before."""
    made: EditionFence | None = None
    with transaction.atomic(using="engine"):
        series, assessment, subject = _hold(assessment, subject)
        if last(series) is None:
            new = _next(series, assessment, subject, None, whatever=True)
            made = new[1] if new else None
    if made is not None:
        fence.tell(made)
    return made is not None


def over(assessment: Assessment, subject: Participant) -> bool:
    """Whether the subject's round is over: Done, or the assessment is closed with its reports ready."""
    closed = assessment.status == Assessment.Status.CLOSED and subject.report_ready
    return subject.status == Participant.Status.DONE or closed


def last(series: Series) -> Edition | None:
    """The series' last edition."""
    return series.editions.order_by("-number").first()


def last_given(assessment: Assessment, subject: Participant) -> LastGiven | None:
    """A subject's last edition with its series."""
    keys = {"series__assessment_key": assessment.public_id, "series__person_key": subject.person.public_id}
    leaving = Exists(AnswerClass.objects.filter(series=OuterRef("series"), leaving=True, gone=None))
    found = Edition.objects.select_related("series").filter(**keys).annotate(leaving=leaving)
    last = found.order_by("-number").first()
    return LastGiven(last, last.leaving) if last else None


def series_of(assessment: Assessment, subject: Participant) -> Series:
    """The subject's series, created if missing."""
    found, _made = Series.objects.get_or_create(
        assessment_key=assessment.public_id, person_key=subject.person.public_id
    )
    return found


def known_series(assessment: Assessment, subject: Participant) -> Series:
    """The subject's series, or an unsaved one if there is none."""
    keys = {"assessment_key": assessment.public_id, "person_key": subject.person.public_id}
    return Series.objects.filter(**keys).first() or Series(**keys)


def leaves(series: Series, edition: Edition, assessment: Assessment) -> bool:
    """Whether a class or line of the last edition may no longer be shown, or a minimum was raised."""
    return frame_is_past(series, edition, assessment) or series.classes.filter(leaving=True, gone=None).exists()


def frame_is_past(series: Series, edition: Edition, assessment: Assessment) -> bool:
    """Whether a line was hidden or a minimum was raised since the edition was made."""
    if policy_of(series, assessment).asks_more_than(framed(edition)):
        return True
    return set(series.hidden) != set(edition.frame.get("hidden", ()))


def differs(series: Series, edition: Edition, assessment: Assessment, subject: Participant) -> bool:
    """Whether a new edition would show less than the last one, or have another comparison."""
    return leaves(series, edition, assessment) or comparing.changed(edition, assessment, subject.person)


def policy_of(series: Series, assessment: Assessment) -> Policy:
    """The highest minimums since the assessment was activated."""
    held = Policy(min_group=series.minimum, min_comments=series.minimum_comments, spread_min=series.minimum_spread)
    return held.or_stricter(thresholds.of(assessment))


def framed(edition: Edition) -> Policy:
    """The minimums under which an edition was made; early editions stored only `minimum`."""
    frame = edition.frame
    return Policy().or_stricter(
        Policy(
            min_group=frame["minimum"],
            min_comments=frame.get("minimum_comments", frame["minimum"]),
            spread_min=frame.get("minimum_spread", max(MINIMUM_FOR_SPREAD, frame["minimum"])),
        )
    )


def planned(
    series: Series, assessment: Assessment, subject: Participant, reading: SubjectAnswers, asked: Mapping[int, Question]
) -> Plan:
    """What an edition made now would show for the first time."""
    stored = series.pk is not None
    voices = list(series.voices.all()) if stored else []
    first = not (stored and series.classes.exists())
    policy, groups = policy_of(series, assessment), group_names(assessment)
    return plan(subject, series, reading, asked, voices, policy=policy, first=first, groups=groups)


def _hold(assessment: Assessment, subject: Participant) -> tuple[Series, Assessment, Participant]:
    """Reload and lock the rows; answering and removing people wait for these locks, and the other way round."""
    assessments = Assessment.objects.select_for_update(of=("self",)).select_related("survey", "brand")
    there = assessments.filter(pk=assessment.pk).first()
    if there is None:  # it was deleted meanwhile
        raise Invalid("ThreeSixtyID", "There is no such assessment.")
    subjects = Participant.objects.select_for_update(of=("self",)).select_related("person__manager")
    subject = subjects.get(pk=subject.pk)
    series = series_of(there, subject)
    return Series.objects.select_for_update().get(pk=series.pk), there, subject


def _next(
    series: Series, assessment: Assessment, subject: Participant, found: Edition | None, *, whatever: bool = False
) -> tuple[Edition, EditionFence] | None:
    """Make the next edition; None if nothing joins or leaves and there was one before."""
    asked = questions(assessment)
    reading = read(assessment, [subject], asked).get(subject.pk, SubjectAnswers())
    made = planned(series, assessment, subject, reading, asked)
    joining = made.joining if whatever or over(assessment, subject) else []
    if found is not None and not joining and not differs(series, found, assessment, subject):
        return None
    counted = fence.count_one()
    edition = Edition.objects.create(
        series=series,
        number=found.number + 1 if found else 1,
        made_at=timezone.now(),
        frame=_frame(series, assessment, subject, reading, made)
        | _raters(
            series, found, reading, joining, {one.public_id for one in asked.values() if one.kind == Question.Kind.TEXT}
        ),
    )
    series.classes.filter(leaving=True, gone=None).update(gone=edition.number, values=[])
    _join(series, edition, joining)
    _remember(series, made, joining)
    policy = policy_of(series, assessment)
    series.minimum, series.minimum_comments = policy.min_group, policy.min_comments
    series.minimum_spread = policy.spread_min
    series.save(update_fields=["minimum", "minimum_comments", "minimum_spread"])
    return edition, counted


def _join(series: Series, edition: Edition, joining: Iterable[Joining]) -> None:
    """Store the joining answers as classes, and each answer's class in `shown_in`."""
    joining = list(joining)
    classes = AnswerClass.objects.bulk_create(
        [
            AnswerClass(
                series=series,
                question=each.question,
                line=each.line,
                since=edition.number,
                size=len(each.said),
                given=each.given,
                values=sorted((stored(one.value) for one in each.said), key=str),
                lines=list(each.lines),
            )
            for each in joining
        ],
        batch_size=500,
    )
    pairs = [(one.pk, row.pk) for row, each in zip(classes, joining, strict=True) for one in each.said]
    with connections["engine"].cursor() as cursor:
        cursor.execute(
            """UPDATE engine_answer AS answer SET shown_in_id = pair.class
               FROM unnest(%s::bigint[], %s::bigint[]) AS pair (answer, class) WHERE answer.id = pair.answer""",
            [[answer for answer, _ in pairs], [row for _, row in pairs]],
        )


def _remember(series: Series, made: Plan, joining: Iterable[Joining]) -> None:
    """Record the voices of newly shown evaluations: other evaluations by the same persons do not count again."""
    spoke = {one.form for each in joining for one in each.said}
    known = set(series.voices.values_list("form", flat=True))
    new = [made.speakers[form] for form in sorted(spoke) if made.speakers[form].form not in known]
    Voice.objects.bulk_create([voice(series, speaker) for speaker in new])


def _frame(
    series: Series, assessment: Assessment, subject: Participant, reading: SubjectAnswers, made: Plan
) -> dict[str, Any]:
    """An edition's facts other than cells: relationships asked, dates, minimums, hidden lines, comparison."""
    ended = subject.done_at or assessment.closed_at
    policy = policy_of(series, assessment)
    return {
        "asked": reading.asked,
        "manager": made.manager.known,
        "opened": assessment.activated_at.isoformat() if assessment.activated_at else None,
        "closed": ended.isoformat() if ended else None,
        "minimum": policy.min_group,
        "minimum_comments": policy.min_comments,
        "minimum_spread": policy.spread_min,
        "hidden": sorted(series.hidden),
        "earlier": comparing.frame(assessment, subject.person),
    }


def _raters(
    series: Series, found: Edition | None, reading: SubjectAnswers, joining: Iterable[Joining], texts: set[str]
) -> dict[str, dict[str, int]]:
    """Numbers of raters in each line, and of those among them who were not asked."""
    unasked = {form.pk for form in reading.forms if form.unasked}
    lines = {one.pk: one.line for one in series.classes.filter(gone=None).exclude(question__in=texts)}
    there = {(lines[one.shown_in], one.form) for one in reading.said if one.shown_in in lines}
    new = {(each.line, one.form) for each in joining if each.question not in texts for one in each.said} - there
    before = found.frame if found else {"raters": {}, "unasked": {}}
    if series.classes.filter(leaving=True, gone=None).exists():  # the remaining raters follow from the figures alone
        before = {"raters": {}, "unasked": before["unasked"]}
    return {
        name: {
            line: before[name].get(line, 0) + sum(form in counted for each, form in new if each == line)
            for line in {*before[name], *(each for each, _form in new)}
        }
        for name, counted in (("raters", {form.pk for form in reading.forms}), ("unasked", unasked))
    }


def stored(value: object) -> int | str:
    """A scale point or text as JSON for an answer class."""
    return value if isinstance(value, int) else str(value)


def restored(value: int | str) -> int | Fraction:
    """The scale point from an answer class's JSON."""
    return value if isinstance(value, int) else Fraction(value)
