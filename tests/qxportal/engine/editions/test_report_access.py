"""Who may open a report on the site: given, planned, withdrawn and told by requests of ours."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qxportal.engine.editions import report_access
from qxportal.engine.editions.erasing import erase
from qxportal.engine.models import Assessment, Edition, Person, ReportAccess, ReportOpening, User
from tests.qxportal.engine.editions.conftest import Round
from tests.support.engine_fixture import Engine


def written(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def access(at: Round, person: Person | None = None, viewer: str = "Subject", **fields: Any) -> dict[str, Any]:
    person = person or at.mara
    sent = {**at.about, "PersonID": person.public_id, "Viewer": viewer, **fields}
    return {name: written(value) if isinstance(value, datetime) else value for name, value in sent.items()}


def told(at: Round, **fields: Any) -> list[dict[str, Any]]:
    return list(at.call.result("qxGetReportAccess", **at.about, **fields)["Accesses"])


def test_access_is_open_planned_and_ended_by_its_times(at: Round):
    now = timezone.now()
    times: tuple[tuple[dict[str, Any], str], ...] = (
        ({}, "Open"),
        ({"From": now - timedelta(days=1), "Until": now + timedelta(days=1)}, "Open"),
        ({"From": now + timedelta(days=1)}, "Planned"),
        ({"From": now - timedelta(days=2), "Until": now - timedelta(days=1)}, "Ended"),
    )
    for fields, state in times:
        at.call.result("qxSetReportAccess", **access(at, **fields))
        (row,) = told(at)
        assert (row["State"], row["Viewer"], row["PersonID"]) == (state, "Subject", at.mara.public_id)


def test_withdrawing_keeps_the_row_and_needs_no_new_beginning(at: Round):
    at.call.result("qxSetReportAccess", **access(at, From=timezone.now() + timedelta(days=5)))
    began = told(at)[0]["From"]

    at.call.result("qxSetReportAccess", **access(at, Until=timezone.now()))

    (row,) = told(at)
    assert (row["State"], row["From"]) == ("Ended", began)
    assert at.count(ReportAccess) == 1


def test_access_of_somebody_who_left_can_be_ended_but_not_given(at: Round):
    coach = at.others[0]
    at.call.result("qxSetReportAccess", **access(at, coach, "Other"))
    at.engine.run(Person.objects.filter(pk=coach.pk).update, removed_at=timezone.now())

    assert at.call.refused("qxSetReportAccess", **access(at, coach, "Other")) == (400, "ESRV35|PersonID")
    at.call.result("qxSetReportAccess", **access(at, coach, "Other", Until=timezone.now()))
    (row,) = told(at)
    assert (row["Left"], row["State"]) == (True, "Ended")


def test_who_cannot_be_given_a_report_is_refused_beside_the_parameter(at: Round, engine: Engine):
    stranger = engine.person("Xaver", "Other", brand=engine.make_brand("other", "Other"))
    peer = at.others[1]
    at.answers(1, "Peer")
    for fields, why in (
        (access(at, peer, "Subject"), "ESRV35|Viewer"),
        (access(at, at.mara, "Other"), "ESRV35|Viewer"),
        (access(at, peer, "Manager"), "ESRV35|Viewer"),
        (access(at, stranger, "Other"), "ESRV35|PersonID"),
        (access(at, peer, "Boss"), "ESRV35|Viewer"),
        (access(at, Edition=1), "ESRV35|Edition"),
        (access(at, Until=timezone.now() - timedelta(days=1)), "ESRV35|Until"),
        ({**access(at), "SubjectID": peer.public_id}, "ESRV35|SubjectID"),
    ):
        assert at.call.refused("qxSetReportAccess", **fields) == (400, why), fields
    assert at.count(ReportAccess) == 0


def test_managers_are_the_directorys_and_those_who_evaluate_as_manager(at: Round):
    above, beside = at.others[:2]
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=above)
    at.answers(1, "Manager")

    at.call.result("qxSetReportAccess", **access(at, above, "Manager"))
    at.call.result("qxSetReportAccess", **access(at, beside, "Manager"))

    assert {row["PersonID"] for row in told(at)} == {above.public_id, beside.public_id}


def test_only_those_who_run_the_assessment_give_and_read_access(at: Round, engine: Engine):
    stranger = engine.make_api_user("mia.keller", brand=engine.make_brand("other", "Other"))
    nobody = engine.make_api_user("ned.noble", brand_admin=False)
    for user, answer in ((stranger, (400, "ESRV35|ThreeSixtyID")), (nobody, (403, "ESRV3"))):
        assert at.call.refused("qxSetReportAccess", user=user, **access(at)) == answer
        assert at.call.refused("qxGetReportAccess", user=user, **at.about) == answer
    assert at.count(ReportAccess) == 0


def test_readers_make_no_edition_beyond_the_first(at: Round):
    for number in range(3):
        at.answers(number)
    at.status("Done")
    at.call.result("qxSetReportAccess", **access(at))
    row = at.engine.run(lambda: report_access.accesses().get())

    assert at.engine.run(report_access.edition_of, row).number == 1
    for number in range(3, 6):
        at.answers(number)
    assert at.engine.run(report_access.edition_of, row).number == 1
    at.fetch()
    assert at.engine.run(report_access.edition_of, row).number == 2
    assert at.count(Edition) == 2


def test_named_edition_stays_the_one_that_is_opened(at: Round):
    for number in range(3):
        at.answers(number)
    at.fetch_done()
    for number in range(3, 6):
        at.answers(number)
    at.status("Done")
    at.fetch()

    at.call.result("qxSetReportAccess", **access(at, Edition=1))

    row = at.engine.run(lambda: report_access.accesses().get())
    assert at.engine.run(report_access.edition_of, row).number == 1
    assert told(at)[0]["Edition"] == 1


def test_approval_needs_a_manager_and_is_asked_again_for_another_edition(at: Round):
    at.engine.run(lambda: type(at.review).objects.filter(pk=at.review.pk).update(options={"ReportApproval": True}))
    boss = at.others[9]
    assert at.call.refused("qxSetReportAccess", **access(at)) == (400, "ETS3")
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=boss)
    for number in range(3):
        at.answers(number)
    at.fetch_done()

    at.call.result("qxSetReportAccess", **access(at))
    (row,) = told(at)
    assert (row["State"], row["Approval"]["PersonID"]) == ("WaitsForApproval", boss.public_id)
    kept = at.engine.run(lambda: report_access.accesses().get())
    assert not at.engine.run(report_access.approve, kept, at.others[3], 1)
    assert at.engine.run(report_access.approve, kept, boss, 1)
    assert not at.engine.run(report_access.send_back, kept, boss, "Too late.")

    at.call.result("qxSetReportAccess", **access(at, Until=timezone.now() + timedelta(days=9)))
    assert told(at)[0]["State"] == "Open"  # the same edition stays approved
    for number in range(3, 6):
        at.answers(number)
    at.status("Done")
    at.fetch()
    kept = at.engine.run(lambda: report_access.accesses().get())
    assert at.engine.run(report_access.edition_of, kept).number == 1
    at.call.result("qxSetReportAccess", **access(at))
    assert told(at)[0]["State"] == "WaitsForApproval"


def test_what_was_sent_back_is_told_with_its_reason_until_it_is_released_again(at: Round):
    at.engine.run(lambda: type(at.review).objects.filter(pk=at.review.pk).update(options={"ReportApproval": True}))
    boss = at.others[9]
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=boss)
    at.call.result("qxSetReportAccess", **access(at))
    kept = at.engine.run(lambda: report_access.accesses().get())

    assert at.engine.run(report_access.send_back, kept, boss, "Let us talk first.")

    (row,) = told(at)
    assert (row["State"], row["Approval"]["Reason"]) == ("SentBack", "Let us talk first.")
    at.call.result("qxSetReportAccess", **access(at))
    (row,) = told(at)
    assert (row["State"], row["Approval"]["Reason"]) == ("WaitsForApproval", None)


def test_erased_reader_leaves_no_openings_and_no_words(at: Round):
    at.engine.run(lambda: type(at.review).objects.filter(pk=at.review.pk).update(options={"ReportApproval": True}))
    boss = at.others[9]
    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=boss)
    at.call.result("qxSetReportAccess", **access(at))
    at.call.result("qxSetReportAccess", **access(at, boss, "Manager"))
    own, managers = at.engine.run(lambda: list(report_access.accesses().order_by("pk")))
    at.engine.run(report_access.send_back, own, boss, "Let us talk first.")
    opening = {"brand": at.review.brand, "access": managers, "person": boss, "what": "page", "edition": 1}
    at.engine.run(ReportOpening.objects.create, **opening, device="a")

    at.engine.run(lambda: erase(Person.objects.get(pk=boss.pk)))

    assert at.count(ReportOpening) == 0
    own, managers = at.engine.run(lambda: list(report_access.accesses().order_by("pk")))
    assert (own.sent_back_because, at.engine.run(report_access.state, managers)) == ("", "Ended")


def test_only_what_opens_a_report_now_is_worth_a_mail(at: Round):
    def now_open() -> list[str]:
        return at.engine.run(
            lambda: [
                row.viewer for row in report_access.open_now(Assessment.objects.get(pk=at.review.pk)).order_by("pk")
            ]
        )

    at.engine.run(Person.objects.filter(pk=at.mara.pk).update, manager=at.others[9])
    at.call.result("qxSetReportAccess", **access(at))
    at.call.result("qxSetReportAccess", **access(at, at.others[9], "Manager"))
    at.call.result("qxSetReportAccess", **access(at, at.others[8], "Other", From=timezone.now() + timedelta(days=1)))
    at.call.result("qxSetReportAccess", **access(at, at.others[7], "Other", Until=timezone.now() + timedelta(days=1)))
    assert now_open() == []  # no figures yet
    at.status("Done")
    assert now_open() == ["Subject", "Manager", "Other"]
    at.engine.run(lambda: type(at.review).objects.filter(pk=at.review.pk).update(options={"ReportApproval": True}))
    assert now_open() == ["Manager", "Other"]
    at.fetch()
    at.status("Waiting")
    assert now_open() == ["Manager", "Other"]  # what was given stays


def test_many_readers_are_set_at_once_and_each_refusal_is_told(at: Round, engine: Engine):
    coach, peer = at.others[:2]
    one = {"SubjectID": at.mara.public_id, "PersonID": coach.public_id, "Viewer": "Other"}
    himself = engine.make_api_user("mara.own")
    engine.run(User.objects.filter(pk=himself.row.pk).update, email=at.mara.email)
    entries = [
        one,
        {**one, "PersonID": peer.public_id, "Viewer": "Manager"},
        {**one, "Until": "2035-01-01 00:00:00"},
        {**one, "PersonID": peer.public_id, "Until": "soon"},
        {**one, "PersonID": peer.public_id, "Notify": "1"},
        "nobody",
        {**one, "PersonID": peer.public_id},
    ]
    which = {"ThreeSixtyID": at.about["ThreeSixtyID"], "Accesses": json.dumps(entries)}

    results = at.call.result("qxSetReportAccesses", **which)

    assert results["Count"] == 2
    codes = [row.get("Code", "") for row in results["Results"]]
    refused = ["ESRV35|Viewer", "ESRV35|PersonID", "ESRV35|Until", "ESRV35|Notify", "ESRV35|entry"]
    assert codes == ["", *refused, ""]
    assert {row["PersonID"] for row in told(at)} == {coach.public_id, peer.public_id}
    own = at.call.result("qxSetReportAccesses", user=himself, **which)
    assert [row.get("Code") for row in own["Results"] if row.get("Code") != "ESRV35|entry"] == [
        *["ESRV3"] * 3,
        "ESRV35|Until",
        "ESRV35|Notify",
        "ESRV3",
    ]


@pytest.mark.parametrize("entries", ["[]", "{}", "7", "x", json.dumps([{}] * 101)])
def test_many_readers_are_a_list_of_bounded_length(at: Round, entries: str):
    which = {"ThreeSixtyID": at.about["ThreeSixtyID"], "Accesses": entries}

    assert at.call.refused("qxSetReportAccesses", **which) == (400, "ESRV35|Accesses")


def test_many_readers_are_set_by_those_alone_who_run_the_assessment(at: Round, engine: Engine):
    stranger = engine.make_api_user("mia.keller", brand=engine.make_brand("other", "Other"))
    nobody = engine.make_api_user("ned.noble", brand_admin=False)
    entry = {"SubjectID": at.mara.public_id, "PersonID": at.others[0].public_id, "Viewer": "Other"}
    which = {"ThreeSixtyID": at.about["ThreeSixtyID"], "Accesses": json.dumps([entry])}

    assert at.call.refused("qxSetReportAccesses", user=stranger, **which) == (400, "ESRV35|ThreeSixtyID")
    assert at.call.refused("qxSetReportAccesses", user=nobody, **which) == (403, "ESRV3")
    assert at.count(ReportAccess) == 0
