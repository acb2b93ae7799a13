"""What becomes of the mirror when the survey service carries out the changes of an import of evaluators.

It follows the engine: imports ask, and change relationships that are listed; what has begun is not removed.
"""

from collections.abc import Collection

from django.utils import timezone

from assessments.imports import import_call
from assessments.models import Assessment, Evaluation, Subject
from directory.models import Person
from qxportal.ledger.models import Change
from qxportal.ledger.outbox.ignored_rows import FIRST
from qxportal.ledger.outbox.transitions import transition
from qxportal.threesixty.csv import read_csv
from tests.support.mirrored_rows import evaluations, subjects

Pair = tuple[str, str]  # addresses of the subject and the evaluator


def standing(review: Assessment) -> dict[Pair, tuple[str, str]]:
    """Relationship and state of each evaluation that is listed."""
    rows = Evaluation.objects.filter(assessment=review, gone_at=None, missing_since=None, subject__gone_at=None)
    told = rows.select_related("subject")
    return {(one.subject.email, one.evaluator_email): (one.relationship, one.status) for one in told if one.subject}


def listed_subjects(review: Assessment) -> set[str]:
    """The addresses of the subjects."""
    return set(Subject.objects.filter(assessment=review, gone_at=None).values_list("email", flat=True))


def carry_out(review: Assessment, left: Collection[Pair] = ()) -> None:
    """Carry out every change that waits, in order; rows of imports about `left` are not imported."""
    while (change := Change.objects.filter(state=Change.State.PENDING).order_by("number").first()) is not None:
        if change.depends_on is not None:
            assert change.depends_on.state == Change.State.DONE
        _do(review, change, left)


def ask(review: Assessment, subject: Subject, email: str, relationship: str, status: str = "NotStarted") -> None:
    """The person with the address evaluates the subject in this relationship from now on."""
    about = Evaluation.objects.filter(assessment=review, subject_key=subject.vendor_id, evaluator_email=email)
    if about.filter(gone_at=None, missing_since=None, relationship=relationship).exists():
        return
    about.delete()
    evaluations(subject, [Person.objects.get(email=email)], relationship, status)


def _do(review: Assessment, change: Change, left: Collection[Pair]) -> None:
    if change.request == "importPersons":
        _import(review, change, left)
        return
    kept, now = change.parameters, timezone.now()
    done = Change.State.DONE
    if change.request == "createPerson":
        names = {name: kept[name] for name in ("first_name", "last_name", "email")}
        Person.objects.create(org=review.org, vendor_id=kept["person_id"], seen_at=now, **names)
    elif change.request == "addPerson":
        subjects(review, [Person.objects.get(vendor_id=kept["person_id"])])
    elif change.request == "removePerson":
        Subject.objects.filter(assessment=review, vendor_id=kept["person_id"]).delete()
    else:
        row = Evaluation.objects.filter(
            assessment=review, subject_key=kept["subject_id"], evaluator_key=kept["person_id"], gone_at=None
        ).get(missing_since=None)
        begun = row.status in ("InProgress", "Completed")
        if begun and kept.get("relationship", "Manager") == "Manager":
            done = Change.State.REFUSED
        elif change.request == "qxRemoveEvaluator":
            row.delete()
        else:
            assert change.request == "qxChangeRelationship" and row.subject is not None
            ask(review, row.subject, row.evaluator_email, kept["relationship"], row.status)
    transition(change, done, sent_at=now)


def _import(review: Assessment, change: Change, left: Collection[Pair]) -> None:
    call, ignored = import_call(change), []
    rows = read_csv(call.file_contents.encode(), ())
    if "manageremail" in rows[0]:
        transition(change, Change.State.DONE, sent_at=timezone.now())
        return
    if call.clear_relationships:
        going = Evaluation.objects.filter(assessment=review, status="NotStarted")
        going.exclude(relationship="Self").delete()
    for place, row in enumerate(rows, FIRST):
        subject = Subject.objects.filter(assessment=review, vendor_id=row["subjectuniqueidentifier"]).first()
        if subject is None or (row["subjectemail"], row["email"]) in left:
            ignored.append({"row": place, "reason": "This row is not clear."})
            continue
        people = Person.objects.filter(org=review.org, email=row["email"])
        if not people.exists():
            number = f"P_NEW{Person.objects.count():012}"
            names = {"first_name": row["firstname"], "last_name": row["lastname"]}
            Person.objects.create(org=review.org, vendor_id=number, email=row["email"], seen_at=timezone.now(), **names)
        ask(review, subject, row["email"], row["relationship"])
    result = {"ignored": ignored, "ignored_count": len(ignored)} if ignored else {}
    transition(change, Change.State.DONE, sent_at=timezone.now(), result=result)
