"""Letters with codes in the portal: who gets one, who may print, one download, and codes that got lost."""

import io
import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pypdf import PdfReader

from assessments import letters, pdf_pages
from assessments.brand import mirror_brand
from assessments.letter_commands import may_print
from assessments.letter_pdf import letters_pdf
from assessments.letters import candidates, forget_old_letters
from assessments.models import Assessment, Evaluation, LetterBatch, Mail, Subject
from directory.models import Person
from qxportal.accounts.models import AuditEntry, Member, Organisation
from qxportal.accounts.roles import Role
from qxportal.engine.models import PrintedLetter
from qxportal.engine.people.printed_letters import letter_of
from qxportal.ledger.models import Change
from qxportal.security.models import Sealed
from qxportal.security.sealed import keep
from qxportal.threesixty.records.letters import PrintedLetters
from qxportal.threesixty.records.mailings import BrandRecord
from tests.support.mirrored_rows import assessment, browser, evaluations, organisation_with_mail, people, subjects, text
from tests.support.portal_fixture import Connected

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture(autouse=True)
def quick_looks(settings):
    settings.VERIFY_FIRST = settings.VERIFY_EVERY = settings.VERIFY_SPAN = timedelta(0)


@pytest.fixture
def org() -> Organisation:
    return organisation_with_mail()


@pytest.fixture
def review(org: Organisation) -> Assessment:
    """One subject whom three people are asked about; the second has no address, mail to the third came back."""
    review = assessment(org)
    subjects(review, people(org, 1))
    subject = Subject.objects.select_related("assessment", "org").get()
    raters = people(org, 3, start=10)
    Person.objects.filter(pk=raters[1].pk).update(email="")
    evaluations(subject, raters, "Peer", "NotStarted")
    common: dict[str, Any] = {"org": org, "assessment": review, "kind": "Invite", "created_at": timezone.now()}
    for number, (state, why) in enumerate((("sent", ""), ("failed", "refused"))):
        Mail.objects.create(
            **common,
            vendor_id=f"EM_{number}",
            person_key=raters[2].vendor_id,
            address=raters[2].email,
            state=state,
            why=why,
            settled_at=timezone.now() + timedelta(minutes=number),
        )
    return review


def url(review: Assessment, page: str = "") -> str:
    return f"/o/{review.org.slug}/assessments/{review.pk}/messages/{page}"


def test_people_whom_no_mail_reaches_are_ticked(org, review):
    page = browser(org, Role.EDITOR).get(url(review, "letters/new/"))

    ticked = re.findall(r'name="person" value="([^"]+)"\s+checked', page.content.decode())
    assert ticked == ["P_000000000000011", "P_000000000000012"]
    assert [one.why for one in candidates(Member.objects.get(), review)] == ["", "none", "refused"]
    assert "2 people who have something open are not reached by mail" in text(page)


def test_a_corrected_address_is_tried_again(org, review):
    browser(org, Role.EDITOR)
    Person.objects.filter(vendor_id="P_000000000000012").update(email="new@halden.example")

    assert [one.why for one in candidates(Member.objects.get(), review)] == ["", "none", ""]


def test_mails_of_an_assessment_about_the_member_mark_nobody(org, review):
    browser(org, Role.EDITOR)
    member = Member.objects.select_related("user").get()
    about_member = assessment(org, "Another review")
    subjects(about_member, people(org, 1, start=30))
    Person.objects.filter(vendor_id="P_000000000000030").update(email=member.user.email)
    first = Person.objects.get(vendor_id="P_000000000000010")
    Mail.objects.create(
        org=org,
        assessment=about_member,
        vendor_id="EM_9",
        kind="Reminder",  # to a person who has not answered about the member
        created_at=timezone.now(),
        person_key=first.vendor_id,
        address=first.email,
        state="failed",
        why="no-such-address",
        settled_at=timezone.now(),
    )

    assert [one.why for one in candidates(member, review)] == ["", "none", "refused"]


def test_only_the_ticked_people_get_letters_and_that_is_noted(org, review):
    client = browser(org, Role.EDITOR)

    answer = client.post(url(review, "letters/new/"), {"person": ["P_000000000000010", "P_000000000000011"]})

    assert answer.status_code == 302
    change = Change.objects.get()
    assert (change.request, change.parameters["person_ids"]) == (
        "qxPrintLetters",
        ["P_000000000000010", "P_000000000000011"],
    )
    assert AuditEntry.objects.get(verb="letters.printed").target == review.vendor_id


def test_a_search_finds_people_and_keeps_who_is_ticked(org, review):
    subject = Subject.objects.select_related("assessment", "org").get()
    raters = people(org, 12, start=20)
    evaluations(subject, raters, "Peer", "NotStarted")
    zofie = Evaluation.objects.filter(evaluator_key=raters[3].vendor_id)
    zofie.update(evaluator_first_name="Žofie", evaluator_last_name="Černá")
    ticked = "P_000000000000011"

    page = browser(org, Role.EDITOR).post(
        url(review, "letters/new/"), {"find": "1", "q": "CERNA zofie", "person": [ticked]}
    )

    shown = re.findall(r'name="person" value="([^"]+)"\s+(checked)?', page.content.decode())
    assert shown == [(ticked, "checked"), (raters[3].vendor_id, "")]
    assert "1 person matches" in text(page)
    assert not Change.objects.exists()


@pytest.mark.parametrize("given", [[], ["P_000000000000000"], ["P_elsewhere"]])
def test_nobody_but_who_has_something_open_gets_a_letter(org, review, given):
    answer = browser(org, Role.EDITOR).post(url(review, "letters/new/"), {"person": given})

    assert answer.status_code == 422
    assert not Change.objects.exists()


@pytest.mark.parametrize("how", ["reader", "closed", "subject elsewhere", "no brand"])
def test_who_may_not_print_is_offered_nothing(org, review, how):
    client = browser(org, Role.READER if how == "reader" else Role.EDITOR)
    if how == "closed":
        Assessment.objects.update(status="Closed")
        review.refresh_from_db()
    if how == "no brand":
        from assessments.brand import forget_brand

        forget_brand(org)
    if how == "subject elsewhere":
        member = Person.objects.filter(vendor_id="P_000000000000010")
        member.update(email=Member.objects.get().user.email)
        subjects(assessment(org, "Another review"), list(member))

    assert not may_print(Member.objects.get(), review)
    page = client.get(url(review))
    assert "letters/new/" not in page.content.decode()
    refused = client.post(url(review, "letters/new/"), {"person": "P_000000000000011"})
    assert refused.status_code in ((403,) if how == "reader" else (302, 422))
    if how in ("reader", "closed", "subject elsewhere"):
        assert not Change.objects.exists()


def test_page_says_before_anything_is_sent_that_the_server_prints_no_letters(org, review):
    brand = BrandRecord(name="halden", title="Halden", mail="on", prints_letters=False)
    mirror_brand(org, brand, as_of=timezone.now())
    client = browser(org, Role.EDITOR)

    assert "prints no letters for the API user" in client.get(url(review, "letters/new/")).content.decode()
    answer = client.post(url(review, "letters/new/"), {"person": "P_000000000000011"})
    assert answer.status_code == 422
    assert not Change.objects.exists()


def test_who_was_assessed_in_a_closed_assessment_prints(org, review):
    client = browser(org, Role.EDITOR)
    member = Person.objects.filter(vendor_id="P_000000000000010")
    member.update(email=Member.objects.get().user.email)
    subjects(assessment(org, "Another review", status="Closed"), list(member))

    assert client.post(url(review, "letters/new/"), {"person": "P_000000000000011"}).status_code == 302


@pytest.mark.usefixtures("key_ring")
def test_subjects_of_a_closed_assessment_download_none_of_its_letters(org, review):
    """It may be reopened, and a letter would let them in as one of their own raters."""
    client = browser(org, Role.EDITOR)
    batch = ready(review)
    Assessment.objects.update(status="Closed")
    Person.objects.filter(vendor_id="P_000000000000000").update(email=Member.objects.get().user.email)

    answer = client.post(url(review, f"letters/{batch.pk}/"), follow=True)

    assert "This is about you" in text(answer)
    assert Sealed.objects.filter(purpose="letters").exists()


@pytest.mark.usefixtures("key_ring")
def test_letters_that_others_wait_for_stay_ready(org, review, monkeypatch):
    monkeypatch.setattr(pdf_pages, "WAITS", 0.01)
    client = browser(org, Role.EDITOR)
    batch = ready(review)

    with pdf_pages._one_at_a_time:
        busy = client.post(url(review, f"letters/{batch.pk}/"), follow=True)
    assert "Other letters are being made at the moment" in text(busy)
    assert client.post(url(review, f"letters/{batch.pk}/")).content.startswith(b"%PDF")


def ready(review: Assessment) -> LetterBatch:
    """A letter that can be downloaded."""
    change_key, told = uuid.uuid4(), {"Letters": [{"PersonID": "P_000000000000010", "Code": "AB2C-D3EF-4GHJ"}]}
    keep(review.org_id, letters.PURPOSE, {str(change_key): json.dumps(told).encode()})
    return LetterBatch.objects.create(
        org=review.org, assessment=review, change_key=change_key, printed_at=timezone.now()
    )


# -- from the engine to the paper


@pytest.fixture
def printed(connected: Connected):
    """Letters for Ben that were asked for and sent."""
    engine = connected.engine
    anna, ben = engine.person("Anna", "Berger"), engine.person("Ben", "Castle", metadata={"Language": "DE"})
    round_ = engine.assessment("Leadership 360 spring", status="Active")
    engine.evaluation(engine.subject(round_, anna), ben, "Peer")
    connected.sync()
    mirror_brand(connected.org, BrandRecord(name="halden", title="Halden", mail="on"), as_of=timezone.now())
    client = browser(connected.org, Role.EDITOR)

    def send(fault: str = "") -> Any:
        review = connected.assessment()
        answer = client.post(url(review, "letters/new/"), {"person": ben.public_id})
        assert answer.status_code == 302, text(answer)
        if fault:
            engine.fault(fault, request="qxPrintLetters", seconds=0)
        connected.send()
        return client, review

    return send


def _codes(connected: Connected) -> list[str]:
    batch = LetterBatch.objects.latest("pk")
    return [one.code for one in letters.opened_letters(batch.org_id, batch.change_key).letters]


def test_letters_are_downloaded_once(connected, printed):
    client, review = printed()
    batch = LetterBatch.objects.get()
    (code,) = _codes(connected)
    assert "Ready to print" in text(client.get(url(review)))

    first = client.post(url(review, f"letters/{batch.pk}/"))
    again = client.post(url(review, f"letters/{batch.pk}/"), follow=True)

    assert first.content.startswith(b"%PDF")
    assert "no-store" in first["Cache-Control"]
    assert "cannot be shown again" in text(again)
    assert not Sealed.objects.filter(purpose="letters").exists()
    assert connected.engine.run(letter_of, code).person.first_name == "Ben"
    page = text(client.get(url(review)))
    assert "Printed" in page
    assert "Download the letters" not in page
    assert AuditEntry.objects.filter(verb="letters.downloaded").count() == 1
    assert client.get(url(review, f"letters/{batch.pk}/")).status_code == 405


def test_codes_stand_nowhere_in_clear(connected, printed):
    from django.apps import apps

    client, review = printed()
    (code,) = _codes(connected)

    rows = str(
        [
            list(model._default_manager.values())
            for model in apps.get_models()
            if model._meta.managed and model._meta.app_label != "engine"
        ]
    )
    shown = "".join(client.get(url(review, page)).content.decode() for page in ("", "letters/new/", "../activity/"))
    for form in (code, code.replace("-", "")):
        assert form not in rows
        assert form not in shown


def test_an_answer_that_got_lost_asks_to_print_anew(connected, printed):
    client, review = printed("500-after")
    connected.send()

    change = Change.objects.get()
    assert (change.state, connected.engine.run(PrintedLetter.objects.count)) == ("done", 1)
    assert "Print letters for these people again" in str(change.attention_message)
    assert LetterBatch.objects.get().state == "lost"
    page = text(client.get(url(review)))
    assert "Codes lost" in page
    printed()
    assert [one.state for one in LetterBatch.objects.order_by("pk")] == ["lost", "ready"]
    assert connected.engine.run(letter_of, _codes(connected)[0]).key == Change.objects.latest("number").pk.hex


def test_what_was_not_carried_out_is_not_sent_again_unasked(connected, printed, settings):
    settings.VERIFY_TIMES = 1
    printed("500-before")
    connected.send()

    assert Change.objects.get().state == "person"
    assert connected.engine.run(PrintedLetter.objects.count) == 0


def test_letters_that_nobody_downloads_are_forgotten(connected, printed):
    client, review = printed()
    assert forget_old_letters() == 0
    old = timezone.now() - letters.KEEP - timedelta(minutes=1)
    LetterBatch.objects.update(printed_at=old)

    assert forget_old_letters() == 1
    assert not Sealed.objects.filter(purpose="letters").exists()
    batch = LetterBatch.objects.get()
    assert batch.state == "forgotten"
    assert "cannot be shown again" in text(client.post(url(review, f"letters/{batch.pk}/"), follow=True))


# -- the paper


def test_each_person_has_a_page_in_the_own_language():
    told = {
        "SiteURL": "https://feedback.halden.example",
        "Organization": "Halden <Optics> & Söhne",
        "TimeZone": "Europe/Vienna",
        "Letters": [
            {"PersonID": "P_1", "FirstName": "Ben", "LastName": "Castle", "Language": "DE", "Code": "AB2C-D3EF-4GHJ"},
            {
                "PersonID": "P_2",
                "FirstName": "Zoë",
                "LastName": "Őry",
                "Language": "EN",
                "Code": "KLMN-P567-QRST",
                "Deadline": "2027-03-01 16:00:00",
            },
            {"PersonID": "P_3", "FirstName": "Zoé", "LastName": "Roy", "Language": "FR", "Code": "UVWX-2345-YZAB"},
            {"PersonID": "P_4", "FirstName": "Inés", "LastName": "Gil", "Language": "ES-MX", "Code": "CDEF-6789-GHJK"},
        ],
    }
    content = letters_pdf(PrintedLetters.read(told), assessment="Leadership 360")

    pages = [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
    assert "AB2C-D3EF-4GHJ" in pages[0]
    assert "KLMN" not in pages[0]
    assert "Your code KLMN-P567-QRST" in pages[1]
    assert "1 Mar 2027, 17:00 (Europe/Vienna)" in pages[1]
    assert "https://feedback.halden.example/letter/" in pages[1]
    assert "Halden <Optics> & Söhne" in pages[1]
    assert "Votre code UVWX-2345-YZAB" in pages[2]
    assert "Su código CDEF-6789-GHJK" in pages[3]
    assert len(pages) == 4
