"""The daily jobs of HR, each begun on Home with its clicks counted, and what came of each at the engine."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator

from qxportal.threesixty.calls.assessments import GetAssessment, GetEvaluationStatus
from qxportal.threesixty.calls.mailings import GetMails
from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.calls.report_access import GetReportAccess
from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.secret import Secret
from tests.browser.conftest import PATIENCE, Person
from tests.support import jobs_world as world
from tests.support.demo_process import Demo
from tests.support.processes import wait_for

pytestmark = pytest.mark.browser


class Hand:
    """Does what a person does at a browser, and counts it: clicks, chosen files, and keys that go somewhere."""

    def __init__(self, person: Person) -> None:
        self.person, self.page = person, person.page
        self.count = 0

    @property
    def main(self) -> Locator:
        """The part of the page below its head."""
        return self.page.get_by_role("main")

    def click(self, target: Locator) -> None:
        """One click."""
        self.count += 1
        target.click()

    def follow(self, words: str | re.Pattern[str]) -> None:
        """A click on a link."""
        self.click(self.main.get_by_role("link", name=words).first)

    def press(self, words: str | re.Pattern[str]) -> None:
        """A click on a button."""
        self.click(self.main.get_by_role("button", name=words).first)

    def key(self, key: str) -> None:
        """One key that moves or submits."""
        self.count += 1
        self.page.keyboard.press(key)

    def write(self, text: str) -> None:
        """Types where the cursor already is."""
        self.page.locator("input:focus, textarea:focus").wait_for()
        self.page.keyboard.type(text)

    def choose(self, label: str, name: str, content: str) -> None:
        """The choice of a file."""
        self.count += 1
        file = {"name": name, "mimeType": "text/csv", "buffer": content.encode()}
        self.page.get_by_label(label).set_input_files(file)  # type: ignore[arg-type]

    def wait_for(self, words: str) -> None:
        """Until it can be read; waiting is no click."""
        self.person.wait_for(words)

    def wait_until_applied(self, *, patience: int = PATIENCE) -> None:
        """Until a plan was carried out to its end."""
        self.main.get_by_role("status").get_by_text("Applied", exact=True).wait_for(timeout=patience)


@pytest.fixture(scope="module")
def at_the_engine(running_demo: Demo) -> Iterator[tuple[ThreeSixty, dict[str, str]]]:
    """The organisation of these tests at the engine: a client, and the assessments' ids by name."""
    known = world.lay_down(running_demo)
    running_demo.wait_until_read()
    token = Secret(known["token"])
    with ThreeSixty(known["host"], known["user"], token, allow_loopback=True) as engine:
        yield engine, known["assessments"]


@pytest.fixture(scope="module")
def administrator(running_demo: Demo, chromium: Browser, at_the_engine: object) -> Iterator[Person]:
    """Somebody of HR, signed in once."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900}, locale="en")
    yield Person(running_demo, context, {"organisation": world.SLUG, "email": world.EMAIL, "password": world.PASSWORD})
    context.close()


@pytest.fixture
def hand(administrator: Person) -> Iterator[Hand]:
    """On Home, with nothing clicked."""
    administrator.page = administrator.context.new_page()
    administrator.page.set_default_timeout(PATIENCE)
    administrator.go("")
    yield Hand(administrator)
    administrator.page.close()


@pytest.fixture
def evaluations(at_the_engine):
    """Gives a function for an assessment's evaluations at the engine, by subject and evaluator."""
    engine, ids = at_the_engine

    def read(name):
        found = engine.call(GetEvaluationStatus(assessment_id=ids[name], include_evaluation_responses=False))
        return {(one.subject_email, one.evaluator_email): (one.relationship, one.status) for one in found}

    return read


def search(hand: Hand, words: str) -> None:
    hand.key("/")
    hand.write(words)
    hand.key("Enter")


def corrections() -> str:
    """What HR sends back: other names, departments and addresses of some people."""
    rows = ["Employee ID;First Name;Last Name;Email;Department"]
    for number in world.CORRECTED:
        email = world.address(f"renamed {number}") if number % 10 == 0 else world.colleague(number)
        rows.append(f"K{number:04};Colleague;{number:02};{email};Department {number % 4}")
    return "\n".join(rows)


@pytest.mark.thorough
def test_forty_subjects_and_their_raters_come_from_one_file(hand, evaluations):
    people = [world.colleague(number) for number in range(world.STAFF)]
    rows, wanted = ["SubjectEmail,Manager,Peers"], {}
    for number in range(world.SUBJECTS):
        subject, manager = people[number], people[40 + number % 10]
        peers = [people[50 + (number + place) % 10] for place in range(world.PEERS)]
        rows.append(f"{subject},{manager},{'; '.join(peers)}")
        wanted[subject, subject], wanted[subject, manager] = "Self", "Manager"
        wanted |= {(subject, peer): "Peer" for peer in peers}

    hand.click(hand.page.get_by_role("navigation", name="Main").get_by_role("link", name="Assessments"))
    hand.follow(world.IMPORT)
    hand.click(hand.main.get_by_role("navigation").get_by_role("link", name="Evaluations"))
    hand.follow("Import")
    hand.choose("File", "leads.csv", "\n".join(rows))
    hand.press("Upload")
    hand.press("Preview")
    hand.click(hand.main.get_by_label(re.compile("to confirm")))
    hand.write("200")
    hand.press(re.compile("^Apply|^Add"))
    hand.wait_until_applied()

    assert hand.count <= 12
    assert {pair: relationship for pair, (relationship, _state) in evaluations(world.IMPORT).items()} == wanted


def test_who_has_not_answered_is_seen_and_reminded(hand, evaluations, at_the_engine):
    engine, ids = at_the_engine
    owing = {evaluator for (_s, evaluator), (_r, state) in evaluations(world.REMIND).items() if state != "Completed"}

    entry = hand.main.get_by_role("listitem").filter(has_text=world.REMIND)
    hand.click(entry.get_by_role("link", name=re.compile("have something open")))
    for email in owing:
        hand.wait_for(email)
    hand.follow("Remind everybody")
    hand.press("Send reminders")
    hand.wait_for("Mailings")

    assert hand.count <= 3
    people = {person.vendor_id: person.email for person in engine.call(GetPersons(record_limit=500))}
    wait_for(lambda: engine.call(GetMails(assessment_id=ids[world.REMIND])), "the mails")
    mails = engine.call(GetMails(assessment_id=ids[world.REMIND]))
    assert {(mail.kind, people[mail.person_id]) for mail in mails} == {("Reminder", email) for email in owing}


@pytest.mark.thorough
def test_a_corrected_list_from_hr_is_taken_over(hand, at_the_engine):
    engine, _ids = at_the_engine

    hand.click(hand.page.get_by_role("navigation", name="Main").get_by_role("link", name="People"))
    hand.follow("Import")
    hand.choose("File", "corrections.csv", corrections())
    hand.press("Upload")
    hand.press("Preview")
    hand.press(re.compile("^Apply|^Change|^Update"))
    hand.wait_until_applied()

    assert hand.count <= 8
    people = {
        person.external_reference: person for person in engine.call(GetPersons(record_limit=500, include_metadata=True))
    }
    changed = [people[f"K{number:04}"] for number in world.CORRECTED]
    assert [person.email for person in changed[::10]] == [world.address(f"renamed {n}") for n in world.CORRECTED[::10]]
    assert [person.metadata["Department"] for person in changed] == [f"Department {n % 4}" for n in world.CORRECTED]


def test_a_leaver_is_replaced_in_all_that_is_open(hand, evaluations):
    leaver, successor = world.address(world.LEAVER), world.address(world.SUCCESSOR)
    before = evaluations(world.LEAVE)
    owed = {subject: kept for (subject, evaluator), kept in before.items() if evaluator == leaver}

    search(hand, "abgang")
    hand.follow("Leaves the company")
    hand.write(successor)
    hand.key("Enter")
    hand.press(re.compile("^Change"))
    hand.wait_until_applied()

    assert hand.count <= 5
    after = evaluations(world.LEAVE)
    assert [kept for (_s, evaluator), kept in after.items() if evaluator == leaver] == [("Peer", "Completed")]
    assert {subject: kept for (subject, evaluator), kept in after.items() if evaluator == successor} == {
        subject: kept for subject, kept in owed.items() if kept[1] != "Completed"
    }


@pytest.mark.thorough
def test_a_changed_manager_takes_over(hand, evaluations):
    moved = world.address(world.MOVED)

    search(hand, "wechsel")
    hand.follow(world.MOVE)
    hand.follow("Another manager")
    hand.press("Preview")
    hand.press(re.compile("^Change"))
    hand.wait_until_applied()

    assert hand.count <= 6
    managers = [
        pair[1] for pair, (relationship, _state) in evaluations(world.MOVE).items() if relationship == "Manager"
    ]
    assert managers == [world.address(world.NEW_MANAGER)]
    assert (moved, managers[0]) in evaluations(world.MOVE)


@pytest.mark.thorough
def test_an_assessment_is_closed_with_its_losses_seen(hand, evaluations, at_the_engine):
    engine, ids = at_the_engine

    hand.follow(world.CLOSE)
    hand.follow("Close")
    hand.wait_for("Evaluations in progress: 3; not started: 6.")
    hand.click(hand.main.get_by_label("Record evaluations in progress as they are"))
    hand.click(hand.main.get_by_label(re.compile("I understand")))
    hand.press("Close assessment")
    hand.wait_for("Closing the assessment")

    assert hand.count <= 5
    wait_for(lambda: engine.call(GetAssessment(assessment_id=ids[world.CLOSE])).status == "Closed", "the closing")
    assert Counter(state for _relationship, state in evaluations(world.CLOSE).values())["InProgress"] == 0


@pytest.mark.thorough
def test_forty_reports_go_to_subjects_managers_and_two_coaches(hand, at_the_engine):
    engine, ids = at_the_engine
    coaches = [world.colleague(58), world.colleague(59)]

    hand.click(hand.page.get_by_role("navigation", name="Main").get_by_role("link", name="Assessments"))
    hand.follow(world.RELEASE)
    hand.click(hand.main.get_by_role("navigation").get_by_role("link", name="Reports"))
    hand.follow("Releases")
    hand.follow("Release all that are ready")
    hand.click(hand.main.get_by_role("checkbox", name="Coaches"))
    hand.click(hand.main.get_by_role("checkbox", name="Also reports whose first edition"))
    hand.click(hand.main.get_by_label("Coaches by e-mail address"))
    hand.write(", ".join(coaches))
    hand.press("Preview")
    hand.click(hand.main.get_by_label(re.compile("to confirm")))
    hand.write("160")
    hand.press("Release to 160 readers")
    hand.wait_until_applied(patience=6 * PATIENCE)  # one request for each

    assert hand.count <= 12
    people = {person.vendor_id: person.email for person in engine.call(GetPersons(record_limit=500))}
    found = engine.call(GetReportAccess(assessment_id=ids[world.RELEASE]))
    given = {(people[one.subject_id], people[one.person_id]): (one.viewer, one.state) for one in found}
    wanted = {}
    for number in range(world.SUBJECTS):
        subject = world.colleague(number)
        wanted[subject, subject] = ("Subject", "Planned")
        wanted[subject, world.colleague(world.manager_of(number))] = ("Manager", "Planned")
        wanted |= {(subject, coach): ("Other", "Open") for coach in coaches}
    assert given == wanted
