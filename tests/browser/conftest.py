"""A running demo and a real Chromium."""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, Response, expect, sync_playwright

from qxportal.embedded import Embedded
from tests.support.cannot_go_on import starting
from tests.support.demo_process import Demo
from tests.support.demo_session import session_cookie
from tests.support.migrated import lay_down
from tests.support.processes import wait_for

AXE = Path(__file__).with_name("axe.min.js")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000  # milliseconds; a busy machine takes its time
HEIGHT = 900  # pixels, of a window
expect.set_options(timeout=PATIENCE)
TRIES = 5  # a page loads itself anew once the server has told it of something
# Runs the rules that can find something serious, as axe tells of them and of their checks, and gives what they found.
SERIOUS = """async (rules) => {
    const {rules: all, data} = axe._audit;
    const isGrave = (impact) => !["minor", "moderate"].includes(impact);
    const checks = (rule) => [...rule.any, ...rule.all, ...rule.none].map((each) => data.checks[each.id ?? each]);
    const counts = (rule) => isGrave(rule.impact) || checks(rule).some((each) => isGrave(each?.impact));
    const usual = all.filter((each) => each.enabled && !each.tags.includes("experimental") && counts(each));
    const values = rules ?? usual.map((each) => each.id);
    const found = await axe.run(document, {resultTypes: ["violations"], runOnly: {type: "rule", values}});
    return found.violations
        .filter((each) => isGrave(each.impact))
        .map((each) => `${each.id}: ${each.nodes[0].html.slice(0, 160)}`);
}"""


@pytest.fixture(scope="package")  # its processes work on as long as it runs
def running_demo() -> Iterator[Demo]:
    folder = Path(tempfile.mkdtemp(prefix="qx-browser-"))
    folder.chmod(0o711)
    demo = Demo(folder / "var")
    lay_down(Embedded(demo.var))
    try:
        with starting("The demo"):
            demo.start()
            demo.wait_until_read()
        yield demo
    finally:
        if demo.process and not demo.ended:
            demo.process.terminate()
            demo.process.wait(30)
        wait_for(lambda: not demo.left(), "the demo to end")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert path, "Chromium is missing; ./portal test installs it where it may."
    with sync_playwright() as playwright:
        with starting("Chromium"):
            browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()


def visit(page: Page, url: str) -> Response | None:
    """Open the address; that the page which is open loads itself anew at the same moment ends a try, not the visit."""
    for _try in range(TRIES):
        try:
            return page.goto(url)
        except Error as problem:
            if "ERR_ABORTED" not in str(problem) and "interrupted by another navigation" not in str(problem):
                raise
            page.wait_for_load_state()
    pytest.fail(f"{url} could not be opened: {page.url} was loaded anew again and again")


def resize(page: Page, width: int) -> None:
    """Give the window another width, and wait until the page has it."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    wait_for(lambda: evaluated(page, "innerWidth") == width, f"a window of {width} pixels")


def evaluated(page: Page, script: str) -> Any:
    """What the script gives in the page, also where the page loads itself anew at the same moment."""
    for _try in range(TRIES):
        try:
            return page.evaluate(script)
        except Error as problem:
            if "context was destroyed" not in str(problem):
                raise
            page.wait_for_load_state()
    pytest.fail(f"{page.url} was loaded anew again and again")


class Person:
    """Somebody at a browser, signed in: with a session of its own, or by the form."""

    def __init__(self, demo: Demo, context: BrowserContext, member: dict[str, str], *, by_form: bool = False) -> None:
        self.demo = demo
        self.context = context
        self.member = member
        if not by_form:
            context.add_cookies([session_cookie(demo, member["email"])])  # type: ignore[list-item]
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.faults: list[str] = []
        self.page.on("console", lambda message: self.faults.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda problem: self.faults.append(str(problem)))
        if by_form:
            self.sign_in()

    @property
    def home(self) -> str:
        return f"{self.demo.known()['portal']}/o/{self.member['organisation']}/"

    def sign_in(self) -> None:
        self.page.goto(f"{self.demo.known()['portal']}/account/login/")
        self.page.get_by_label("Email").fill(self.member["email"])
        self.page.get_by_label("Password", exact=False).first.fill(self.member["password"])
        self.page.get_by_role("main").get_by_role("button", name="Sign in").click()
        self.page.wait_for_url("**/o/**")

    def go(self, path: str) -> Page:
        answer = visit(self.page, self.home + path)
        assert answer is not None and answer.status == 200, path
        return self.page

    def click(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("button", name=name).first.click()

    def follow(self, name: str) -> None:
        self.page.get_by_role("main").get_by_role("link", name=name).first.click()

    def open(self, name: str) -> str:
        """Loads the page that a row of a list leads to, in place of its panel beside the list; gives its address."""
        link = self.page.get_by_role("main").get_by_role("link", name=name).first
        address = str(link.evaluate("link => link.href"))
        visit(self.page, address)
        return address

    def reload_until(self, seen: Callable[[], object]) -> None:
        """Loads the page again, as one does without scripts, until it is seen or patience ends."""
        ends = time.monotonic() + PATIENCE / 1000
        while not seen() and time.monotonic() < ends:
            self.page.wait_for_timeout(300)
            self.page.reload()

    def wait_for(self, text: str) -> None:
        """Until the text can be seen; a closed menu of choices may hold it too."""
        self.page.get_by_role("main").get_by_text(text).locator("visible=true").first.wait_for()


@pytest.fixture
def somebody(running_demo: Demo, chromium: Browser) -> Iterator[Callable[..., Person]]:
    """Gives a function that seats a member of the demo, by role, at a browser."""
    contexts: list[BrowserContext] = []

    def seat(role: str, organisation: str = "marlstone", *, by_form: bool = False, **options: Any) -> Person:
        members = running_demo.known()["members"]
        member = next(m for m in members if (m["role"], m["organisation"]) == (role, organisation))
        context = chromium.new_context(**{"reduced_motion": "reduce", **options})
        contexts.append(context)
        return Person(running_demo, context, member, by_form=by_form)

    yield seat
    for context in contexts:
        context.close()


@pytest.fixture
def check() -> Callable[..., None]:
    """Fails when axe-core finds a serious violation on the page; can be asked for its colours alone."""
    source = AXE.read_text()

    def found(page: Page, rules: list[str] | None) -> list[str]:
        for _try in range(TRIES):
            try:
                if not page.evaluate("'axe' in window"):
                    page.evaluate(source)
                serious: list[str] = page.evaluate(SERIOUS, rules)
            except Error as problem:
                if "navigation" not in str(problem) and "axe is not defined" not in str(problem):
                    raise
                page.wait_for_load_state()
            else:
                return serious
        pytest.fail(f"{page.url} was loaded anew again and again")

    def run(page: Page, *, colours_alone: bool = False) -> None:
        serious = found(page, ["color-contrast"] if colours_alone else None)
        assert not serious, f"{page.url}: {serious}"

    return run


os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright keeps a loop in this thread
