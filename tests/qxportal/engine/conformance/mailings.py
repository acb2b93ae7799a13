"""Our own requests about the brand, its mailings and mails: groups `brand` and `mailings`."""

import base64
from typing import Any

from django.utils import timezone

from qxportal.engine.mail.letters import test_code as code_of
from qxportal.engine.models import Brand, Mail, Mailing, Message
from qxportal.mail.queue import State
from tests.qxportal.engine.conformance.assessments import named
from tests.qxportal.engine.conformance.case import Case, Parameters, SampleReview
from tests.qxportal.engine.conformance.library import _drawn as drawn
from tests.qxportal.engine.pictures import png


def _key(sample: SampleReview) -> Parameters:
    return {"IdempotencyKey": f"key-{sample.number}"}


def _changes(sample: SampleReview) -> Parameters:
    test = sample.run(
        Mail.objects.create, brand=sample.engine.brand, kind="Test", address="hr@acme.example", state=State.SENT
    )
    return {
        **_key(sample),
        "Title": "Halden Group",
        "Color": "#0A7D4B",
        "LogoID": drawn(sample)["ImageID"],
        "Language": "DE",
        "TimeZone": "Europe/Oslo",
        "FromName": "People Team",
        "ReplyTo": "people@acme.example",
        "Footer": '{"EN": "Halden Group, Oslo"}',
        "ReportCover": '{"EN": "Growing together", "DE": "Gemeinsam wachsen"}',
        "ReportConfidential": '{"EN": "Kept for two years."}',
        "QuietFrom": "21:30",
        "QuietUntil": "6:00",
        "MinimumGroup": "4",
        "MinimumComments": "5",
        "MinimumForSpread": "6",
        "RawAnswers": "1",
        "Mail": "on",
        "TestCode": code_of(test),
        "Clear": "ReplyTo",
    }


def _logo(sample: SampleReview) -> Parameters:
    return {"FileContents": base64.b64encode(png()).decode()}


def _brand_is_set(sample: SampleReview, sent: Parameters, result: Any) -> None:
    brand = sample.run(Brand.objects.get, pk=sample.engine.brand.pk)
    assert (brand.title, brand.color, brand.mail, brand.zone.key) == ("Halden Group", "#0a7d4b", "on", "Europe/Oslo")
    assert (brand.footer, f"{brand.quiet_until:%H:%M}") == ({"EN": "Halden Group, Oslo"}, "06:00")
    assert brand.report_cover == {"EN": "Growing together", "DE": "Gemeinsam wachsen"}
    assert brand.report_confidential == {"EN": "Kept for two years."}
    assert brand.raw_answers_since is not None
    assert (brand.min_group, brand.min_comments, brand.min_spread) == (4, 5, 6)
    assert (brand.reply_to, brand.test_address) == ("people@acme.example", "hr@acme.example")


def _test_is_queued(sample: SampleReview, sent: Parameters, result: Any) -> None:
    mail = sample.run(Mail.objects.filter(kind="Test").latest, "pk")
    assert (mail.address, mail.state, mail.person) == ("hr@acme.example", State.QUEUED, None)


def _planned(sample: SampleReview) -> Mailing:
    made: Mailing = sample.run(
        Mailing.objects.create, assessment=sample.assessment, kind="Reminder", scheduled_at=timezone.now()
    )
    return made


def _mailing(sample: SampleReview) -> Parameters:
    return {**named(sample), "MailingID": _planned(sample).public_id}


def _text(sample: SampleReview, category: str) -> str:
    message: Message = sample.run(
        Message.objects.create,
        brand=sample.engine.brand,
        library_id=sample.engine.api_user.user_id,
        category=category,
        name=category,
        texts={"EN": "Dear ${FirstName}"},
    )
    return message.public_id


def _people(sample: SampleReview) -> Parameters:
    return {
        **_key(sample),
        "MessageID": _text(sample, "EvaluatorInvite"),
        "SubjectMessageID": _text(sample, "EmailSubject"),
        "PersonIDs": sample.subject.person.public_id,
        "Standing": "0",
        "ScheduledAt": "2027-03-01 08:00:00",
    }


def _is_planned(sample: SampleReview, sent: Parameters, result: Any) -> None:
    made = sample.run(Mailing.objects.select_related("message").get, public_id=result["MailingID"])
    assert (made.kind, made.persons, made.standing) == ("Invite", [sent["PersonIDs"]], False)
    assert (made.message.public_id, made.scheduled_at.month) == (sent["MessageID"], 3)


def _is_cancelled(sample: SampleReview, sent: Parameters, result: Any) -> None:
    assert sample.run(Mailing.objects.get, public_id=sent["MailingID"]).cancelled_at is not None


CASES = {
    "qxCancelMailing": Case(required=_mailing, full=_key, state=_is_cancelled),
    "qxCreateMailing": Case(
        required=lambda sample: {**named(sample), "Kind": "Invite"}, full=_people, state=_is_planned
    ),
    "qxGetBrand": Case(required=lambda sample: {}, full=lambda sample: {}),
    "qxGetMailings": Case(required=named, full=lambda sample: {}),
    "qxGetMails": Case(
        required=named,
        full=lambda sample: {
            "MailingID": _planned(sample).public_id,
            "PersonID": sample.subject.person.public_id,
        },
    ),
    "qxSendTestMail": Case(required=lambda sample: {"Address": "hr@acme.example"}, full=_key, state=_test_is_queued),
    "qxSetBrand": Case(required=lambda sample: {}, full=_changes, instead=_logo, state=_brand_is_set),
}
