"""The organisation's brand: how it looks and writes, and how mail is turned on and off; what Home says of mail."""

from typing import Any

import pytest
from django.utils import timezone

from assessments.brand import BrandFacts, brand_of, mirror_brand
from assessments.brand_commands import send_test_mail, set_brand, turn_mail_off, turn_mail_on
from assessments.handlers import CHANGE_HANDLERS
from assessments.models import BrandState
from qxportal.accounts.models import AuditEntry, Credential, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.mail.letters import test_code as code_of
from qxportal.engine.mail.sending import send_due
from qxportal.engine.models import Brand, Mail
from qxportal.ledger.errors import ActionRefused
from qxportal.ledger.jobs.run import run_next
from qxportal.ledger.models import Change, Job
from qxportal.ledger.outbox.conflicts import find_conflict
from qxportal.threesixty.records import mailings as records
from qxportal.threesixty.records.mailings import BrandRecord
from tests.support.mirrored_rows import assessment, browser, organisation, text
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])

LOOK = {
    "title": "Halden Optics",
    "color": "#0a7d4b",
    "language": "DE",
    "time_zone": "Europe/Vienna",
    "quiet_from": "21:00",
    "quiet_until": "06:30",
    "from_name": "HR",
    "reply_to": "hr@halden.example",
    "footer_EN": "Halden, Graz",
    "footer_DE": "Halden, Graz, Österreich",
}


@pytest.fixture
def org() -> Organisation:
    org = organisation()
    Credential.objects.create(org=org, host="http://127.0.0.1:1", api_user="hr", version="2.5", sealed_token=b"x")
    return org


def told(org: Organisation, **facts: Any) -> None:
    values = {"title": "Halden", "language": "EN", "time_zone": "UTC", "quiet_from": "20:00", "quiet_until": "07:00"}
    mirror_brand(org, BrandRecord(name="halden", **{**values, **facts}), as_of=timezone.now())


def url(org: Organisation, page: str = "") -> str:
    return f"/o/{org.slug}/settings/brand/{page}"


# -- what is recorded


def test_only_what_differs_of_the_brand_is_sent(org):
    told(org, color="#1f4fd8", footer={"EN": "Old", "PL": "Dawny"}, reply_to="old@halden.example")
    admin = browser(org, Role.ADMIN)

    answer = admin.post(url(org), {**LOOK, "quiet_from": "20:00", "quiet_until": "07:00", "reply_to": ""})

    change = Change.objects.get()
    assert answer.status_code == 302
    assert change.parameters["footer"] == {"PL": "Dawny", "EN": "Halden, Graz", "DE": "Halden, Graz, Österreich"}
    assert change.parameters["clear"] == ["ReplyTo"]
    assert change.parameters["color"] == "#0a7d4b"
    assert not {"quiet_from", "quiet_until", "reply_to"} & set(change.parameters)
    assert change.expected_values["color"] == "#1f4fd8"
    assert change.parameters["idempotency_key"] == change.pk.hex
    assert AuditEntry.objects.get(verb="brand.changed")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("color", "green", "Enter a color such as #1f4fd8."),
        ("reply_to", "nobody", "Enter a valid email address."),
        ("title", "", "This field is required."),
        ("footer_EN", "x" * 1001, "at most 1000 characters"),
        ("report_cover_DE", "x" * 301, "at most 300 characters"),
        ("report_confidential_EN", "x" * 601, "at most 600 characters"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_field(org, field, value, words):
    told(org)

    answer = browser(org, Role.ADMIN).post(url(org), {**LOOK, field: value})

    assert answer.status_code == 422
    assert words in text(answer)
    assert not Change.objects.exists()


def test_words_of_reports_are_one_paragraph_each(org):
    told(org, report_cover={"EN": "Old", "PL": "Dawny"}, report_confidential={"EN": "Kept for a year."})

    browser(org, Role.ADMIN).post(url(org), {**LOOK, "report_cover_EN": "Growing\r\n together", "report_cover_DE": " "})

    change = Change.objects.get()
    assert change.parameters["report_cover"] == {"EN": "Growing together", "PL": "Dawny"}
    assert change.parameters["clear"] == ["ReportConfidential"]
    assert "report_confidential" not in change.parameters


def test_saving_the_brand_unchanged_is_refused(org):
    told(org, footer={"EN": "Halden"})
    browser(org, Role.ADMIN)
    values = {"title": "Halden", "footer": {"EN": "Halden"}, "color": "", "reply_to": ""}

    with pytest.raises(ActionRefused, match="Nothing was changed"):
        set_brand(org, by=Member.objects.get(), values=values)


def test_a_test_mail_goes_to_the_member_unless_told_otherwise(org):
    told(org)
    admin = browser(org, Role.ADMIN)

    shown = admin.get(url(org)).content.decode()
    wrong = admin.post(url(org, "test/"), {"address": "nowhere"})
    answer = admin.post(url(org, "test/"), {"address": "rosa@halden.example"})

    assert 'value="admin@halden.example"' in shown
    assert (wrong.status_code, answer.status_code) == (422, 302)
    assert Change.objects.get().parameters["address"] == "rosa@halden.example"


def test_mail_is_not_turned_on_without_a_code(org):
    told(org)
    admin = browser(org, Role.ADMIN)

    without = admin.post(url(org, "mail-on/"), {"code": "", "mode": "on"})
    assert "Enter the code that the test mail brought." in text(without)
    answer = admin.post(url(org, "mail-on/"), {"code": "ABCD-EFGH-IJKL", "mode": "on"})

    change = Change.objects.get()
    assert (without.status_code, answer.status_code) == (422, 302)
    assert (change.parameters["mail"], change.parameters["test_code"]) == ("on", "ABCD-EFGH-IJKL")
    assert AuditEntry.objects.get(verb="mail.turned-on")


def test_all_mail_goes_to_a_tested_address_without_a_new_code(org):
    told(org, test_address="hr@halden.example", mail="on")

    answer = browser(org, Role.ADMIN).post(url(org, "mail-on/"), {"mode": "test"})

    assert answer.status_code == 302
    assert Change.objects.get().parameters["mail"] == "test"


def test_turning_mail_off_is_confirmed(org):
    told(org, mail="on", waiting=2)
    admin = browser(org, Role.ADMIN)

    shown = text(admin.get(url(org, "mail-off/")))
    assert not Change.objects.exists()
    answer = admin.post(url(org, "mail-off/"))

    assert "Nobody gets any mail" in shown
    assert "2 mails that are waiting" in shown
    assert answer.status_code == 302
    assert Change.objects.get().expected_values == {"mail": "on"}


def test_another_switch_meanwhile_is_a_conflict(org):
    told(org, mail="on")
    browser(org, Role.ADMIN)
    change = turn_mail_off(org, by=Member.objects.get())
    handler = CHANGE_HANDLERS["qxSetBrand"]
    assert find_conflict(change, handler, handler.mirrored_values(change)) == []

    told(org, mail="test")

    assert [row["field"] for row in find_conflict(change, handler, handler.mirrored_values(change))] == ["mail"]


# -- who may, and where


@pytest.mark.parametrize("page", ["", "test/", "mail-on/", "mail-off/", "refresh/"])
def test_editors_and_other_organisations_change_nothing(org, page):
    told(org)
    fields = {**LOOK, "address": "hr@halden.example", "code": "ABCD", "mode": "on"}
    rival = browser(organisation("rival", "Rival"), Role.OWNER)

    assert browser(org, Role.EDITOR).post(url(org, page), fields).status_code == 403
    assert rival.post(url(org, page), fields).status_code == 404
    assert not Change.objects.exists()
    assert not Job.objects.exists()


def test_other_servers_offer_no_brand(org):
    heard = {"name": "qxGetBrand", "outcome": "unknown", "words": "", "at": timezone.now().isoformat()}
    Credential.objects.update(heard={"qxGetBrand": heard})
    admin = browser(org, Role.ADMIN)

    assert "The connected survey service does not offer this." in text(admin.get(url(org)))
    assert admin.post(url(org), LOOK).status_code == 422
    assert "Mail is off" not in text(admin.get(f"/o/{org.slug}/"))


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Mail is off, so nobody gets an invitation"),
        ({"mail": "test", "test_address": "hr@halden.example"}, "All mail goes to hr@halden.example"),
        ({"mail": "on", "redirected": True}, "one address that the operator has set"),
        ({"mail": "on", "held": True}, "copies mail nobody"),
        ({"mail": "on", "unreached": 3, "last_reply": "timed out"}, "3 mails are waiting because the mail server"),
        (
            {"mail": "on", "reports_unread_since": timezone.now(), "reports_problem": "LoginError: no"},
            "the mailbox for delivery reports cannot be read",
        ),
    ],
)
def test_home_says_what_keeps_mail_from_arriving(org, facts, words):
    assessment(org)
    told(org, **facts)

    assert words in text(browser(org, Role.READER).get(f"/o/{org.slug}/"))


def test_home_is_silent_where_mail_arrives(org):
    assessment(org)
    told(org, mail="on")

    assert "mail" not in text(browser(org, Role.READER).get(f"/o/{org.slug}/")).casefold()


def test_a_refused_test_mail_shows_what_the_mail_server_said(org):
    told(org, tests=(records.TestMailRecord(address="x@halden.example", state="failed", reply="550 no such user"),))

    shown = text(browser(org, Role.ADMIN).get(url(org)))

    assert "Failed" in shown
    assert "550 no such user" in shown


# -- against the engine


def the_brand(org: Organisation) -> BrandFacts:
    known = brand_of(org)
    assert known is not None
    return known


def worked_off(connected: Connected, change: Change) -> Change:
    connected.send()
    while run_next():
        pass
    return connected.settled(change)


def test_mail_is_turned_on_with_the_code_of_a_test_mail_and_off_again(connected):
    org, admin, engine = connected.org, connected.admin, connected.engine
    connected.sync()
    assert the_brand(org).off

    asked = send_test_mail(org, by=admin, address="hr@marlstone.example")
    assert worked_off(connected, asked).state == "done"
    assert [one.state for one in the_brand(org).tests] == ["queued"]
    engine.run(send_due)
    code = engine.run(lambda: code_of(Mail.objects.get()))

    assert worked_off(connected, turn_mail_on(org, by=admin, code=code)).state == "done"
    assert the_brand(org).mail == "on"
    assert [one.state for one in the_brand(org).tests] == ["sent"]
    with pytest.raises(ActionRefused, match="already on"):
        turn_mail_on(org, by=admin, code=code)

    assert worked_off(connected, turn_mail_off(org, by=admin)).state == "done"
    assert engine.run(lambda: Brand.objects.get(pk=engine.brand.pk).mail) == "off"
    assert the_brand(org).off


def test_a_wrong_code_is_refused_in_the_words_of_the_server(connected):
    connected.sync()

    change = worked_off(connected, turn_mail_on(connected.org, by=connected.admin, code="ABCD-EFGH-IJKL"))

    assert change.state == "refused"
    assert "Send a test mail" in str(change.status_message)
    assert the_brand(connected.org).off


def test_a_changed_brand_is_mirrored(connected):
    connected.sync()
    values = {"title": "Marlstone", "color": "#0a7d4b", "footer": {"DE": "Marlstone, Graz"}, "quiet_from": "21:00"}

    change = worked_off(connected, set_brand(connected.org, by=connected.admin, values=values))

    known = the_brand(connected.org)
    assert change.state == "done"
    assert (known.title, known.color, known.footer) == ("Marlstone", "#0a7d4b", {"DE": "Marlstone, Graz"})
    assert known.quiet_from == "21:00"


def test_a_brand_that_the_server_does_not_tell_is_forgotten(connected):
    connected.sync()
    assert BrandState.objects.exists()
    Credential.objects.update(names={"qxGetBrand": "noSuchRequest"})

    job = connected.sync()

    assert (job.state, job.failed) == ("done", 0)
    assert not BrandState.objects.exists()
