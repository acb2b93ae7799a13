"""By what name each request is called, and what the vendor says to it."""

import pytest

from qxportal.accounts.credentials import client_for
from qxportal.accounts.models import AuditEntry, Credential
from qxportal.accounts.roles import Role
from qxportal.ledger.jobs.probe import QUESTIONS, probe, start_probe
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Job
from qxportal.threesixty.calls.assessments import GetAssessments
from qxportal.threesixty.catalogue import CATALOGUE
from qxportal.threesixty.errors import Rejected
from qxportal.ui.stored_messages import technical_details

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])


@pytest.fixture
def url(connected):
    return f"/o/{connected.org.slug}/settings/requests/"


@pytest.fixture
def admin(client, connected):
    client.force_login(connected.admin.user)
    return client


def tried(connected) -> Job:
    """A probe, run in this process."""
    job = start_probe(connected.org, by=connected.admin)
    run(job.pk, probe)
    job.refresh_from_db()
    return job


def heard(connected):
    return Credential.objects.get(org=connected.org).heard


def test_every_request_is_listed_with_how_sure_its_name_is(admin, url):
    page = admin.get(url).content.decode()
    _head, _legend, page = page.partition("Where the names come from")

    assert all(f'id="request-{name}"' in page for name in CATALOGUE)
    assert page.count("Inferred</span>") - 1 == sum(spec.name_is == "inferred" for spec in CATALOGUE.values())


def test_a_probe_tries_all_that_only_read_and_nothing_else(connected, admin, url):
    assessment = connected.engine.assessment("Leadership review")
    connected.engine.subject(assessment, connected.engine.person("Anna", "Berger"))
    before = len(connected.engine.calls())

    job = tried(connected)

    asked = {call.request for call in connected.engine.calls()[before:]}
    reading = {spec.name for spec in CATALOGUE.values() if not spec.mutates}
    assert set(QUESTIONS) == reading - {"getLegacyResponseData"}
    assert asked <= {*QUESTIONS, *(alias for name in QUESTIONS for alias in CATALOGUE[name].aliases)}
    assert job.state == Job.State.DONE
    assert {name for name, one in heard(connected).items() if one["outcome"] == "answered"} >= {
        "getAssessment",
        "getSubjectStatus",
        "getEvaluationStatus",
        "getPersons",
    }
    assert heard(connected)["getSubjectReportPDF"]["outcome"] == "refused"  # which says that its name is known
    assert job.done + job.failed == len(QUESTIONS)
    assert "Answered</span>" in admin.get(url).content.decode()


def test_a_probe_never_makes_the_first_report_of_a_subject(connected):
    assessment = connected.engine.assessment("Leadership review")
    connected.engine.subject(assessment, connected.engine.person("Anna", "Berger"), status="Done", report_ready=True)

    tried(connected)

    assert not connected.engine.calls("getSubjectReport") and not connected.engine.calls("getSubjectReportPDF")


def test_an_empty_organisation_has_nothing_to_try_some_with(connected):
    job = tried(connected)

    told = {technical_details(item.label): str(item.message) for item in job.items.all()}
    assert told["getSubjectReport"] == "Not checked: there is no record to ask for"
    assert "getSubjectReport" not in heard(connected)


def test_an_alias_that_answers_is_offered_and_taken_with_one_click(connected, admin, url):
    Credential.objects.filter(org=connected.org).update(names={"getPersons": "getEverybody"})
    tried(connected)

    page = admin.get(url).content.decode()
    assert "Use getOrganizationPersons, which answered" in page
    admin.post(f"{url}name/", {"request": "getPersons", "name": "getOrganizationPersons"})

    assert Credential.objects.get(org=connected.org).names == {"getPersons": "getOrganizationPersons"}
    tried(connected)
    assert heard(connected)["getPersons"]["outcome"] == "answered"
    assert heard(connected)["getPersons"]["name"] == "getOrganizationPersons"


def test_a_name_is_used_from_then_on_and_an_empty_one_is_the_requests_own(connected, admin, url):
    admin.post(f"{url}name/", {"request": "getAssessments", "name": "getThreeSixties"})
    with client_for(connected.org) as threesixty, pytest.raises(Rejected):
        threesixty.call(GetAssessments())
    assert heard(connected)["getAssessments"]["outcome"] == "unknown"

    admin.post(f"{url}name/", {"request": "getAssessments", "name": ""})

    with client_for(connected.org) as threesixty:
        threesixty.call(GetAssessments())
    assert heard(connected)["getAssessments"]["outcome"] == "answered"
    assert AuditEntry.objects.filter(org=connected.org, verb="credential.name-changed").count() == 2


@pytest.mark.parametrize("name", ["getSurveys", "get Assessments", "<script>", "x" * 81, "7th"])
def test_a_name_that_is_none_or_anothers_is_refused(connected, admin, url, name):
    admin.post(f"{url}name/", {"request": "getAssessments", "name": name})

    assert Credential.objects.get(org=connected.org).names == {}


def test_an_unknown_request_gets_no_name(connected, admin, url):
    admin.post(f"{url}name/", {"request": "getEverything", "name": "getAll"})

    assert Credential.objects.get(org=connected.org).names == {}


def test_a_refused_token_ends_the_probe_at_once(connected):
    connected.engine.run(
        lambda: (
            type(connected.engine.api_user.row)
            .objects.filter(pk=connected.engine.api_user.row.pk)
            .update(token_hash="0" * 64)
        )
    )
    before = len(connected.engine.calls())

    job = tried(connected)

    assert job.state == Job.State.FAILED
    assert len(connected.engine.calls()) - before == 1


def test_only_administrators_see_and_change_names(member, org):
    admin, url = member(Role.EDITOR), f"/o/{org.slug}/settings/requests/"

    assert admin.get(url).status_code == 403
    assert admin.post(f"{url}name/", {"request": "getPersons", "name": "getPeople"}).status_code == 403
    assert admin.post(f"{url}try/").status_code == 403


def test_without_a_credential_the_page_says_what_to_do(member, org):
    assert "Enter the credential" in member(Role.ADMIN).get(f"/o/{org.slug}/settings/requests/").content.decode()
