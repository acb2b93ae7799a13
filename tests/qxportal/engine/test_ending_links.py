"""Ending the links of a person by request: permissions and effects."""

import pytest
from django.db import transaction

from qxportal.engine.models import Person
from qxportal.engine.people import personal_links
from qxportal.engine.people.personal_links import LinkEndedError
from qxportal.engine.people.printed_letters import letter_of, print_letters


def _token(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def test_links_end_once_for_a_key_and_a_fresh_one_opens(engine, call):
    ben = engine.person("Ben", "Castle")
    mailed = _token(engine.run(personal_links.link_for, ben))

    first = call.result("qxEndLinks", PersonID=ben.public_id, IdempotencyKey="once")
    fresh = _token(engine.run(personal_links.link_for, ben))
    again = call.result("qxEndLinks", PersonID=ben.public_id, IdempotencyKey="once")

    assert first == again == call.result("qxGetLink", PersonID=ben.public_id)
    with pytest.raises(LinkEndedError):
        engine.run(personal_links.invited, mailed)
    assert engine.run(personal_links.invited, fresh).person == ben
    assert first["PrintedAt"] is None


def test_state_tells_when_a_letter_was_printed_last(engine, call):
    ben = engine.person("Ben", "Castle")
    review = engine.assessment("Review")

    def printed():
        with transaction.atomic(using="engine"):
            print_letters(review, [ben], key="letters")

    engine.run(printed)

    told = call.result("qxGetLink", PersonID=ben.public_id)

    assert told["PrintedAt"] == told["EndedAt"] is not None


def test_only_administrators_who_are_no_subjects_end_links(engine, call):
    ben = engine.person("Ben", "Castle")
    user, admin = engine.make_api_user("plain.user", brand_admin=False), engine.make_api_user("hanna.ott")
    engine.subject(engine.assessment("Another review"), engine.person("Hanna", "Ott", email=admin.user_name))

    for caller in (user, admin):
        for request in ("qxEndLinks", "qxGetLink"):
            assert call(request, user=caller, PersonID=ben.public_id).status_code == 403
    assert call.result("qxGetLink", PersonID=ben.public_id)["EndedAt"] is None


def _update_person(call, ben, email):
    call.result("updatePerson", PersonID=ben.public_id, Email=email)


def _import_person(call, ben, email):
    file = f"FirstName,LastName,Email,UniqueIdentifier\r\nBen,Castle,{email},{ben.public_id}\r\n"
    assert call.result("importPersons", FileContents=file, UseUniquePersonID=1)["Count"] == 1


def _update_user(call, ben, email):
    call.result("updateUser", UserID=ben.user.public_id, Email=email)


def _change_user_name(call, ben, email):
    call.result("changeUserName", OldUserName=ben.user.user_name, NewUserName=email, UserNameIsEmail=1)


@pytest.mark.parametrize("change", [_update_person, _import_person, _update_user, _change_user_name])
def test_links_to_an_earlier_address_end_with_it(engine, call, change):
    ben = _with_user(engine)
    mailed = _token(engine.run(personal_links.link_for, ben))
    others = _token(engine.run(personal_links.link_for, engine.person("Chloe", "Dunn")))

    change(call, ben, "ben.castle.2@marlstone.example")

    assert engine.refreshed(ben).email == "ben.castle.2@marlstone.example"
    with pytest.raises(LinkEndedError):
        engine.run(personal_links.invited, mailed)
    assert engine.run(personal_links.invited, _token(engine.run(personal_links.link_for, ben))).person == ben
    assert engine.run(personal_links.invited, others)


@pytest.mark.parametrize("change", [_update_person, _import_person, _update_user])
def test_links_stay_where_an_address_is_only_written_in_another_way(engine, call, change):
    ben = _with_user(engine)
    mailed = _token(engine.run(personal_links.link_for, ben))

    change(call, ben, ben.email.upper())

    assert engine.refreshed(ben).email == ben.email.upper()
    assert engine.run(personal_links.invited, mailed).person == ben


def test_codes_of_letters_stay_valid_with_another_address(engine, call):
    ben = engine.person("Ben", "Castle")
    review = engine.assessment("Review")

    def printed():
        with transaction.atomic(using="engine"):
            return [one.code for _time in range(2) for one in print_letters(review, [ben], key="letters")]

    earlier, code = engine.run(printed)

    _update_person(call, ben, "ben.castle.2@marlstone.example")

    assert engine.run(letter_of, code).person == ben
    with pytest.raises(LinkEndedError):
        engine.run(letter_of, earlier)


def _with_user(engine):
    ben, user = engine.person("Ben", "Castle"), engine.make_api_user("ben.castle", brand_admin=False)
    engine.run(Person.objects.filter(pk=ben.pk).update, user=user.row)
    return engine.run(Person.objects.select_related("user", "org_structure__brand").get, pk=ben.pk)
