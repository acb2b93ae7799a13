"""An HR administrator runs a 360 from the first page to the last report."""

import io
import re
import subprocess

import pypdf
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PATIENCE, visit
from tests.support.demo_process import ROOT

pytestmark = pytest.mark.browser

NAME = "Harbour team leads 2027"


def open_assessment(person, name):
    person.go("assessments/")
    person.page.get_by_role("main").get_by_role("link", name=name, exact=True).click()
    person.page.wait_for_url(re.compile(r"/assessments/\d+/$"))
    return person.page.url


def test_the_administrator_runs_a_360(somebody, check):
    admin = somebody("admin", by_form=True)
    page = admin.page

    # sees the people and assessments
    admin.wait_for("Active assessments")
    check(page)
    admin.go("people/?q=adamczyk")
    admin.wait_for("Adamczyk, Magdalena")
    assert page.get_by_role("main").get_by_role("row").count() <= 10
    check(page)

    # creates an assessment
    admin.go("assessments/new/")
    check(page)
    page.get_by_label("Name").fill(NAME)
    admin.click("Continue")
    page.get_by_role("radio").first.check()
    check(page)
    admin.click("Continue")
    page.locator("input[name=name]").first.fill("Key account")
    page.locator("input[name=translations]").first.fill("de: Großkunde; fr: Grand compte")
    check(page)
    admin.click("Continue")
    check(page)
    admin.click("Continue")
    page.get_by_text("Paste e-mail addresses").click()
    page.get_by_label("E-mail addresses").fill(
        "Magdalena <magdalena.adamczyk@marlstone-instruments.example>; lukas.albrecht@marlstone-instruments.example"
    )
    check(page)
    admin.click("Continue")
    admin.wait_for("Key account")
    check(page)
    admin.click("Create assessment")
    page.wait_for_url(re.compile(r"/assessments/\d+/$"))  # it ends on the new thing
    page.get_by_role("heading", name=NAME).wait_for()
    check(page)
    home = page.url
    admin.wait_for("Draft")

    # adds subjects and evaluators
    visit(page, f"{home}subjects/add/?q=brandt")
    check(page)
    page.locator("input[name=person]").first.check()
    page.get_by_role("main").locator("button.btn-primary").last.click()
    page.wait_for_url("**/plans/**")
    check(page)
    admin.click("Add 1 subject")
    admin.wait_for("Applied")
    check(page)
    visit(page, f"{home}subjects/?q=albrecht")
    subject = admin.open("Albrecht, Lukas")
    check(page)
    visit(page, f"{subject}evaluators/?q=adams")
    check(page)
    page.get_by_label("Relationship", exact=False).first.select_option("Key account")
    page.locator("input[name=person]").first.check()
    page.get_by_role("main").locator("button.btn-primary").last.click()
    visit(page, subject)
    admin.reload_until(lambda: page.get_by_role("main").get_by_text("Key account").count())
    admin.wait_for("Adams")

    # sets custom relationships, and is refused clearly where one is in use
    visit(page, f"{home}relationships/")
    check(page)
    page.locator("input[name=name]").first.fill("")
    page.locator("input[name=translations]").first.fill("")
    admin.click("Save relationships")
    page.get_by_text(re.compile("Key account.*cannot be removed")).first.wait_for()
    visit(page, f"{home}relationships/")
    page.locator("input[name=name]").nth(1).fill("Mentor")
    admin.click("Save relationships")
    visit(page, f"{home}activity/")
    admin.wait_for("Set the relationships")
    check(page)

    # activates
    visit(page, f"{home}activate/")
    check(page)
    admin.click("Activate")
    visit(page, home)
    admin.reload_until(lambda: page.get_by_role("main").get_by_text("Active", exact=True).count())
    admin.wait_for("Active")
    assert [fault for fault in admin.faults if "422" not in fault] == []  # 422 is the refusal above


@pytest.mark.thorough
def test_progress_moves_while_one_watches(somebody, check, running_demo):
    admin = somebody("admin")
    open_assessment(admin, "Leadership 360 autumn 2026")
    page = admin.page
    check(page)
    figure = page.locator(".figure-value").first
    before = figure.inner_text()
    subprocess.run(
        ["./portal", "manage", "engine", "answer", "--count", "12", "--assessment", engine_id(page)],
        cwd=ROOT,
        env=running_demo.environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    admin.click("Refresh")

    expect(figure).not_to_have_text(before, timeout=3 * PATIENCE)


def engine_id(page):
    """The vendor's id of the assessment whose overview is open."""
    return page.get_by_role("main").locator("dt:has-text('Assessment ID') + dd").text_content().strip()


@pytest.mark.thorough
def test_subjects_are_marked_done_one_by_one_and_all_that_match(somebody, check):
    admin = somebody("admin", "fennmoor")  # elsewhere others answer meanwhile
    page = admin.page
    home = open_assessment(admin, "Studio feedback 2026")
    visit(page, f"{home}subjects/")
    check(page)
    row = page.locator("tr[id^=subject-]").first
    row.locator("summary").first.click()
    check(page)
    row.get_by_role("button", name="Mark as done").click()
    row.get_by_text("Done", exact=True).first.wait_for()

    page.get_by_label("All matching: 12").check()
    page.get_by_role("button", name="Mark as done").last.click()
    page.wait_for_url("**/plans/**")
    check(page)
    admin.click("Mark 11 subjects as done")
    admin.wait_for("11 of 11")
    admin.wait_for("Applied")
    check(page)
    visit(page, f"{home}subjects/")
    assert page.locator("tr[id^=subject-]").get_by_text("Done", exact=True).count() == 12
    assert admin.faults == []


@pytest.mark.thorough
def test_reports_are_fetched_downloaded_and_released(somebody, check):
    admin = somebody("admin")
    page = admin.page
    home = open_assessment(admin, "Leadership 360 spring 2026")
    visit(page, f"{home}subjects/?q=kok")
    admin.open("Kok, Pieter")
    page.get_by_label("As seen by").select_option("Subject")
    admin.click("Fetch report")
    page.get_by_role("link", name=re.compile("^Download")).first.wait_for(timeout=3 * PATIENCE)
    check(page)

    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("^Download")).first.click()
    content = download.value.path().read_bytes()
    document = pypdf.PdfReader(io.BytesIO(content))
    assert len(document.pages) >= 4
    assert "Pieter Kok" in "".join(page.extract_text() for page in document.pages)

    admin.go("reports/")
    check(page)
    page.get_by_role("link", name=re.compile("^Release")).first.click()
    check(page)
    assert page.locator("input[name=member]:checked").count() == 0  # nobody is chosen before somebody chooses
    page.get_by_label(re.compile("Pieter")).check()
    admin.click("Continue")
    admin.wait_for("Who will be able to open what")
    check(page)
    page.get_by_label("I have checked the names").check()
    if page.get_by_label("although the subject is not done").count():
        page.get_by_label("although the subject is not done").check()
    admin.click("Release to 1 person")
    page.get_by_text(re.compile("Released to")).first.wait_for()

    subject = somebody("subject")
    subject.go("")
    subject.wait_for("Leadership 360 spring 2026")
    check(subject.page)
    with subject.page.expect_download() as download:
        subject.page.get_by_role("link", name=re.compile("Download")).first.click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    admin.go("log/")
    admin.wait_for("Pieter Kok")
    check(page)


@pytest.mark.thorough
def test_closing_shows_its_switches(somebody, check):
    admin = somebody("admin")
    page = admin.page
    home = open_assessment(admin, "Operations leaders 360")
    visit(page, f"{home}close/")
    check(page)
    page.get_by_label("Make the reports ready").check()
    page.get_by_label("I understand what happens").check()
    admin.click("Close assessment")
    visit(page, home)
    admin.reload_until(lambda: page.get_by_role("main").get_by_text("Closed", exact=True).count())
    admin.wait_for("Closed")


@pytest.mark.thorough
def test_without_scripts_a_status_can_still_be_set(somebody):
    editor = somebody("editor", java_script_enabled=False)
    page = editor.page
    home = open_assessment(editor, "New team leads 360")
    visit(page, f"{home}subjects/")
    page.locator("input[name=subject]").first.check()
    page.get_by_role("button", name="Mark as done").last.click()
    page.wait_for_url("**/plans/**")
    page.get_by_role("main").locator("button.btn-primary").click()
    editor.reload_until(lambda: page.get_by_role("main").get_by_text("1 of 1").count())
    editor.wait_for("1 of 1")
