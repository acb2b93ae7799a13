"""Our own requests about lists of evaluators: group `nominations`."""

import json
from typing import Any

from qxportal.engine.models import Assessment, Evaluation, NominationList, OutsideNominee
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview


def _subject(sample: SampleReview) -> Parameters:
    sample.run(
        Assessment.objects.filter(pk=sample.assessment.pk).update,
        options={"SubjectsNominate": True, "NominationApproval": True, "MinimumEvaluators": 1},
        status="Active",
    )
    return {**named(sample), "SubjectID": sample.subject.person.public_id}


def _key(sample: SampleReview) -> Parameters:
    return {"IdempotencyKey": f"nominations-{sample.number}"}


def _list(sample: SampleReview) -> Parameters:
    someone = sample.engine.person("Nora", f"Lind{sample.number}")
    nominees = [{"PersonID": someone.public_id, "Relationship": "Customer"}]
    return {**_subject(sample), "Nominees": json.dumps(nominees)}


def _full(sample: SampleReview) -> Parameters:
    """Two external people are on the list, and one of them is removed."""
    there = {"brand": sample.engine.brand, "assessment": sample.assessment, "subject": sample.subject}
    listed = sample.run(NominationList.objects.create, **there)
    for name in ("zoe", "yan"):
        said = {"first_name": name.title(), "last_name": "Customer", "email": f"{name}@customer.example"}
        sample.run(OutsideNominee.objects.create, brand=sample.engine.brand, list=listed, relationship="Peer", **said)
    return {**_key(sample), "WithoutOutside": json.dumps(["ZOE@customer.example"])}


def _is_listed(sample: SampleReview, sent: Parameters, result: Any) -> None:
    listed = sample.run(NominationList.objects.get, subject__person__public_id=sent["SubjectID"])
    (wanted,) = json.loads(sent["Nominees"])
    (nominee,) = sample.run(lambda: list(listed.nominees.select_related("person")))
    assert (nominee.person.public_id, nominee.relationship) == (wanted["PersonID"], "Customer")
    assert not sample.run(Evaluation.objects.filter(evaluator=nominee.person).exists)
    assert sample.run(lambda: [one.email for one in listed.outside.all()]) == ["yan@customer.example"]


def _handed_in(sample: SampleReview) -> Parameters:
    sent = _subject(sample)
    sample.run(
        NominationList.objects.create,
        brand=sample.engine.brand,
        assessment=sample.assessment,
        subject=sample.subject,
        state="Submitted",
    )
    return {**sent, "Decision": "SendBack", "Reason": "Please add somebody from Sales."}


def _is_sent_back(sample: SampleReview, sent: Parameters, result: Any) -> None:
    listed = sample.run(NominationList.objects.get, subject__person__public_id=sent["SubjectID"])
    assert (listed.state, listed.reason) == ("SentBack", sent["Reason"])


CASES = {
    "qxDecideNominations": Case(
        required=lambda sample: {**_subject(sample), "Decision": "Submit"},
        full=lambda sample: {**_handed_in(sample), **_key(sample)},
        state=_is_sent_back,
    ),
    "qxGetNominations": Case(required=named, full=lambda sample: {"SubjectID": sample.subject.person.public_id}),
    "qxSetNominations": Case(required=_list, full=_full, state=_is_listed),
}
