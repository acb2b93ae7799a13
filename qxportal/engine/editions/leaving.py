"""HR's changes to shown answers: removing whole classes or hiding a line, both permanent."""

from collections.abc import Iterable

from django.db.models import Q, Sum

from qxportal.engine.editions.subject_answers import questions
from qxportal.engine.editions.voices import Speaker, voice
from qxportal.engine.models import Answer, AnswerClass, Assessment, Evaluation, Series
from qxportal.engine.people import stored_reports


def take_out(series: Series, assessment: Assessment, forms: Iterable[Evaluation]) -> tuple[int, int]:
    """Mark the classes with these evaluations' shown answers for removal, and delete their other answers.

    The next edition shows neither. Returns the numbers of classes and of answers in them.
    """
    known = {one.form: one for one in series.voices.all()}
    forms = [form for form in forms if not (form.public_id in known and known[form.public_id].taken_out)]
    answers = Answer.objects.filter(evaluation__in=forms, question__in=questions(assessment))
    shown = list(answers.filter(shown_in__isnull=False).values_list("shown_in", flat=True))
    classes = AnswerClass.objects.filter(series=series, gone=None, leaving=False, pk__in=shown)
    number, inside = classes.count(), classes.aggregate(all=Sum("size"))["all"] or 0
    classes.update(leaving=True)
    for form in forms:
        spoken = known.get(form.public_id) or voice(series, Speaker.of(form.public_id, form.evaluator))
        spoken.taken_out = True
        spoken.save()
    _forget_stored(series)
    return number, inside + answers.count() - len(shown)


def hide(series: Series, lines: Iterable[str]) -> None:
    """Hide these lines from the next edition on, permanently."""
    series.hidden = sorted({*series.hidden, *lines})
    series.save(update_fields=["hidden"])
    _forget_stored(series)


def _forget_stored(series: Series) -> None:
    stored_reports.forget(Q(assessment__public_id=series.assessment_key, person__public_id=series.person_key))
