"""Subjects choose their evaluators, managers approve them, and who is asked becomes known to nobody else."""

from datetime import timedelta

import pytest
import requests
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from qxportal.engine.assessments.participants import enlist
from qxportal.engine.assessments.relationship_labels import relationship_labels
from qxportal.engine.models import (
    Assessment,
    Brand,
    Evaluation,
    Mail,
    NominationList,
    Nominee,
    OutsideNominee,
    Participant,
    Person,
    Relationship,
)
from qxportal.engine.site.participation import choices
from tests.support.site_fixture import words

NOMINATE = {"SubjectsNominate": True, "NominationApproval": True, "MinimumEvaluators": 2}


@pytest.fixture
def managed(engine, round):
    """Anna has a manager, Mona, and colleagues whom she may choose."""
    mona = engine.person("Mona", "Quist")
    engine.run(Person.objects.filter(pk=round.anna.pk).update, manager=mona)
    _set(engine, round, **NOMINATE)
    return mona


def _set(engine, round, **options) -> None:
    engine.run(Assessment.objects.filter(pk=round.assessment.pk).update, options=options)


def _path(round) -> str:
    return f"/choose/{round.assessment.public_id}/{round.anna.public_id}/"


def _add(browser, round, person, **more) -> requests.Response:
    page = browser.get(f"{_path(round)}?q={person.last_name}")
    return browser.session.post(  # type: ignore[no-any-return]
        browser.url + _path(round),
        {**_token(page), "person": person.public_id, "step": "add", **more},
        headers={"Referer": page.url},
        timeout=30,
    )


def _press(browser, round, step: str, **more) -> requests.Response:
    page = browser.get(_path(round))
    return browser.session.post(  # type: ignore[no-any-return]
        browser.url + _path(round), {**_token(page), "step": step, **more}, headers={"Referer": page.url}, timeout=30
    )


def _token(page) -> dict[str, str]:
    return {"csrfmiddlewaretoken": page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]}


def _asked(engine, round) -> list[tuple[str, str]]:
    rows = Evaluation.objects.filter(subject=round.subject).exclude(evaluator=round.anna)
    return engine.run(lambda: sorted(rows.values_list("evaluator__first_name", "relationship")))  # type: ignore[no-any-return]


def test_a_subject_chooses_and_the_manager_approves(engine, round, managed, visitor):
    chiara, dev = engine.person("Chiara", "Rossi"), engine.person("Dev", "Patel")
    anna = visitor(round.anna)
    assert "Choose who gives you feedback" in words(anna.get("/tasks/"))
    assert "1 chosen, at least 2 are needed" in words(anna.get(_path(round)))
    for person in (chiara, dev):
        assert _add(anna, round, person).status_code == 200

    handed_in = _press(anna, round, "submit")

    assert "Mona Quist approves it next" in words(handed_in)
    assert _asked(engine, round) == [("Ben", "Peer")]
    mona = visitor(managed)
    assert "Approve who gives feedback on Anna Berger" in words(mona.get("/tasks/"))
    assert "Everybody on the list is asked" in words(_press(mona, round, "approve"))
    assert _asked(engine, round) == [("Ben", "Peer"), ("Chiara", "Peer"), ("Dev", "Peer")]
    assert "Anna Berger" in words(visitor(chiara).get("/tasks/"))


def test_a_list_comes_back_with_a_reason(engine, round, managed, visitor):
    chiara = engine.person("Chiara", "Rossi")
    anna, mona = visitor(round.anna), visitor(managed)
    _add(anna, round, chiara)
    _press(anna, round, "submit")
    refused = _press(mona, round, "send-back", reason="  ")
    assert refused.status_code == 422
    assert "Say why" in words(refused)

    _press(mona, round, "send-back", reason="Please add somebody from Sales.")

    assert "Please add somebody from Sales." in words(anna.get(_path(round)))
    assert engine.run(NominationList.objects.get).state == "SentBack"
    assert _asked(engine, round) == [("Ben", "Peer")]


def test_too_few_are_not_handed_in_and_too_many_not_added(engine, round, managed, visitor):
    _set(engine, round, SubjectsNominate=True, MinimumEvaluators=3, MaximumEvaluators=3)
    anna = visitor(round.anna)
    people = [engine.person(name, "Berg") for name in ("Ida", "Jon", "Kim")]
    _add(anna, round, people[0])
    short = _press(anna, round, "submit")
    assert short.status_code == 422
    assert "Choose at least 1 more person." in words(short)

    _add(anna, round, people[1])
    over = _add(anna, round, people[2])

    assert over.status_code == 422
    assert "At most 3 people can be chosen" in words(over)
    assert "Everybody on the list is asked" in words(_press(anna, round, "submit"))  # no approval is wanted
    assert len(_asked(engine, round)) == 3


def test_a_minimum_above_the_number_of_people_counts_as_that_number(engine, round, visitor):
    _set(engine, round, SubjectsNominate=True, MinimumEvaluators=50)
    anna = visitor(round.anna)
    chiara = engine.person("Chiara", "Rossi")
    _add(anna, round, chiara)

    assert "Everybody on the list is asked" in words(_press(anna, round, "submit"))


def test_the_relationship_is_the_directorys_unless_it_may_be_chosen(engine, round, managed, visitor):
    _set(engine, round, SubjectsNominate=True, MinimumEvaluators=1)
    anna = visitor(round.anna)
    _add(anna, round, managed, relationship="DirectReport")
    _press(anna, round, "submit")
    assert ("Mona", "Manager") in _asked(engine, round)

    _set(engine, round, SubjectsNominate=True, SubjectsChooseRelationship=True, MinimumEvaluators=1)
    engine.run(NominationList.objects.update, state="Open")
    chiara = engine.person("Chiara", "Rossi")
    assert _add(anna, round, chiara, relationship="Boss").status_code == 422
    _add(anna, round, chiara, relationship="DirectReport")
    _press(anna, round, "submit")
    assert ("Chiara", "DirectReport") in _asked(engine, round)


def test_managers_choose_where_the_assessment_says_so(engine, round, managed, visitor):
    _set(engine, round, ManagersChoose=True, MinimumEvaluators=1)
    chiara = engine.person("Chiara", "Rossi")
    assert visitor(round.anna).get(_path(round)).status_code == 404
    mona = visitor(managed)
    _add(mona, round, chiara)
    _press(mona, round, "submit")

    assert ("Chiara", "Peer") in _asked(engine, round)


def test_lists_of_others_are_unknown(engine, round, managed, visitor):
    ben, stranger = visitor(round.ben), visitor()

    assert ben.get(_path(round)).status_code == 404
    assert "/choose/" not in stranger.get(_path(round)).url
    assert _path(round) not in ben.get("/tasks/").text


def test_subjects_do_not_approve_their_own_list(engine, round, managed, visitor):
    chiara = engine.person("Chiara", "Rossi")
    anna = visitor(round.anna)
    _add(anna, round, chiara)
    _press(anna, round, "submit")

    assert _press(anna, round, "approve").status_code == 422
    assert _add(anna, round, engine.person("Dev", "Patel")).status_code == 422
    assert _asked(engine, round) == [("Ben", "Peer")]


def test_nothing_is_chosen_once_the_subject_is_done(engine, round, managed, visitor):
    anna = visitor(round.anna)
    engine.run(Participant.objects.filter(pk=round.subject.pk).update, status="Done")

    assert _add(anna, round, engine.person("Dev", "Patel")).status_code == 422


def test_feedback_unasked_shows_on_no_list(engine, round, managed, visitor):
    _set(engine, round, **NOMINATE, UnsolicitedEvaluations=True)
    chiara = engine.person("Chiara", "Rossi")
    engine.run(Participant.objects.create, assessment=round.assessment, person=chiara, is_subject=False)
    browser = visitor(chiara)
    page = browser.get("/give/?q=berger")
    task = browser.submit(page, {"subject": str(round.subject.pk)}, button="give")
    assert "/tasks/R_" in task.url

    given = engine.run(Evaluation.objects.get, evaluator=chiara)
    assert given.unsolicited
    anna = visitor(round.anna)
    assert "Chiara" not in words(anna.get(_path(round)))
    assert "1 chosen" in words(anna.get(_path(round)))
    _add(anna, round, chiara)
    _press(anna, round, "submit")
    _press(visitor(managed), round, "approve")
    assert not engine.refreshed(given).unsolicited


def test_unasked_feedback_needs_the_option_and_taking_part(engine, round, visitor):
    ben = visitor(round.ben)
    page = ben.get("/tasks/")
    assert "/give/" not in page.text
    answer = ben.session.post(
        ben.url + "/give/",
        {**_token(page), "subject": str(round.subject.pk)},
        headers={"Referer": page.url},
        timeout=30,
    )
    assert answer.status_code == 404


def test_subjects_see_one_number_and_only_of_enough_people(engine, round, visitor):
    _set(engine, round, CompletionVisible=True)
    anna = visitor(round.anna)
    assert "have finished" not in words(anna.get("/tasks/"))  # one person is asked

    for name in ("Ida", "Jon"):
        engine.evaluation(round.subject, engine.person(name, "Berg"), "Peer", "Completed")

    assert "2 of 3 people have finished." in words(anna.get("/tasks/"))
    assert "Ida" not in words(anna.get("/tasks/"))


def test_subjects_remind_all_who_are_open_every_three_days(engine, round, visitor):
    _set(engine, round, SubjectsRemind=True)
    assert "/remind/" not in visitor(round.anna).get("/tasks/").text  # while no mail leaves
    engine.run(Brand.objects.update, mail="on")
    engine.evaluation(round.subject, engine.person("Ida", "Berg"), "Peer", "Completed")
    anna = visitor(round.anna)
    page = anna.get("/tasks/")

    after = anna.submit(page, {}, action="remind")
    anna.submit(page, {}, action="remind")

    (mail,) = engine.run(lambda: list(Mail.objects.select_related("person")))
    assert (mail.kind, mail.person) == ("Reminder", round.ben)
    assert "Ben" not in words(after)
    engine.run(Participant.objects.update, reminded_at=timezone.now() - timedelta(days=3, minutes=1))
    anna.submit(anna.get("/tasks/"), {}, action="remind")
    assert engine.run(Mail.objects.count) == 2


def test_everyone_evaluates_everyone(engine, round, managed):
    def all_three() -> None:
        enlist(Assessment.objects.get(pk=round.assessment.pk), [managed, round.ben], subjects=True)

    _set(engine, round, RoundRobin=True)
    engine.run(all_three)

    rows = Evaluation.objects.filter(assessment=round.assessment).exclude(relationship="Self")
    pairs = engine.run(
        lambda: sorted(rows.values_list("subject__person__first_name", "evaluator__first_name", "relationship"))
    )
    assert pairs == [
        ("Anna", "Ben", "Peer"),
        ("Anna", "Mona", "Manager"),
        ("Ben", "Anna", "Peer"),
        ("Ben", "Mona", "Peer"),
        ("Mona", "Anna", "DirectReport"),
        ("Mona", "Ben", "Peer"),
    ]


OUTSIDE = {"first_name": "Zoe", "last_name": "Customer", "email": "zoe@customer.example"}


def test_who_shares_the_subjects_mailbox_is_not_chosen_by_the_subject(engine, round, managed, visitor):
    twin = engine.person("Ann", "Bergere")
    engine.run(_rename, twin, email=round.anna.email.upper(), user_name="ann.2")
    anna = visitor(round.anna)

    answer = _add(anna, round, twin)

    assert answer.status_code == 422
    assert "the same e-mail address as the person the feedback is about" in words(answer)
    assert engine.run(Nominee.objects.count) == 0


def test_somebody_from_outside_is_asked_once_the_list_is_approved(engine, round, managed, visitor):
    anna = visitor(round.anna)
    assert "Person from outside" in words(anna.get(_path(round)))

    wrong = _press(anna, round, "add-outside", **{**OUTSIDE, "email": "zoe at customer"})
    known = _press(anna, round, "add-outside", **{**OUTSIDE, "email": managed.email.upper()})
    added = _press(anna, round, "add-outside", **OUTSIDE)
    before = engine.run(Person.objects.filter(email="zoe@customer.example").count)
    _press(anna, round, "submit")

    assert (wrong.status_code, known.status_code, added.status_code, before) == (422, 422, 200, 0)
    assert "A person in the directory has this address" in words(known)
    assert "Zoe Customer" in words(added)
    assert _asked(engine, round) == [("Ben", "Peer")]
    _press(visitor(managed), round, "approve")
    assert _asked(engine, round) == [("Ben", "Peer"), ("Zoe", "Peer")]
    made = engine.run(Person.objects.get, email="zoe@customer.example")
    assert (made.external, made.org_structure_id) == (True, managed.org_structure_id)
    assert engine.run(OutsideNominee.objects.count) == 0


@pytest.mark.parametrize("own", ["email", "user_name"])
def test_subjects_do_not_get_onto_their_own_list_from_outside(engine, round, managed, visitor, own):
    engine.run(_rename, round.anna, email="anna@marlstone.example", user_name="a.berger@marlstone.example")
    anna = visitor(engine.refreshed(round.anna))
    address = getattr(engine.refreshed(round.anna), own)

    answer = _press(anna, round, "add-outside", **{**OUTSIDE, "email": address.upper()})

    assert answer.status_code == 422
    assert "This address belongs to the person the feedback is about." in words(answer)
    assert engine.run(OutsideNominee.objects.count) == 0


def test_who_has_an_address_by_the_time_of_approval_is_asked_and_never_the_subject(engine, round, managed, visitor):
    anna = visitor(round.anna)
    for name in ("zoe", "dora"):
        _press(anna, round, "add-outside", **{**OUTSIDE, "email": f"{name}@customer.example"})
    _press(anna, round, "submit")
    dora = engine.person("Dora", "Keel")
    engine.run(_rename, dora, email=dora.email, user_name="dora@customer.example")
    engine.run(_rename, round.anna, email="zoe@customer.example", user_name="zoe@customer.example")
    people = engine.run(Person.objects.count)

    answer = _press(visitor(managed), round, "approve")

    assert answer.status_code == 200
    assert _asked(engine, round) == [("Ben", "Peer"), ("Dora", "Peer")]
    assert engine.run(Person.objects.count) == people
    assert engine.run(OutsideNominee.objects.count) == 0


def _rename(person, **names) -> None:
    for name, value in names.items():
        setattr(person, name, value)
    person.save(update_fields=[*names, *(f"{name}_key" for name in names)])


def test_somebody_from_outside_can_be_taken_off_and_counts_until_then(engine, round, managed, visitor):
    _set(engine, round, **{**NOMINATE, "MaximumEvaluators": 2})
    anna = visitor(round.anna)
    _press(anna, round, "add-outside", **OUTSIDE)

    over = _press(anna, round, "add-outside", **{**OUTSIDE, "email": "other@customer.example"})
    number = engine.run(OutsideNominee.objects.get).pk
    _press(anna, round, "remove-outside", number=str(number))

    assert "At most 2 people can be chosen" in words(over)
    assert engine.run(OutsideNominee.objects.count) == 0


def test_nobody_from_outside_is_chosen_where_no_list_is_approved(engine, round, managed, visitor):
    _set(engine, round, SubjectsNominate=True, MinimumEvaluators=1)
    anna = visitor(round.anna)

    assert "Person from outside" not in words(anna.get(_path(round)))
    assert _press(anna, round, "add-outside", **OUTSIDE).status_code == 422
    assert engine.run(OutsideNominee.objects.count) == 0


@pytest.mark.parametrize("number", [1, 12])
def test_lists_of_a_manager_take_as_many_queries_for_many_subjects(engine, round, managed, number):
    people = [engine.person(f"Ida {one}", "Berg") for one in range(number - 1)]
    engine.run(Person.objects.filter(pk__in=[one.pk for one in people]).update, manager=managed)
    subjects = [round.subject, *(engine.subject(round.assessment, one) for one in people)]
    lists = [NominationList(brand=engine.brand, assessment=round.assessment, subject=one) for one in subjects]
    engine.run(NominationList.objects.bulk_create, lists)

    def count() -> int:
        with CaptureQueriesContext(connections["engine"]) as queries:
            assert len(choices(managed)) == number
        return len(queries)

    assert engine.run(count) == 6  # subjects, lists, nominees, those from outside, who was asked, the directory


@pytest.mark.parametrize("number", [1, 6])
def test_labels_of_relationships_take_one_query_however_many(engine, round, number):
    names = [f"Customer {one}" for one in range(number)]
    own = [Relationship(assessment=round.assessment, name=one, translations={"EN": f"{one}!"}) for one in names]
    engine.run(Relationship.objects.bulk_create, own)

    def labels() -> tuple[dict[str, str], int]:
        with CaptureQueriesContext(connections["engine"]) as queries, translation.override("en"):
            found = relationship_labels(round.assessment, ["Peer", *names, "Unknown"])
        return found, len(queries)

    shown = {"Peer": "Colleague", **{one: f"{one}!" for one in names}, "Unknown": "Unknown"}
    assert engine.run(labels) == (shown, 1)
