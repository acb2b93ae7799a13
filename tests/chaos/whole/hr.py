"""What HR does in the portal, page by page."""

import re
import time
from collections.abc import Sequence
from datetime import date

from tests.chaos.whole.browser import PAUSE, Browser, words
from tests.chaos.whole.people import Cast, Someone
from tests.chaos.whole.place import OWNER, Place

PASSWORD = "Harbour-Lantern-5127"  # of an account that is thrown away
NAME = "Hallbrook leadership 360"
CODE = re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){2}\b")


class HR:
    """The owner of the organisation at a browser."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.browser = Browser(place.portal)
        self.org = "/o/hallbrook/"
        self.assessment = ""  # the path of its overview

    def join(self) -> None:
        """Take up the invitation that the operator printed, and set a password."""
        page = self.browser.get(self.place.invitation)
        page = self.browser.submit(page, {"name": "Ines Moreau", "password": PASSWORD}, having="password")
        if "login" in page.url:
            self.browser.submit(page, {"login": OWNER, "password": PASSWORD}, having="login")
        self.browser.get(self.org)

    def turn_mail_on(self) -> None:
        """Let mails leave at night, too; send a test mail and type the code that it brought."""
        path = f"{self.org}settings/brand/"
        page = self.browser.wait(path, lambda text: "Send test mail" in text, "the brand")
        self.browser.submit(page, {"quiet_from": "00:00", "quiet_until": "00:00"}, having="quiet_from")
        self._settled()
        page = self.browser.get(path)
        self.browser.submit(page, {"address": OWNER}, action="settings/brand/test/")
        code = self._code()
        page = self.browser.get(path)
        self.browser.submit(page, {"code": code, "mode": "on"}, action="settings/brand/mail-on/")
        self.browser.wait(path, lambda text: "Turn mail off" in text and "Turn mail on" not in text, "mail to be on")

    def _code(self) -> str:
        received = self.place.wait_for_mail(OWNER, "Test mail")
        found = CODE.search(received.text)
        if found is None:
            raise AssertionError(received.text)
        return found[0]

    def add_people(self, people: Sequence[Someone]) -> None:
        """Enter everybody into the directory."""
        for one in people:
            page = self.browser.get(f"{self.org}people/new/")
            given = {
                "first_name": one.first_name,
                "last_name": one.last_name,
                "email": one.email,
                "manager_email": one.manager,
            }
            self.browser.submit(page, given, having="first_name")
        last = people[-1]
        self.browser.wait(f"{self.org}people/?q={last.email}", lambda text: last.last_name in text, "the last person")
        self._settled()

    def create_assessment(self, subjects: Sequence[Someone]) -> None:
        """Go through the wizard."""
        page = self.browser.wait(f"{self.org}assessments/new/", lambda text: "Name" in text, "the wizard")
        page = self.browser.submit(page, {"name": NAME}, having="name")
        survey = re.search(r'name="survey" value="([^"]+)"', page.text)
        if survey is None:
            raise AssertionError(f"There is no survey to choose: {words(page)}")
        page = self.browser.submit(page, {"survey": survey[1]})
        page = self.browser.submit(page, {})  # no relationships of its own
        options = {"minimum": "5", "maximum": "15", "SelfEvaluation": "on", "MergeMessages": "on"}
        page = self.browser.submit(page, {**options, "SubjectsNominate": [], "NominationApproval": []})
        page = self.browser.submit(page, {"addresses": "\n".join(one.email for one in subjects)}, having="addresses")
        self.browser.submit(page, {}, having="intent")
        self.assessment = self.browser.wait_for_link(f"{self.org}assessments/", rf"{self.org}assessments/\d+/", NAME)

    def add_evaluators(self, cast: Cast) -> None:
        """Ask a manager, peers and direct reports about each subject."""
        paths = {subject.email: self.subject(subject) for subject in cast.subjects}
        for relationship in ("Manager", "Peer", "DirectReport"):
            for address, groups in cast.evaluators.items():
                page = self.browser.get(f"{paths[address]}evaluators/")
                given = {"addresses": "\n".join(groups[relationship]), "relationship": relationship}
                self.browser.submit(page, given, having="addresses")
            self._settled()

    def subject(self, subject: Someone) -> str:
        """The path of a subject's page."""
        listed = f"{self.assessment}subjects/?q={subject.email}"
        name = f"{subject.last_name}, {subject.first_name}"
        return self.browser.wait_for_link(listed, rf"{self.assessment}subjects/\d+/", name)

    def activate(self) -> None:
        """Open the assessment, and invite everybody who is asked."""
        page = self.browser.get(f"{self.assessment}activate/")
        self.browser.submit(page, {}, having="intent")
        self.browser.wait(self.assessment, lambda text: "Active" in text, "the assessment to be active")
        self.browser.wait(f"{self.assessment}messages/", lambda text: "Invitation" in text, "the invitations")

    def finish(self, subjects: Sequence[Someone]) -> None:
        """Mark all subjects as done."""
        count = len(subjects)
        page = self.browser.get(f"{self.assessment}subjects/")
        page = self.browser.submit(page, {"scope": "all", "status": "Done"}, action="/subjects/status/")
        page = self.browser.submit(page, {"typed": str(count)}, action="/apply/")
        self.browser.wait(page.url, lambda text: f"{count} of {count}" in text, "all to be done")

    def release_all(self, subjects: Sequence[Someone]) -> None:
        """Let each subject open the report on the site from today on."""
        for subject in subjects:
            self._release(subject)
        self._settled()

    def _release(self, subject: Someone) -> None:
        path = self.subject(subject)
        page = self.browser.get(f"{path}site-release/")
        readers = re.findall(r'name="reader" value="([^"]+)"', page.text)
        given = {"reader": readers[:1], "first": date.today().isoformat(), "unfinished": "on"}  # noqa: DTZ011
        self.browser.submit(page, given, having="first")

    def mail_reports(self) -> None:
        """Tell everybody whose report is open."""
        page = self.browser.get(f"{self.assessment}messages/new/?kind=Report")
        self.browser.submit(page, {"when": "now"}, having="kind")

    def _settled(self) -> None:
        """Wait until no change is on its way; raises AssertionError where one needs a person or was refused."""
        end = time.monotonic() + 600
        moving = ("pending", "sending", "unknown") * 2  # a change that is sent again goes back, behind the first look
        while any(self._changes(state) for state in moving):
            if time.monotonic() > end:
                raise AssertionError("Changes are on their way for ten minutes.")
            time.sleep(PAUSE)
        for state in ("refused", "person", "held"):
            if found := self._changes(state):
                raise AssertionError(f"A change is {state}: {words(self.browser.get(found[0]))[:1500]}")

    def _changes(self, state: str) -> list[str]:
        page = self.browser.get(f"{self.org}changes/?state={state}")
        return re.findall(rf'href="({self.org}changes/[0-9a-f-]{{36}}/)"', page.text)
