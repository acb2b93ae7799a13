"""Legal erasure of a rater: every link to the answers is deleted at once; shown ratings stay pooled, texts do not."""

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
    """Result of an erasure: numbers of evaluations and of answer classes removed."""

    forms: int
    classes: int  # of texts; a class is removed as a whole


def erase(person: Person) -> Erased:
    """Delete a rater's evaluations and name; shown texts are removed with their answer classes.

    A text removed alone would reveal its author by its absence. Ratings stay in figures, without a link to the rater.
    Also deleted: the person's own action plans, shares of other people's plans, openings of reports, reasons for
    sending a report back, printed letters, and stored PDFs that the person received or whose subject is the person or
    was rated by the person.
    """
    with transaction.atomic(using="engine"):
        given = Evaluation.objects.filter(evaluator=person)
        held = Assessment.objects.select_for_update().filter(pk__in=given.values("assessment")).order_by("pk")
        assessments = list(held)
        shown = Answer.objects.filter(evaluation__in=given, shown_in__isnull=False)
        texts = shown.exclude(question__kind=Question.Kind.RATING)  # lists of drill-downs were open questions once
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
    """Delete a person's letters, and the name in the stored results of printing them."""
    PrintedLetter.objects.filter(person=person).delete()
    named = KeptResult.objects.filter(
        brand=person.org_structure.brand_id, result__Letters__contains=[{"PersonID": person.public_id}]
    )
    for kept in named.select_for_update():
        for row in (kept.result or {}).get("Letters", ()):
            if row["PersonID"] == person.public_id:
                row["FirstName"] = row["LastName"] = ""
        kept.save(update_fields=["result"])
