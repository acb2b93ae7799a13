import json
from datetime import UTC, datetime

import pytest
import requests

from qxportal.engine.models import Assessment, Group, Mail, Mailing, Message
from tests.qxportal.engine.conftest import PATH, Caller
from tests.support.engine_fixture import ApiUser, Engine

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
INVITE = {"Name": "Invitation", "Category": "InviteEmails"}


def shared_group(engine: Engine, *members: ApiUser) -> Group:
    def make() -> Group:
        group = Group.objects.create(brand=engine.brand, name="Learning and Development")
        group.members.set([member.row for member in members])
        return group

    return engine.run(make)


def test_a_message_is_kept_in_its_languages(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}

    made = call.result("createLibraryMessage", **mine, **INVITE, Message={"EN": "<b>Hello</b> ", "pt_br": "Olá"})

    assert made == {**mine, "MessageID": made["MessageID"], "Description": "Invitation", "Category": "InviteEmails"}
    which = {**mine, "MessageID": made["MessageID"]}
    assert call.result("getLibraryMessage", **which) == {**made, "Message": {"EN": "<b>Hello</b> ", "PT-BR": "Olá"}}
    assert call.result("getLibraryMessage", **which, Language="en") == "<b>Hello</b> "
    assert call.result("getLibraryMessage", **which, Language="PT-BR") == "Olá"


def test_setting_one_language_leaves_the_others(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}
    made = call.result("createLibraryMessage", **mine, **INVITE, Message={"EN": "Hello", "DE": "Hallo"})
    which = {**mine, "MessageID": made["MessageID"]}

    call.result("setLibraryMessage", **which, Message="Guten Tag", Language="DE")
    renamed = call.result("setLibraryMessage", **which, Message={"FR": "Bonjour"}, Name="Welcome")

    assert renamed["Description"] == "Welcome"
    assert call.result("getLibraryMessage", **which)["Message"] == {"EN": "Hello", "DE": "Guten Tag", "FR": "Bonjour"}


def test_a_text_without_language_is_in_that_of_the_librarys_owner(engine: Engine, call: Caller):
    engine.run(type(engine.api_user.row).objects.update, language="FR")
    assessment = engine.assessment("Leaders")
    engine.run(type(assessment.survey).objects.update, language="DE")

    for library, language in ((engine.api_user.user_id, "FR"), (assessment.public_id, "DE")):
        made = call.result("createLibraryMessage", LibraryID=library, **INVITE, Message="{Name}, ...")
        which = {"LibraryID": library, "MessageID": made["MessageID"]}
        assert call.result("getLibraryMessage", **which)["Message"] == {language: "{Name}, ..."}


def test_texts_come_in_brackets_and_in_json_bodies(engine: Engine):
    user = engine.api_user
    fields = {
        "Request": "createLibraryMessage",
        "User": user.user_name,
        "Token": user.token,
        "Format": "JSON",
        "Version": "2.5",
        "LibraryID": user.user_id,
        **INVITE,
    }
    brackets = {"Message[EN]": "Hello", "Message[DE]": "Hallo"}

    answers = [
        requests.post(engine.url + PATH, data=fields | brackets, timeout=60),
        requests.post(engine.url + PATH, json=fields | {"Message": {"EN": "Hello", "DE": "Hallo"}}, timeout=60),
        requests.get(engine.url + PATH, params=fields | brackets, timeout=60),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    texts = engine.run(lambda: list(Message.objects.values_list("texts", flat=True)))
    assert texts == [{"EN": "Hello", "DE": "Hallo"}] * 3


def test_a_text_that_looks_like_a_map_is_a_text_when_it_has_a_language(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}

    made = call.result("createLibraryMessage", **mine, **INVITE, Message='{"EN": "Hello"}', Language="EN")

    which = {**mine, "MessageID": made["MessageID"]}
    assert call.result("getLibraryMessage", **which, Language="EN") == '{"EN": "Hello"}'


def test_messages_are_listed_by_category(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}
    made = {
        category: call.result("createLibraryMessage", **mine, Name=f"My {category}", Category=category, Message="Text")
        for category in ("InviteEmails", "EvaluatorReminder", "TSSubjectLine")
    }

    listed = call.result("getLibraryMessages", **mine)

    assert len(listed) == 16
    assert {bucket for bucket, messages in listed.items() if messages} == {
        "INVITE",
        "EVALUATORREMINDER",
        "TSSUBJECTLINE",
    }
    assert listed["INVITE"] == {made["InviteEmails"]["MessageID"]: "My InviteEmails"}
    assert listed["THANKYOU"] == listed["LOOKANDFEEL"] == []
    assert call.result("getLibraryObjectIDs", **mine) == {
        "Messages": {one["MessageID"]: one["Description"] for one in made.values()},
        "Images": [],
        "Panels": [],
    }


def test_a_deleted_message_is_gone(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}
    made = call.result("createLibraryMessage", **mine, **INVITE, Message="Hello")
    which = {**mine, "MessageID": made["MessageID"]}

    call.result("deleteLibraryMessage", **which)

    for request in ("deleteLibraryMessage", "getLibraryMessage"):
        assert call.refused(request, **which) == (400, "ESRV35|MessageID")
    assert call.refused("setLibraryMessage", **which, Message="Hello") == (400, "ESRV35|MessageID")
    assert call.result("getLibraryMessages", **mine)["INVITE"] == []


@pytest.mark.parametrize(
    ("fields", "options", "refused"),
    [
        ({}, {}, True),
        ({"kind": "Invite", "sent_at": NOW}, {}, False),
        ({"kind": "Invite", "sent_at": NOW}, {"AutoInvite": True}, True),
        ({"kind": "Thanks", "sent_at": NOW, "standing": True}, {}, True),
        ({"kind": "Thanks", "sent_at": NOW, "standing": True, "cancelled_at": NOW}, {}, False),
    ],
    ids=["planned", "sent", "sent and for new people", "standing", "stopped"],
)
def test_a_message_stays_while_a_mailing_will_send_it(engine: Engine, call: Caller, fields, options, refused):
    which, message = _text(engine, call)
    review = engine.assessment("Leaders", options=options)
    planned = _planned(engine, review, message=message, **fields)

    if not refused:
        call.result("deleteLibraryMessage", **which)
        return
    assert call.refused("deleteLibraryMessage", **which) == (400, "ETS3")
    said = call("deleteLibraryMessage", **which).json()["Meta"]
    assert all(word in str(said) for word in (planned.public_id, "“Leaders”", "2030-03-04 09:00:00 UTC"))
    call.result("qxCancelMailing", ThreeSixtyID=review.public_id, MailingID=planned.public_id)
    call.result("deleteLibraryMessage", **which)


def test_a_message_stays_while_mails_with_it_are_leaving(engine: Engine, call: Caller):
    which, message = _text(engine, call)
    review = engine.assessment("Leaders")
    sent = _planned(engine, review, subject_message=message, sent_at=NOW)
    mail = engine.run(Mail.objects.create, brand=engine.brand, mailing=sent, assessment=review, kind="Reminder")
    assert call.refused("deleteLibraryMessage", **which) == (400, "ETS3")

    engine.run(Mail.objects.filter(pk=mail.pk).update, state="sent")

    call.result("deleteLibraryMessage", **which)


def test_a_message_goes_once_its_mailing_can_go_no_more(engine: Engine, call: Caller):
    which, message = _text(engine, call)
    _planned(engine, engine.assessment("Leaders", status="Closed"), message=message)

    call.result("deleteLibraryMessage", **which)


def test_who_does_not_run_the_assessment_reads_no_name_of_it(engine: Engine, call: Caller):
    plain = engine.make_api_user("uma.thorn", brand_admin=False)
    which, message = _text(engine, call, plain)
    _planned(engine, engine.assessment("Leaders"), message=message)

    assert "Leaders" not in call("deleteLibraryMessage", user=plain, **which).text


def test_libraries_stay_while_a_mailing_elsewhere_sends_a_text_of_them(engine: Engine, call: Caller):
    colleague = engine.make_api_user("uma.thorn")
    _which, message = _text(engine, call, colleague)
    review = engine.assessment("Leaders")
    _planned(engine, review, message=message)

    assert call.refused("deleteUser", UserID=colleague.user_id) == (400, "ETS3")
    call.result("deleteAssessment", ThreeSixtyID=review.public_id)
    call.result("deleteUser", UserID=colleague.user_id)


def _text(engine: Engine, call: Caller, owner: ApiUser | None = None) -> tuple[dict[str, str], Message]:
    """A text in somebody's library."""
    which = {"LibraryID": (owner or engine.api_user).user_id}
    made = call.result("createLibraryMessage", **which, **INVITE, Message="Hello")
    return {**which, "MessageID": made["MessageID"]}, engine.run(Message.objects.get, public_id=made["MessageID"])


def _planned(engine: Engine, review: Assessment, **fields) -> Mailing:
    values = {"kind": "Reminder", "scheduled_at": datetime(2030, 3, 4, 9, tzinfo=UTC), **fields}
    return engine.run(Mailing.objects.create, assessment=review, **values)


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"Message": "Hello", "Language": "English"}, "Language"),
        ({"Message": json.dumps({"EN": 7})}, "Message"),
        ({"Message": json.dumps({"English": "Hello"})}, "Message"),
        ({"Message": json.dumps({"EN": "Hello", "en": "Hi"})}, "Message"),
        ({"Message": json.dumps({"EN": "Hello", "DE": " "})}, "Message"),
        ({"Message": "{}"}, "Message"),
        ({"Message": " "}, "Message"),
        ({"Message": json.dumps({f"X{chr(65 + n // 26)}-{n}": "Hello" for n in range(51)})}, "Message"),
        ({"Message": "é" * 32_769}, "Message"),
        ({"Message": "Hello", "Category": "Invitations"}, "Category"),
        ({"Message": "Hello", "Name": "x" * 201}, "Name"),
        ({"Message": "Hello", "Name": " "}, "Name"),
        ({"Message": "Hello", "LibraryID": "UR_unknown00000000"}, "LibraryID"),
        ({"Message": "Hello", "LibraryID": "MS_unknown00000000"}, "LibraryID"),
    ],
)
def test_what_cannot_be_a_message_is_refused(engine: Engine, call: Caller, given: dict[str, str], parameter: str):
    fields = {"LibraryID": engine.api_user.user_id, **INVITE, **given}

    assert call.refused("createLibraryMessage", **fields) == (400, f"ESRV35|{parameter}")
    assert engine.run(Message.objects.count) == 0


def test_the_largest_message_is_taken(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}
    languages = [f"X{chr(65 + n // 26)}-{n}" for n in range(50)]

    made = call.result("createLibraryMessage", **mine, **INVITE, Message=dict.fromkeys(languages, "x" * 65_536))

    which = {**mine, "MessageID": made["MessageID"]}
    assert set(call.result("getLibraryMessage", **which)["Message"]) == set(languages)
    assert call.refused("setLibraryMessage", **which, Message="Hello", Language="EN") == (400, "ESRV35|Message")


def test_a_map_of_texts_names_its_languages_itself(engine: Engine):
    user = engine.api_user
    body = {
        "Request": "createLibraryMessage",
        "User": user.user_name,
        "Token": user.token,
        "Format": "JSON",
        "Version": "2.5",
        "LibraryID": user.user_id,
        **INVITE,
        "Message": {"EN": "Hello"},
        "Language": "EN",
    }

    answer = requests.post(engine.url + PATH, json=body, timeout=60)

    assert answer.json()["Meta"]["QualtricsErrorCode"] == "ESRV35|Language"


def test_a_language_that_a_message_does_not_have_is_refused_with_those_it_has(engine: Engine, call: Caller):
    mine = {"LibraryID": engine.api_user.user_id}
    made = call.result("createLibraryMessage", **mine, **INVITE, Message={"EN": "Hello", "DE": "Hallo"})

    answer = call("getLibraryMessage", **mine, MessageID=made["MessageID"], Language="FR")

    meta = answer.json()["Meta"]
    assert (answer.status_code, meta["QualtricsErrorCode"]) == (400, "ESRV35|Language")
    assert "DE, EN" in meta["ErrorMessage"]


def test_a_library_is_for_its_owner_its_group_and_administrators(engine: Engine, call: Caller):
    tom, lena = (engine.make_api_user(name, brand_admin=False) for name in ("tom.rossi", "lena.novak"))
    group = shared_group(engine, tom)
    review = engine.assessment("Leaders", owner=tom)
    toms = (tom.user_id, group.public_id, review.public_id)

    for library in toms:
        for user in (tom, engine.api_user):
            call.result("createLibraryMessage", user=user, LibraryID=library, **INVITE, Message="Hello")
        assert call.refused("getLibraryMessages", user=lena, LibraryID=library) == (403, "ESRV3")
        assert len(call.result("getLibraryMessages", LibraryID=library)["INVITE"]) == 2
    assert call.result("getLibraryObjectIDs", user=lena, LibraryID=lena.user_id)["Messages"] == []


def test_another_brands_library_is_unknown(engine: Engine, call: Caller):
    rival = engine.make_api_user("rita.kessler", brand=engine.make_brand("fennmoor", "Fennmoor Studio"))
    group, review = shared_group(engine), engine.assessment("Leaders")
    made = call.result("createLibraryMessage", LibraryID=group.public_id, **INVITE, Message="Hello")

    for library in (engine.api_user.user_id, group.public_id, review.public_id):
        for request in ("getLibraryMessages", "getLibraryObjectIDs"):
            assert call.refused(request, user=rival, LibraryID=library) == (400, "ESRV35|LibraryID")
    theirs = {"LibraryID": rival.user_id, "MessageID": made["MessageID"]}
    assert call.refused("getLibraryMessage", user=rival, **theirs) == (400, "ESRV35|MessageID")
    assert call.refused("deleteLibraryMessage", user=rival, **theirs) == (400, "ESRV35|MessageID")


def test_a_full_library_takes_no_more(engine: Engine, call: Caller):
    library = engine.api_user.user_id
    engine.run(
        Message.objects.bulk_create,
        [
            Message(brand=engine.brand, library_id=library, category="InviteEmails", name=f"Invitation {number}")
            for number in range(1_000)
        ],
    )

    assert call.refused("createLibraryMessage", LibraryID=library, **INVITE, Message="Hello") == (
        400,
        "ESRV35|LibraryID",
    )
