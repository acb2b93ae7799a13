"""Calls of our own about the brand, its mailings and its mails."""

from qxportal.engine.mail.sending import send_due
from qxportal.engine.models import Mail
from qxportal.threesixty.calls.mailings import (
    CancelMailing,
    CreateMailing,
    GetBrand,
    GetMailings,
    GetMails,
    SendTestMail,
    SetBrand,
)
from tests.qxportal.engine.pictures import png
from tests.qxportal.threesixty.round_trips.place import Place, RoundTrip


def get_brand(at: Place) -> None:
    brand = at.call(GetBrand())
    assert (brand.mail, brand.waiting, brand.held, brand.tests) == ("off", 0, False, ())
    assert (brand.quiet_from, brand.quiet_until, brand.footer) == ("20:00", "07:00", {})


def set_brand(at: Place) -> None:
    at.carry_out(SetBrand(title="Acme People", color="#0a7d4b", footer={"EN": "Acme, Graz"}, quiet_from="21:00"))
    at.carry_out(SetBrand(report_cover={"EN": "Growing together"}, report_confidential={"DE": "Zwei Jahre"}))
    brand = at.call(GetBrand())
    assert (brand.report_cover, brand.report_confidential) == ({"EN": "Growing together"}, {"DE": "Zwei Jahre"})
    at.carry_out(SetBrand(raw_answers=True))
    at.carry_out(SetBrand(raw_answers=False))
    at.carry_out(SetBrand(clear=("ReportCover", "ReportConfidential")))
    at.carry_out(SetBrand(logo=png((40, 20))))
    assert at.call(GetBrand()).logo.startswith(b"\x89PNG")
    at.carry_out(SetBrand(clear=("Footer", "Color", "LogoID")))
    assert at.call(GetBrand()).logo == b""
    brand = at.call(GetBrand())
    assert (brand.title, brand.color, brand.footer) == ("Acme People", "", {})
    assert (brand.min_group, brand.min_comments, brand.min_spread) == (3, 3, 5)
    at.carry_out(SetBrand(min_group=4, min_comments=5, min_spread=6))


def send_test_mail(at: Place) -> None:
    test = SendTestMail(address="hr@acme.example", idempotency_key="test-1")
    at.carry_out(test)
    at.call(test)  # once more: the first result again
    assert at.engine.run(Mail.objects.count) == 1
    at.engine.run(send_due)
    (told,) = at.call(GetBrand()).tests
    assert (told.address, told.state) == ("hr@acme.example", "sent")


def get_mailings(at: Place) -> None:
    made = at.call(CreateMailing(assessment_id=at.review.public_id, kind="Invite"))
    assert at.call(GetMailings(assessment_id=at.review.public_id)) == (made,)


def create_mailing(at: Place) -> None:
    call = CreateMailing(
        assessment_id=at.review.public_id,
        kind="Reminder",
        person_ids=(at.chen.public_id,),
        idempotency_key="reminder-1",
    )
    at.carry_out(call)
    made = at.call(call)  # once more: the first result again
    assert at.call(GetMailings(assessment_id=at.review.public_id)) == (made,)
    assert made.person_ids == (at.chen.public_id,)


def cancel_mailing(at: Place) -> None:
    made = at.call(CreateMailing(assessment_id=at.review.public_id, kind="Invite"))
    at.carry_out(CancelMailing(assessment_id=at.review.public_id, mailing_id=made.vendor_id))
    (told,) = at.call(GetMailings(assessment_id=at.review.public_id))
    assert told.cancelled_at is not None


def get_mails(at: Place) -> None:
    review = at.review
    at.engine.run(Mail.objects.create, brand=at.engine.brand, person=at.chen, assessment=review, kind="Reminder")
    (mail,) = at.call(GetMails(assessment_id=review.public_id, person_id=at.chen.public_id))
    assert (mail.person_id, mail.kind, mail.state, mail.address) == (at.chen.public_id, "Reminder", "queued", "")
    assert at.call(GetMails(assessment_id=review.public_id, person_id=at.dana.public_id)) == ()


ROUND_TRIPS: dict[str, RoundTrip] = {
    "qxCancelMailing": cancel_mailing,
    "qxCreateMailing": create_mailing,
    "qxGetBrand": get_brand,
    "qxGetMailings": get_mailings,
    "qxGetMails": get_mails,
    "qxSendTestMail": send_test_mail,
    "qxSetBrand": set_brand,
}
