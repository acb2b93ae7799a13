"""Ending the links of a person by request: permissions and effects."""

import pytest
from django.db import transaction

from qxportal.engine.people import personal_links
from qxportal.engine.people.personal_links import LinkEndedError
from qxportal.engine.people.printed_letters import print_letters


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
