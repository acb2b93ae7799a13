"""Letters with a code: who may print them, what they end, and that a code is told once and kept nowhere."""

import re
from typing import Any

import pytest
from django.apps import apps

from qxportal.engine.editions.erasing import erase
from qxportal.engine.models import KeptResult, Person, PrintedLetter
from qxportal.engine.people import personal_links, printed_letters
from qxportal.engine.people.personal_links import LinkEndedError
from tests.qxportal.engine.conftest import Caller

CODE = re.compile(r"[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){2}")


@pytest.fixture
def review(engine):
    anna, ben = engine.person("Anna", "Berger"), engine.person("Ben", "Castle", metadata={"Language": "DE"})
    assessment = engine.assessment("Leadership 360 spring", status="Active")
    engine.evaluation(engine.subject(assessment, anna), ben, "Peer")
    return assessment, ben, anna


def _print(call: Caller, review: Any, *people: Person, **given: str) -> Any:
    assessment, ben, _anna = review
    named = ",".join(one.public_id for one in people or (ben,))
    return call.result("qxPrintLetters", ThreeSixtyID=assessment.public_id, PersonIDs=named, **given)


def test_each_person_gets_a_code_with_what_the_letter_says(engine, review, call):
    told = _print(call, review, review[1], review[2])

    assert [(one["FirstName"], one["Language"]) for one in told["Letters"]] == [("Ben", "DE"), ("Anna", "EN")]
    codes = [one["Code"] for one in told["Letters"]]
    assert all(CODE.fullmatch(code) for code in codes)
    assert len(set(codes)) == 2
    assert (told["Organization"], told["TimeZone"]) == (engine.brand.title, engine.brand.zone.key)
    found = engine.run(printed_letters.letter_of, codes[0].lower().replace("-", " "))
    assert found.person == review[1]


def test_a_code_stands_in_no_row_of_the_database(engine, review, call):
    code = _print(call, review, IdempotencyKey="letters-1")["Letters"][0]["Code"]

    def everything() -> str:
        return str([list(one._default_manager.values()) for one in apps.get_app_config("engine").get_models()])

    rows = engine.run(everything)
    assert code not in rows
    assert code.replace("-", "") not in rows
    assert engine.run(KeptResult.objects.count) == 1


def test_the_same_key_prints_once_and_tells_the_codes_once(engine, review, call):
    first = _print(call, review, IdempotencyKey="letters-1")
    again = _print(call, review, IdempotencyKey="letters-1")

    assert [one["Code"] for one in again["Letters"]] == [""]
    assert again["Letters"][0] | {"Code": first["Letters"][0]["Code"]} == first["Letters"][0]
    assert engine.run(PrintedLetter.objects.count) == 1
    assert engine.run(printed_letters.letter_of, first["Letters"][0]["Code"]).key == "letters-1"


def test_an_erased_person_leaves_no_letter_and_no_name(engine, review, call):
    _assessment, ben, anna = review
    code = _print(call, review, ben, anna, IdempotencyKey="letters-1")["Letters"][0]["Code"]

    engine.run(erase, ben)

    assert [one.person_id for one in engine.run(lambda: list(PrintedLetter.objects.all()))] == [anna.pk]
    with pytest.raises(LinkEndedError):
        engine.run(printed_letters.letter_of, code)
    again = _print(call, review, ben, anna, IdempotencyKey="letters-1")["Letters"]
    assert [(one["PersonID"], one["LastName"]) for one in again] == [(ben.public_id, ""), (anna.public_id, "Berger")]


@pytest.mark.parametrize("how", ["newer letter", "links ended", "left"])
def test_a_code_ends_with_all_that_ends_links(engine, review, call, how):
    _assessment, ben, anna = review
    code = _print(call, review)["Letters"][0]["Code"]
    _print(call, review, anna)  # another person's letter changes nothing
    assert engine.run(printed_letters.letter_of, code).person == ben
    if how == "newer letter":
        _print(call, review)
    elif how == "links ended":
        engine.run(personal_links.end_links, ben)
    else:
        engine.run(Person.objects.filter(pk=ben.pk).update, removed_at=ben.created_at)

    with pytest.raises(LinkEndedError):
        engine.run(printed_letters.letter_of, code)


def test_a_code_expires_like_a_link(engine, review, call):
    code = _print(call, review)["Letters"][0]["Code"]
    old = engine.run(PrintedLetter.objects.get).printed_at - personal_links.LASTS
    engine.run(PrintedLetter.objects.update, printed_at=old)

    with pytest.raises(LinkEndedError):
        engine.run(printed_letters.letter_of, code)


def test_a_letter_ends_earlier_links(engine, review, call):
    link = engine.run(personal_links.link_for, review[1]).rstrip("/").rpartition("/")[2]
    assert engine.run(personal_links.invited, link).person == review[1]

    _print(call, review)

    with pytest.raises(LinkEndedError):
        engine.run(personal_links.invited, link)


def test_letters_are_for_people_of_the_assessment(engine, review, call):
    assessment, ben, _anna = review
    outside = engine.person("Carla", "Dunn")
    theirs = engine.person("Dirk", "Egger", brand=engine.make_brand("fennmoor", "Fennmoor"))

    for other in (outside, theirs):
        ids = f"{ben.public_id},{other.public_id}"
        found = call.refused("qxPrintLetters", ThreeSixtyID=assessment.public_id, PersonIDs=ids)
        assert found == (400, "ESRV35|PersonIDs")
    assert engine.run(PrintedLetter.objects.count) == 0


@pytest.mark.parametrize("who", ["a subject elsewhere", "an owner"])
def test_a_letter_opens_too_much_for_some(engine, review, call, who):
    """Who is a subject could come in as a rater of their own, and an owner into assessments of others."""
    assessment, ben, anna = review
    user = engine.make_api_user("hanna.ott", brand_admin=who != "an owner")
    if who == "an owner":
        assessment = engine.assessment("Own review", owner=user, status="Active")
        engine.evaluation(engine.subject(assessment, anna), ben, "Peer")
    else:
        other = engine.assessment("Another review")
        engine.subject(other, engine.person("Hanna", "Ott", email=user.user_name))

    answer = call("qxPrintLetters", user=user, ThreeSixtyID=assessment.public_id, PersonIDs=ben.public_id)

    assert answer.status_code == 403, answer.text
    assert engine.run(PrintedLetter.objects.count) == 0


def test_brand_tells_whether_letters_are_printed_for_the_user(engine, review, call):
    user = engine.make_api_user("hanna.ott")
    assert call.result("qxGetBrand", user=user)["PrintsLetters"]
    other = engine.assessment("Another review")
    engine.subject(other, engine.person("Hanna", "Ott", email=user.user_name))

    assert not call.result("qxGetBrand", user=user)["PrintsLetters"]


def test_who_was_a_subject_of_a_closed_assessment_prints(engine, review, call):
    assessment, ben, _anna = review
    user = engine.make_api_user("hanna.ott")
    other = engine.assessment("Another review", status="Closed")
    engine.subject(other, engine.person("Hanna", "Ott", email=user.user_name))

    given = {"ThreeSixtyID": assessment.public_id, "PersonIDs": ben.public_id}
    assert call.result("qxPrintLetters", user=user, **given)["Letters"][0]["Code"]


def test_subjects_do_not_see_who_got_a_letter(engine, review, call):
    assessment, _ben, anna = review
    user = engine.make_api_user("hanna.ott")
    engine.run(Person.objects.filter(pk=anna.pk).update, user=user.row)

    assert call.refused("qxGetLetters", user=user, ThreeSixtyID=assessment.public_id)[0] == 403


@pytest.mark.parametrize("pin", ["", "12345", "123456", "654321", "aaaaaa", "x" * 41])
def test_weak_pins_are_refused(engine, review, call, pin):
    _print(call, review)
    letter = engine.run(PrintedLetter.objects.get)

    with pytest.raises(printed_letters.WeakPinError):
        engine.run(printed_letters.set_pin, letter, pin)


def test_a_pin_is_chosen_once(engine, review, call):
    _print(call, review)
    letter = engine.run(PrintedLetter.objects.get)

    assert engine.run(printed_letters.set_pin, letter, "blue house 7")
    assert not engine.run(printed_letters.set_pin, letter, "another one")
    kept = engine.refreshed(letter)
    assert engine.run(printed_letters.is_pin, kept, "blue house 7")
    assert not engine.run(printed_letters.is_pin, kept, "another one")
