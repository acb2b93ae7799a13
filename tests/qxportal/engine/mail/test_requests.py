"""Requests about the brand and mailings: who may, what is refused, and turning mail on."""

import json
import re
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from qxportal.engine.mail.letters import test_code as code_of
from qxportal.engine.models import Brand, Evaluation, Mail, Mailing, Message, Person
from tests.qxportal.engine.conftest import Caller
from tests.qxportal.engine.mail.conftest import MailRound
from tests.support.smtp_server import MailServer


def test_mail_is_turned_on_with_the_code_that_arrived(round: MailRound, smtp: MailServer, call: Caller):
    round.brand(mail="off")
    assert call.refused("qxSetBrand", Mail="on") == (400, "ESRV35|TestCode")
    call.result("qxSendTestMail", Address="hr@marlstone.example")
    round.post()
    code = re.search(r"\b[A-Z2-7]{4}(-[A-Z2-7]{4}){2}\b", smtp.to("hr@marlstone.example").text)
    assert code is not None

    assert call.refused("qxSetBrand", Mail="on", TestCode=code[0][::-1]) == (400, "ESRV35|TestCode")
    assert round.engine.refreshed(round.engine.brand).mail == "off"
    call.result("qxSetBrand", Mail="on", TestCode=f" {code[0].lower()} ")

    assert call.result("qxGetBrand")["Mail"] == "on"


def test_a_code_is_of_no_use_after_a_day_or_for_another_brand(round: MailRound, call: Caller):
    round.brand(mail="off")
    old = round.engine.run(
        Mail.objects.create,
        brand=round.engine.brand,
        kind="Test",
        address="hr@marlstone.example",
        state="sent",
        created_at=timezone.now() - timedelta(hours=25),
    )
    other = round.engine.run(Brand.objects.create, name="other", title="Other")
    theirs = round.engine.run(Mail.objects.create, brand=other, kind="Test", address="hr@other.example", state="sent")

    for mail in (old, theirs):
        assert call.refused("qxSetBrand", Mail="on", TestCode=code_of(mail)) == (400, "ESRV35|TestCode")


def test_test_mails_of_one_day_are_bounded_for_each_brand(round: MailRound, call: Caller):
    brand = round.engine.brand
    round.brand(mail="off", time_zone="Asia/Tokyo")
    midnight = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")).replace(hour=0, minute=0, second=0, microsecond=0)
    other = round.engine.run(Brand.objects.create, name="other", title="Other")
    made = [(brand, timedelta(seconds=-1))] * 5 + [(other, timedelta())] * 20 + [(brand, timedelta())] * 19
    rows = [Mail(brand=one, kind="Test", address="hr@x.example", created_at=midnight + after) for one, after in made]
    round.engine.run(Mail.objects.bulk_create, rows)

    call.result("qxSendTestMail", Address="hr@marlstone.example")

    assert call.refused("qxSendTestMail", Address="hr@marlstone.example") == (400, "ETS14")
    assert round.engine.run(brand.mails.filter(created_at__gte=midnight).count) == 20


@pytest.mark.parametrize(
    ("given", "parameter"),
    [
        ({"Color": "blue"}, "Color"),
        ({"LogoID": "IM_123456789012345"}, "LogoID"),
        ({"Language": "PL"}, "Language"),
        ({"TimeZone": "Mars/Olympus"}, "TimeZone"),
        ({"QuietFrom": "24:00"}, "QuietFrom"),
        ({"ReplyTo": "people"}, "ReplyTo"),
        ({"Footer": '["x"]'}, "Footer"),
        ({"ReportCover": json.dumps({"EN": "x" * 301})}, "ReportCover"),
        ({"ReportConfidential": json.dumps({"EN": "x" * 601})}, "ReportConfidential"),
        ({"Clear": "Title"}, "Clear"),
        ({"Mail": "sometimes"}, "Mail"),
    ],
)
def test_what_a_brand_cannot_be_is_refused(round: MailRound, call: Caller, given: dict[str, Any], parameter: str):
    assert call.refused("qxSetBrand", Title="Changed", **given) == (400, f"ESRV35|{parameter}")
    assert round.engine.refreshed(round.engine.brand).title != "Changed"


@pytest.mark.parametrize("language", ["EN", "DE", "FR", "ES"])
def test_brands_have_a_language_of_mails(round: MailRound, call: Caller, language: str):
    call.result("qxSetBrand", Language=language)

    assert call.result("qxGetBrand")["Language"] == language
    assert round.engine.refreshed(round.engine.brand).language == language


def test_brands_are_for_their_administrators(round: MailRound, call: Caller):
    tom = round.engine.make_api_user("tom.rossi", brand_admin=False)

    for request, given in {
        "qxGetBrand": {},
        "qxSetBrand": {"Title": "Ours"},
        "qxSendTestMail": {"Address": "tom@x.example"},
    }.items():
        assert call.refused(request, user=tom, **given) == (403, "ESRV3")


@pytest.mark.parametrize(
    ("given", "refusal"),
    [
        ({"Kind": "Greeting"}, (400, "ESRV35|Kind")),
        ({"Kind": "Reminder", "Standing": "1"}, (400, "ESRV35|Standing")),
        ({"Kind": "Invite", "PersonIDs": "P_000000000000000"}, (400, "ESRV35|PersonIDs")),
        ({"Kind": "Invite", "MessageID": "MS_00000000000000"}, (400, "ESRV35|MessageID")),
        ({"Kind": "Invite", "ScheduledAt": "tomorrow"}, (400, "ESRV35|ScheduledAt")),
    ],
)
def test_mailings_that_make_no_sense_are_refused(round: MailRound, call: Caller, given: dict[str, Any], refusal: Any):
    assert call.refused("qxCreateMailing", ThreeSixtyID=round.assessment.public_id, **given) == refusal
    assert not round.engine.run(Mailing.objects.exists)


def test_a_text_must_be_of_the_kind_that_is_sent(round: MailRound, call: Caller):
    thanks = round.engine.run(
        Message.objects.create,
        brand=round.engine.brand,
        library_id="UR_1",
        category="ThankYouEmails",
        name="Thanks",
        texts={"EN": "Thanks"},
    )

    given = {"ThreeSixtyID": round.assessment.public_id, "MessageID": thanks.public_id}
    assert call.refused("qxCreateMailing", Kind="Invite", **given) == (400, "ESRV35|MessageID")
    assert call.result("qxCreateMailing", Kind="Thanks", **given)["MessageID"] == thanks.public_id


def test_a_key_makes_one_mailing_and_serves_one_change(round: MailRound, call: Caller):
    given = {"ThreeSixtyID": round.assessment.public_id, "IdempotencyKey": "k-1"}
    first = call.result("qxCreateMailing", Kind="Invite", **given)

    assert call.result("qxCreateMailing", Kind="Invite", **given) == first
    assert call.refused("qxCreateMailing", Kind="Reminder", **given) == (400, "ETS13")
    assert round.engine.run(Mailing.objects.count) == 1


def test_a_refused_change_leaves_its_key_free(round: MailRound, call: Caller):
    given = {"ThreeSixtyID": round.assessment.public_id, "IdempotencyKey": "k-2"}
    assert call.refused("qxCreateMailing", Kind="Greeting", **given) == (400, "ESRV35|Kind")

    assert call.result("qxCreateMailing", Kind="Invite", **given)["Kind"] == "Invite"


def test_subjects_do_not_learn_who_was_reminded(round: MailRound, call: Caller):
    anna = round.engine.make_api_user("anna.berger", brand_admin=True)
    round.engine.run(Person.objects.filter(pk=round.anna.pk).update, email=anna.row.email)
    given = {"ThreeSixtyID": round.assessment.public_id}

    for request in ("qxGetMailings", "qxGetMails"):
        assert call.refused(request, user=anna, **given)[0] == 403


def test_subjects_do_not_learn_who_is_open_by_stopping_mailings(round: MailRound, call: Caller):
    anna = round.engine.make_api_user("anna.berger", brand_admin=True)
    round.engine.run(Person.objects.filter(pk=round.anna.pk).update, email=anna.row.email)
    given = {"ThreeSixtyID": round.assessment.public_id}

    to_one = call.refused("qxCreateMailing", user=anna, Kind="Reminder", PersonIDs=round.ben.public_id, **given)
    made = call.result("qxCreateMailing", user=anna, Kind="Reminder", **given)
    stopped = call.refused("qxCancelMailing", user=anna, MailingID=made["MailingID"], **given)

    assert (to_one[0], stopped[0]) == (403, 403)
    assert call.result("qxCancelMailing", MailingID=made["MailingID"], **given) == {"Cancelled": 0}


def test_mails_say_whether_anything_was_asked_for_since_the_invitation(round: MailRound, call: Caller):
    round.plan("Invite")
    round.post()
    engine, given = round.engine, {"ThreeSixtyID": round.assessment.public_id}
    another = engine.subject(round.assessment, engine.person("Nora", "Lind"))

    def told() -> dict[str, int]:
        mails = call.result("qxGetMails", **given)["Mails"]
        return {mail["PersonID"]: mail["CoversAll"] for mail in mails}

    assert told() == {one.public_id: 1 for one in (round.anna, round.ben, round.chloe)}
    engine.evaluation(another, round.ben)
    engine.evaluation(another, round.chloe, unsolicited=True)
    assert (told()[round.ben.public_id], told()[round.chloe.public_id]) == (0, 1)

    asked = {"unsolicited": False, "asked_at": timezone.now()}
    engine.run(Evaluation.objects.filter(evaluator=round.chloe, subject=another).update, **asked)
    assert told()[round.chloe.public_id] == 0


def test_names_of_a_brand_are_one_line(round: MailRound, call: Caller):
    call.result("qxSetBrand", Title="Marlstone\nInstruments", FromName="Ines\r\nBcc: all@elsewhere.example")

    brand = call.result("qxGetBrand")
    assert (brand["Title"], brand["FromName"]) == ("Marlstone Instruments", "Ines Bcc: all@elsewhere.example")


def test_another_brands_mailings_are_unknown(round: MailRound, call: Caller):
    mailing = round.plan("Invite")
    other = round.engine.assessment("Others", status="Active")

    given = {"ThreeSixtyID": other.public_id, "MailingID": mailing.public_id}
    assert call.refused("qxCancelMailing", **given) == (400, "ESRV35|MailingID")


def test_texts_of_anothers_library_are_unknown(round: MailRound, call: Caller):
    tom = round.engine.make_api_user("tom.rossi", brand_admin=False)
    own = round.engine.assessment("Toms", owner=tom, status="Active")

    def text(library: str) -> Message:
        return round.engine.run(
            Message.objects.create,
            brand=round.engine.brand,
            library_id=library,
            category="InviteEmails",
            name="Invitation",
            texts={"EN": "Please answer."},
        )

    theirs, his = text(round.engine.api_user.user_id), text(tom.user_id)
    given = {"user": tom, "ThreeSixtyID": own.public_id, "Kind": "Invite"}
    assert call.refused("qxCreateMailing", **given, MessageID=theirs.public_id) == (400, "ESRV35|MessageID")
    assert call.result("qxCreateMailing", **given, MessageID=his.public_id)["MessageID"] == his.public_id


def _failed(round: MailRound, person: Person, **fields: Any) -> Mail:
    values: dict[str, Any] = {"brand": round.engine.brand, "assessment": round.assessment, "kind": "Invite"}
    values |= {"state": "failed", "why": "no-such-address", "address": person.email, "settled_at": timezone.now()}
    return round.engine.run(Mail.objects.create, person=person, **values | fields)


def test_the_brand_tells_where_addresses_have_to_be_corrected(round: MailRound, call: Caller):
    assert call.result("qxGetBrand")["Returned"] == []
    _failed(round, round.ben)
    _failed(round, round.ben, kind="Reminder", why="mailbox-disabled")
    _failed(round, round.chloe, why="mailbox-full")  # the address is right
    other = round.engine.make_brand("halden", "Halden")
    dora = round.engine.person("Dora", "Keel", brand=other)
    _failed(round, dora, brand=other, assessment=None)

    (told,) = call.result("qxGetBrand")["Returned"]
    assert (told["ThreeSixtyID"], told["People"]) == (round.assessment.public_id, 1)
    assert told["LastAt"]

    round.engine.run(Person.objects.filter(pk=round.ben.pk).update, email="ben@right.example")
    assert call.result("qxGetBrand")["Returned"] == []


def test_reminders_that_wait_for_an_address_do_not_date_the_wait_for_the_server(round: MailRound, call: Caller):
    now = timezone.now().replace(microsecond=0)
    old, recent = now - timedelta(days=20), now - timedelta(hours=1)
    _failed(round, round.ben, kind="Reminder", state="queued", why="address-returned", created_at=old)
    _failed(round, round.chloe, state="queued", why="unreached", created_at=recent, reply="450 later")

    brand = call.result("qxGetBrand")

    assert (brand["Waiting"], brand["Unreached"], brand["LastReply"]) == (2, 1, "450 later")
    assert brand["WaitingSince"] == f"{recent:%Y-%m-%d %H:%M:%S}"


def test_the_servers_reply_names_nobody_whom_a_reminder_waits_for(round: MailRound, call: Caller):
    sender = "bounces+1-abcdefghijklmnopqrst@halden.example"
    said = (
        f"450 4.2.0 <{round.ben.email}>: greylisted (from {sender}, to={round.ben.email}); see https://greylist.example"
    )
    _failed(round, round.ben, kind="Reminder", state="queued", why="unreached", reply=said)

    told = call.result("qxGetBrand")["LastReply"]

    assert told == "450 4.2.0 <…>: greylisted (from …, to=…); see https://greylist.example"


def test_subjects_do_not_learn_whose_mail_came_back(round: MailRound, call: Caller):
    _failed(round, round.ben)
    assert len(call.result("qxGetBrand")["Returned"]) == 1

    round.engine.run(Person.objects.filter(pk=round.anna.pk).update, user=round.engine.api_user.row)

    assert call.result("qxGetBrand")["Returned"] == []
