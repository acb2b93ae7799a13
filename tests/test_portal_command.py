"""The demo starts, answers, survives, and leaves nothing behind."""

import html
import http.cookiejar
import os
import re
import shutil
import signal
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from qxportal.embedded import Embedded
from tests.support.demo_process import ROOT, Demo
from tests.support.migrated import lay_down
from tests.support.ports import free_port
from tests.support.processes import wait_for
from tests.support.samples import thorough

pytestmark = pytest.mark.processes


@pytest.fixture(scope="module")
def the_demo() -> Iterator[Demo]:
    folder = Path(tempfile.mkdtemp(prefix="qx-demo-"))
    folder.chmod(0o711)
    demo = Demo(folder / "var")
    if not thorough():  # otherwise the demo makes its tables itself
        lay_down(Embedded(demo.var))
    try:
        yield demo
    finally:
        if not demo.ended and demo.process:
            demo.process.kill()
            demo.process.wait()
        wait_for(lambda: not demo.left(), "the demo to end")
        shutil.rmtree(folder)


@pytest.fixture
def demo(the_demo: Demo) -> Demo:
    """A demo that runs: an earlier test may have ended it."""
    if the_demo.ended:
        the_demo.start()
    return the_demo


def sign_in(portal: str, email: str, password: str) -> str:
    """The address that a browser ends at."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
    with browser.open(f"{portal}/account/login/", timeout=60) as page:
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    assert found
    form = {"csrfmiddlewaretoken": found[1], "login": email, "password": password}
    with browser.open(f"{portal}/account/login/", urllib.parse.urlencode(form).encode(), timeout=60) as page:
        return str(page.geturl())


def enter(link: str, email: str) -> str:
    """What somebody reads who opens a personal link and types an address."""
    cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    browser = urllib.request.build_opener(urllib.request.ProxyHandler({}), cookies)
    with browser.open(link, timeout=60) as page:
        address, text = page.geturl(), page.read().decode()
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text)
    assert found
    form = urllib.parse.urlencode({"csrfmiddlewaretoken": found[1], "address": email}).encode()
    with browser.open(address, form, timeout=60) as page:
        return html.unescape(page.read().decode())


def test_every_member_of_the_demo_is_named(demo: Demo) -> None:
    known = demo.known()

    assert set(known) == {"portal", "members", "engine", "invited"}
    assert [invited["who"] for invited in known["invited"]] == [
        "Rater (peer)",
        "Rater (manager)",
        "Subject",
        "Rater (external)",
        "Subject who chooses evaluators",
        "Manager who approves evaluators",
    ]
    assert len({invited["email"] for invited in known["invited"]}) == 6
    assert len({invited["assessment"] for invited in known["invited"][:3]}) == 1
    for invited in known["invited"]:
        assert invited["link"].startswith(f"http://127.0.0.1:{demo.site_port}/l/")
        for each in ("link", "who", "name", "about", "email", "assessment"):
            assert invited[each] in demo.words
    assert known["portal"] == f"http://127.0.0.1:{demo.port}"
    assert known["engine"]["url"] == f"http://127.0.0.1:{demo.engine_port}"
    for member in known["members"]:
        assert set(member) == {"email", "password", "role", "organisation"}
        assert member["email"] in demo.words
        assert member["password"] in demo.words
    roles = {(member["organisation"], member["role"]) for member in known["members"]}
    assert {role for org, role in roles if org == "marlstone"} == {
        "owner",
        "admin",
        "editor",
        "reader",
        "auditor",
        "coach",
        "subject",
    }
    assert {role for org, role in roles if org == "fennmoor"} == {"owner", "admin"}
    assert {role for org, role in roles if org == "weidenbruch"} == {"owner", "admin", "subject"}
    assert {user["brand"] for user in known["engine"]["users"]} == {"marlstone", "fennmoor", "weidenbruch"}
    assert (demo.var / "demo.json").stat().st_mode & 0o777 == 0o600


def test_each_personal_link_leads_to_the_running_assessment(demo: Demo) -> None:
    for invited in demo.known()["invited"]:
        page = enter(invited["link"], invited["email"])

        assert invited["about"] in page
        assert invited["assessment"] in page
        with pytest.raises(urllib.error.HTTPError):
            enter(invited["link"], "somebody.else@people.example")


def test_one_command_opens_an_organisation_that_works(demo: Demo) -> None:
    words = ("organisation", "create", "Halden Group", "--slug", "halden", "--owner", "ines@halden.example")
    engine = f"http://127.0.0.1:{demo.engine_port}"

    for again in (False, True) if thorough() else (False,):
        made = demo.call("manage", *words, "--engine", engine, "--print-link")

        assert made.returncode == 0, made.stderr
        assert f"The engine answers at {engine}." in made.stdout
        assert f"http://127.0.0.1:{demo.port}/join/" in made.stdout
        assert ("already connected" in made.stdout) is again
    listed = demo.call("manage", "organisation", "list").stdout
    assert f"halden\tHalden Group\topen\t0 members\tportal#halden at {engine}" in listed


def test_a_member_signs_in(demo: Demo) -> None:
    owner = demo.known()["members"][0]

    assert "/account/login" not in sign_in(demo.known()["portal"], owner["email"], owner["password"])


def test_a_busy_port_is_said_in_one_sentence(demo: Demo) -> None:
    refused = demo.call("run", QXP_VAR=demo.var.parent / "another")

    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"portal: Port {demo.port} is busy: another program listens there. "
        f"Choose another one: QXP_PORT={demo.port + 10} ./portal demo"
    ]


def test_a_folder_in_use_is_said_in_one_sentence(demo: Demo) -> None:
    refused = demo.call("run", QXP_PORT=free_port(), QXP_ENGINE_PORT=free_port(), QXP_SITE_PORT=free_port())

    assert refused.returncode == 1
    assert f"{demo.var} is in use by another start" in refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_a_running_demo_is_not_reset(demo: Demo) -> None:
    assert demo.call("reset", "--yes").returncode == 1
    assert (demo.var / "demo.json").exists()


@pytest.mark.thorough  # every run opens an organisation with it
def test_manage_speaks_to_the_running_demo(demo: Demo) -> None:
    script = "from qxportal.accounts.models import Member; print('members:', Member.objects.count())"

    said = demo.call("manage", "shell", "-v", "0", "-c", script)

    assert "members: 12" in said.stdout, said.stderr


def test_a_worker_that_is_killed_comes_back(demo: Demo) -> None:
    def workers() -> list[int]:
        entries = [entry for entry in Path("/proc").glob("[0-9]*") if "qxportal worker" in demo._ours(entry)]
        return [int(entry.name) for entry in entries]

    wait_for(workers, "the worker to run")
    [before] = workers()

    os.kill(before, signal.SIGKILL)

    wait_for(lambda: workers() and before not in workers(), "another worker")


def test_a_killed_demo_leaves_no_process_and_starts_again_elsewhere(demo: Demo) -> None:
    passwords = [member["password"] for member in demo.known()["members"]]
    demo.end(signal.SIGKILL)
    demo.port, demo.engine_port, demo.site_port = free_port(), free_port(), free_port()

    demo.start()

    assert [member["password"] for member in demo.known()["members"]] == passwords
    owner = demo.known()["members"][0]
    assert sign_in(demo.known()["portal"], owner["email"], owner["password"]).startswith(demo.known()["portal"])
    usable = "SELECT host FROM accounts_credential WHERE sealed_token IS NOT NULL AND refused_at IS NULL ORDER BY id"
    assert demo.rows(usable)[:2] == 2 * [(demo.known()["engine"]["url"],)]


@pytest.mark.thorough  # every run kills it
def test_a_closed_terminal_ends_everything(demo: Demo) -> None:
    assert demo.end(signal.SIGHUP) == 0
    assert not (demo.var / "services.json").exists()


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ({"QXP_PORT": "ninety"}, "QXP_PORT must be a number from 1 to 65535, not 'ninety'."),
        ({"QXP_PORT": "8400", "QXP_ENGINE_PORT": "8400"}, "QXP_PORT and QXP_ENGINE_PORT are both 8400"),
        (
            {"QXP_DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal"},
            "QXP_DATABASE_URL cannot be used: connection failed",
        ),
        ({"QXP_BROKER_URL": "redis://127.0.0.1:1/0"}, "QXP_BROKER_URL cannot be used: "),
        ({"QXP_VAR": "/proc/nowhere"}, "The disk or the machine refused: No such file or directory (/proc/nowhere)."),
    ],
)
def test_what_cannot_work_is_said_in_one_sentence(wish: dict[str, str], sentence: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        refused = Demo(Path(folder) / "var").call("run", **wish)

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"portal: {sentence}"), refused.stderr
    assert len(refused.stderr.splitlines()) == 1


def test_the_command_explains_itself() -> None:
    said = subprocess.run([ROOT / "portal"], capture_output=True, text=True, check=True)

    for word in ("demo", "dev", "test", "check", "manage", "reset"):
        assert re.search(rf"^  {word}\b", said.stdout, re.MULTILINE)


def test_an_unknown_word_is_refused() -> None:
    said = subprocess.run([ROOT / "portal", "dance"], capture_output=True, text=True, check=False)

    assert said.returncode == 2
    assert said.stderr.startswith("usage: ./portal")
