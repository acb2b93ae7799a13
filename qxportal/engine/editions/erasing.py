"""Forgets a rater by law: what ties him to his answers is gone at once; what was shown stays pooled, but for texts."""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from qxportal.engine.assessments.participants import withdraw_person
from qxportal.engine.models import (
    ActionPlan,
    ActionPlanShare,
    Answer,
    AnswerClass,
    Assessment,
    Evaluation,
    KeptResult,
    Person,
    PrintedLetter,
    Question,
    ReportAccess,
    ReportOpening,
)
from qxportal.engine.people import stored_reports


@dataclass(frozen=True, slots=True)
class Erased:
    """What an erasure did."""

    forms: int
    classes: int  # of texts, which leave with all others of their class


def erase(person: Person) -> Erased:
    """Delete the evaluations and the name of a rater; shown texts are removed with their answer classes.

    A text that left alone would name its author by its absence. Ratings stay in figures, without any tie to him.
    His own action plans go, and what others shared with him. Of reports that he read it is forgotten that he opened
    them, and what he wrote when he sent one back; of letters with a code, that any was printed for him. Stored PDFs go
    that he got, that are about him, or about those whom he rated.
    """
    with transaction.atomic(using="engine"):
        given = Evaluation.objects.filter(evaluator=person)
        held = Assessment.objects.select_for_update().filter(pk__in=given.values("assessment")).order_by("pk")
        assessments = list(held)
        texts = Answer.objects.filter(evaluation__in=given, question__kind=Question.Kind.TEXT, shown_in__isnull=False)
        classes = AnswerClass.objects.filter(pk__in=list(texts.values_list("shown_in", flat=True)), gone=None)
        number = classes.filter(leaving=False).update(leaving=True, values=[])
        forms = given.count()
        stored_reports.forget(Q(pk__in=list(given.values_list("subject", flat=True))))
        stored_reports.forget_readers(Q(pk=person.pk))
        given.delete()
        withdraw_person(person, assessments)
        ActionPlan.objects.filter(subject__person=person).delete()
        ActionPlanShare.objects.filter(person=person).delete()
        ReportOpening.objects.filter(person=person).delete()
        ReportAccess.objects.filter(decided_by=person).update(sent_back_because="")
        _forget_letters(person)
        now = timezone.now()
        ReportAccess.objects.filter(person=person).exclude(until_at__lte=now).update(until_at=now)
        person.first_name, person.last_name, person.metadata = "Erased", "Person", {}
        person.email = person.user_name = f"erased.{person.pk}@erased.invalid"
        person.unique_identifier, person.user, person.manager = "", None, None
        person.left_by = None
        person.removed_at = person.removed_at or timezone.now()
        person.save()
        return Erased(forms, number)


def _forget_letters(person: Person) -> None:
    """Delete the letters, and the name in what is kept of printing them."""
    PrintedLetter.objects.filter(person=person).delete()
    named = KeptResult.objects.filter(
        brand=person.org_structure.brand_id, result__Letters__contains=[{"PersonID": person.public_id}]
    )
    for kept in named.select_for_update():
        for row in (kept.result or {}).get("Letters", ()):
            if row["PersonID"] == person.public_id:
                row["FirstName"] = row["LastName"] = ""
        kept.save(update_fields=["result"])
