"""Figures from outside for reports: pasted, checked against what reports can name, set by a change, shown, removed."""

import io
import uuid

import pytest

from assessments.figures_pasted import as_cells, read
from assessments.models import ReportFigures
from assessments.report_figures import Table, read_figures
from qxportal.accounts.models import Credential
from qxportal.accounts.roles import Role
from qxportal.core.tables.problems import TableProblem
from qxportal.engine.models import DataSource
from qxportal.ledger.jobs.run import run
from qxportal.ledger.models import Change, Job
from tests.support.built_once import built_once
from tests.support.mirrored_rows import browser

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "engine"])
TABLE = Table(
    report_id="RP_1",
    source_id="DS_1",
    told=True,
    points=5,
    competencies=["Communication", "Results"],
    statements={"QID2": "Listens well", "QID3": "Delivers"},
)


def given(text, assessment, table=TABLE):
    return read(io.BytesIO(text.encode()), "Pasted cells", table, assessment)


@pytest.fixture
@built_once
def place(connected):
    """The page of the figures of an assessment with one subject, after it was read."""
    review = connected.engine.assessment("Leadership review")
    connected.engine.subject(review, connected.engine.person("Anna", "Berger", email="anna.berger@marlstone.example"))
    connected.sync()
    return f"/o/{connected.org.slug}/assessments/{connected.assessment().pk}/reports/figures/"


def refreshed(client, place):
    client.post(f"{place}refresh/")
    job = Job.objects.filter(kind="read-figures").latest("created_at")
    run(job.pk, read_figures)
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.outcome
    return ReportFigures.objects.get().tables[0]["source_id"]


def test_rows_are_read_as_people_write_them(connected, place):
    text = (
        "Kompetenz\tMittelwert\tn\tPerson\n"
        "communication\t3,7\t84\t\n"
        "Listens  well\t2.5\t\tanna.berger@marlstone.example\n"
    )

    found = given(text, connected.assessment())

    assert [line.problems for line in found.lines] == [[], []]
    assert found.rows == [
        {"Competency": "Communication", "Mean": 3.7, "Subjects": 84},
        {"QuestionID": "QID2", "Mean": 2.5, "PersonID": connected.subject().vendor_id},
    ]
    again = given(as_cells(found.rows), connected.assessment())
    assert (again.rows, again.wrong) == (found.rows, 0)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("Juggling\t3\t\t", "no competency and no rating question named “Juggling”"),
        ("\t3\t\t", "names no competency and no question"),
        ("Results\t5.1\t\t", "not on the scale, which goes from 1 to 5"),
        ("Results\thigh\t\t", "“high” is not a number"),
        ("Results\t\t\t", "The mean is missing"),
        ("Results\t3\tmany\t", "“many” is not a number of people"),
        ("Results\t3\t\tnobody@marlstone.example", "No subject of this assessment"),
        ("Results\t3\t\t\nresults\t4\t\t", "Row 2 already has a figure for this competency or question"),
    ],
)
def test_unusable_figures_are_reported_beside_their_row(connected, place, row, words):
    found = given(f"Competency\tMean\tSubjects\tPersonID\n{row}\n", connected.assessment())

    assert found.wrong == 1
    assert words in " ".join(problem for line in found.lines for problem in line.problems)


def test_a_table_without_means_is_none(connected, place):
    with pytest.raises(TableProblem, match="has to name the columns"):
        given("Competency\tNote\nResults\tgood\n", connected.assessment())


def test_figures_are_pasted_checked_set_and_removed(connected, place):
    client = browser(connected.org, Role.EDITOR)
    source = refreshed(client, place)
    wrong = client.post(f"{place}{source}/", {"pasted": "Competency\tMean\nResults\t9\n", "save": ""})
    assert wrong.status_code == 422 and not Change.objects.exists()
    cells = "Competency\tMean\tSubjects\nResults\t3,4\t120\n"

    checked = client.post(f"{place}{source}/", {"pasted": cells})
    assert "Set these figures" in checked.content.decode() and not Change.objects.exists()
    form = {"pasted": cells, "save": "", "intent": str(uuid.uuid4())}
    for _click in range(2):
        assert client.post(f"{place}{source}/", form).status_code == 302

    change = Change.objects.get()
    connected.send()
    assert connected.settled(change).state == Change.State.DONE
    rows = [{"Competency": "Results", "Mean": 3.4, "Subjects": 120}]
    assert connected.engine.run(DataSource.objects.get).rows == rows
    assert ReportFigures.objects.get().tables[0]["rows"] == rows
    refreshed(client, place)
    shown = client.get(place).content.decode()
    assert "Results" in shown and "3.4" in shown and "All reports" in shown
    client.post(f"{place}{source}/remove/", {"intent": str(uuid.uuid4())})
    connected.send()
    assert connected.engine.run(DataSource.objects.get).rows == []


def test_a_file_becomes_cells_that_can_be_set(connected, place):
    client = browser(connected.org, Role.EDITOR)
    source = refreshed(client, place)
    file = io.BytesIO(b"Competency;Mean\nResults;3,4\n")
    file.name = "norms.csv"

    checked = client.post(f"{place}{source}/", {"file": file})

    assert checked.context["form"].initial["pasted"] == "Competency\tMean\nResults\t3.4\n"


def test_page_shows_last_set_rows_if_server_lists_none(connected, place):
    heard = {"qxGetPredefinedData": {"outcome": "unknown", "name": "qxGetPredefinedData", "at": "2999-01-01T00:00:00Z"}}
    Credential.objects.update(heard=heard)
    client = browser(connected.org, Role.EDITOR)
    source = refreshed(client, place)

    client.post(f"{place}{source}/", {"pasted": "Competency\tMean\nAnything\t70\n", "save": ""})
    connected.send()
    refreshed(client, place)

    assert Change.objects.get().state == Change.State.DONE
    page = client.get(place).content.decode()
    assert "does not list the rows of this table" in page and "Anything" in page


def test_roles_and_other_organisations(connected, place):
    editor = browser(connected.org, Role.EDITOR)
    source = refreshed(editor, place)
    reader = browser(connected.org, Role.READER)

    assert reader.get(place).status_code == 200
    assert reader.get(f"{place}{source}/").status_code == 403
    assert reader.post(f"{place}{source}/remove/").status_code == 403
    assert editor.get(f"{place}DS_none/").status_code == 404


def test_readers_see_no_row_that_one_report_alone_shows(connected, place):
    editor = browser(connected.org, Role.EDITOR)
    source = refreshed(editor, place)
    person = connected.subject().vendor_id
    cells = f"Competency\tMean\tPersonID\nResults\t3.75\t\nResults\t4.25\t{person}\n"
    editor.post(f"{place}{source}/", {"pasted": cells, "save": "", "intent": str(uuid.uuid4())})
    connected.send()
    pages = place, f"/o/{connected.org.slug}/changes/{Change.objects.get().pk}/"

    reader = browser(connected.org, Role.READER)
    theirs, readers = ([client.get(page).content.decode() for page in pages] for client in (editor, reader))

    assert all("3.75" in page and "4.25" in page for page in theirs)
    assert all("3.75" in page and "4.25" not in page for page in readers)


def test_a_subject_sees_no_row_of_the_own_report_and_sets_none(connected, place, client):
    engine, admin = connected.engine, connected.admin
    own = engine.person("Rosa", "Keller", email=admin.user.email)
    source = engine.run(DataSource.objects.select_related("report__assessment").get)
    engine.subject(source.report.assessment, own)
    row = {"Competency": "Results", "Mean": 4.25, "PersonID": own.public_id}
    engine.run(DataSource.objects.update, rows=[row, {"Competency": "Results", "Mean": 3.75}])
    connected.sync()
    key = refreshed(browser(connected.org, Role.EDITOR), place)
    client.force_login(admin.user)

    page = client.get(place).content.decode()
    sent = client.post(f"{place}{key}/", {"pasted": "Competency\tMean\nResults\t4\n", "save": ""})

    assert "3.75" in page and "4.25" not in page
    assert sent.status_code == 422 and not Change.objects.exists()
