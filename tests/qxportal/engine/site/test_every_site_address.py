"""Every address of the site, by every method: nobody but whom it is for learns or changes anything there."""

import time
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
import requests
from django.apps import apps
from django.conf import settings
from django.core import signing
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from qxportal.engine.models import ActionPlan, ActionPlanShare, Participant, Person, ReportAccess
from qxportal.engine.people import personal_links
from qxportal.engine.site import visitors
from tests.support import quick_http
from tests.support.site_fixture import Visitor, words

URLS = "qxportal.engine.site.root_urls"
METHODS = ("get", "head", "options", "post", "put", "delete")
WORDS = ("Zephyrine", "Quillon", "Bentholom", "Monadnock", "Canarium")  # of the round that is nobody else's business
COUNTERS = {"SignInFailures", "UsualAddress", "LoggedCall"}

# Whom each address is for, and what it names. An address without a line here fails the test.
NOBODYS: dict[str, dict[str, str]] = {
    "front": {},
    "send-link": {},
    "reminders": {"token": "1f.guessed-mark-00"},
    "link": {"token": "guessed"},
    "enter": {},
    "letter": {},
    "logo": {"key": "0123456789abcdef"},
    "letter-pin": {},
    "color": {"color": "2b57c9"},
    "leave": {},
    "language": {},
    "tasks": {},
    "give": {},
}
SOMEBODYS: dict[str, tuple[str, dict[str, str]]] = {
    "report": ("zoe", {"access": "access"}),
    "report-open": ("zoe", {"access": "access"}),
    "report-read": ("zoe", {"access": "access"}),
    "report-pdf": ("zoe", {"access": "access"}),
    "plan": ("zoe", {"access": "access"}),
    "plan-share": ("zoe", {"access": "access"}),
    "plan-shared": ("mona", {"plan": "plan"}),
    "report-approval": ("mona", {"access": "to_approve"}),
    "choose": ("zoe", {"assessment": "assessment", "subject": "zoe"}),
    "remind": ("zoe", {"assessment": "assessment"}),
    "task": ("ben", {"evaluation": "evaluation"}),
    "again": ("ben", {"evaluation": "evaluation"}),
    "start-over": ("ben", {"evaluation": "evaluation"}),
    "go-on": ("ben", {"evaluation": "evaluation"}),
    "page": ("ben", {"evaluation": "evaluation", "page": "page"}),
    "save": ("ben", {"evaluation": "evaluation"}),
    "submit": ("ben", {"evaluation": "evaluation"}),
    "copy": ("ben", {"evaluation": "evaluation"}),
    "decline": ("ben", {"evaluation": "evaluation"}),
}
GUESSED = {"access": "RA_0123456789abcde", "assessment": "TS_0123456789abcde", "subject": "P_0123456789abcde"}
GUESSED |= {"plan": "AP_0123456789abcde"}
GUESSED |= {"evaluation": "R_0123456789abcde", "page": "1"}


@dataclass
class World:
    """A round with all that the site can show of one, and people who have no part in it."""

    engine: Any
    rows: dict[str, Any]
    fields: dict[str, dict[str, str]]

    def path(self, name: str, *, guessed: bool = False) -> str:
        """An address with the ids of the round, or with ids that there are not."""
        named = {} if name in NOBODYS else SOMEBODYS[name][1]
        ids = {kwarg: GUESSED[kwarg] if guessed else self.rows[row].public_id for kwarg, row in named.items()}
        return reverse(f"site:{name}", urlconf=URLS, kwargs=ids | NOBODYS.get(name, {}))

    def fingerprint(self) -> dict[str, list[str]]:
        """All rows but those that count who comes."""
        models = [one for one in apps.get_app_config("engine").get_models() if one.__name__ not in COUNTERS]

        def read() -> dict[str, list[str]]:
            return {one.__name__: sorted(str(row) for row in one._default_manager.values()) for one in models}

        return self.engine.run(read)  # type: ignore[no-any-return]


@pytest.fixture
def world(engine, visitor):
    zoe, ben = engine.person("Zephyrine", "Quillon"), engine.person("Ben", "Bentholom")
    mona, others = engine.person("Mona", "Monadnock"), engine.people(4)
    engine.run(Person.objects.filter(pk=zoe.pk).update, manager=mona)
    every = {"SubjectsNominate": True, "NominationApproval": True, "SubjectsRemind": True, "CompletionVisible": True}
    every |= {"UnsolicitedEvaluations": True, "DeclineEvaluations": True}
    assessment = engine.assessment("Canarium spring", options=every)
    subject = engine.subject(assessment, zoe)
    rows = {
        "zoe": zoe,
        "ben": ben,
        "mona": mona,
        "other": others[0],
        "assessment": assessment,
        "subject": subject,
        "evaluation": engine.evaluation(subject, ben, "Peer", "InProgress"),
    }
    for name, options in {"access": {}, "to_approve": {"ReportApproval": True}}.items():
        done = engine.assessment(f"Canarium {name}", options=options)
        about = engine.subject(done, zoe)
        engine.evaluation(about, mona, "Manager", "Completed")
        for person in others:
            engine.evaluation(about, person, "Peer", "Completed")
        engine.run(Participant.objects.filter(pk=about.pk).update, status="Done", report_ready=True)
        rows[name] = engine.run(
            ReportAccess.objects.create,
            brand=engine.brand,
            assessment=done,
            subject=about,
            person=zoe,
            viewer="Subject",
            from_at=timezone.now() - timedelta(hours=1),
        )
    goals = [{"goal": "Canarium goal", "steps": "", "due": ""}]
    about = rows["access"].subject
    rows["plan"] = engine.run(ActionPlan.objects.create, brand=engine.brand, subject=about, goals=goals, revision=1)
    engine.run(ActionPlanShare.objects.create, brand=engine.brand, plan=rows["plan"], person=mona)
    bens = visitor(ben)
    page = bens.get(f"/tasks/{rows['evaluation'].public_id}/go-on/")
    rows["page"] = SimpleNamespace(public_id=page.url.rstrip("/").rpartition("/")[2])
    form = page.text.split('name="form" value="')[1].split('"')[0] if 'name="form" value="' in page.text else ""
    fields = {
        "send-link": {"address": "nobody@elsewhere.example"},
        "letter": {"code": "AB2C-D3EF-4GHJ"},
        "letter-pin": {"pin": "quite a pin", "again": "quite a pin"},
        "give": {"subject": str(subject.pk)},
        "choose": {"step": "add", "person": others[0].public_id, "relationship": "Peer"},
        "plan": {"revision": "1", "goal-1": "Other"},
        "plan-share": {"person": mona.public_id},
        "report-approval": {"reason": "No."},
        "decline": {"reason": "No."},
        "save": {"form": form, "QID1": "1"},
        "page": {"QID1": "1"},
    }
    return World(engine, rows, fields)


class Device:
    """The cookies of a device, which stay as they were, and a token for forms."""

    def __init__(self, browser: Visitor) -> None:
        self.url, self.known = browser.url, dict(browser.session.cookies)
        page = browser.get("/")
        self.token = page.text.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
        cookies = dict(browser.session.cookies) | self.known
        self.headers = {
            "Referer": f"{self.url}/",
            "X-CSRFToken": self.token,
            "Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items()),
        }

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> requests.Response:
        """One request; redirects are looked at, not followed."""
        return quick_http.ask(
            method.upper(), self.url + path, fields if method == "post" else None, headers=self.headers
        )


def _silent(answer: requests.Response, where: object) -> None:
    said = answer.text + str(answer.headers)
    assert not [one for one in WORDS if one in said], where


def test_every_address_says_whom_it_is_for():
    spaces = [entry for entry in get_resolver(URLS).url_patterns if isinstance(entry, URLResolver)]
    names = {str(one.name) for space in spaces for one in space.url_patterns if isinstance(one, URLPattern)}

    assert names == {*NOBODYS, *SOMEBODYS}


def _with_cookie(visitor: Any, *said: object, ago: timedelta = timedelta()) -> Device:
    """A device with a cookie that was set so long ago."""
    then, browser = time.time() - ago.total_seconds(), visitor()
    with patch("django.core.signing.time.time", lambda: then):
        browser.session.cookies.set(settings.SITE_COOKIE, signing.dumps([*said, "0123456789ab"], salt=visitors.SALT))
    return Device(browser)


def test_a_device_that_nobody_is_known_at_sees_and_changes_nothing(world, visitor):
    engine, ben, mona = world.engine, world.rows["ben"], world.rows["mona"]
    rival = engine.make_brand("rivalton", "Rivalton")
    devices = {
        "stranger": Device(visitor()),
        "of an ended link": Device(visitor(ben)),
        "of one who left": Device(visitor(mona)),
        "of another brand's number": _with_cookie(visitor, rival.pk, world.rows["zoe"].pk, 1),
        "that expired": _with_cookie(
            visitor, engine.brand.pk, world.rows["zoe"].pk, 1, ago=visitors.LASTS + timedelta(minutes=1)
        ),
    }
    engine.run(personal_links.end_links, ben)
    engine.run(Person.objects.filter(pk=mona.pk).update, removed_at=timezone.now())
    before = world.fingerprint()

    for kind, device in devices.items():
        for name in (*NOBODYS, *SOMEBODYS):
            for method in METHODS:
                where = (kind, name, method)
                answer = device.ask(method, world.path(name), world.fields.get(name))
                _silent(answer, where)
                if name in SOMEBODYS and name != "save":
                    assert answer.status_code in (302, 405), (where, answer.status_code)
                    assert answer.headers.get("Location", "/") == "/", where
                if name == "save":
                    assert answer.status_code in (403, 405, 409), (where, answer.status_code)

    assert world.fingerprint() == before


def test_others_find_the_same_as_with_ids_that_there_are_not(world, visitor):
    engine, people = world.engine, {}
    for kind in ("colleague", "another brand's", "left the assessment"):
        brand = engine.make_brand("rivalton", "Rivalton") if kind == "another brand's" else engine.brand
        owner = engine.make_api_user(f"olga.{kind[:4]}", brand=brand)
        people[kind] = engine.person("Ida", f"Nosy{kind[:4]}", brand=brand)
        own = engine.assessment(f"Review {kind}", owner=owner)
        engine.evaluation(engine.subject(own, engine.person("Jon", kind[:4], brand=brand)), people[kind], "Peer")
    engine.run(
        Participant.objects.create,
        assessment=world.rows["assessment"],
        person=people["left the assessment"],
        is_subject=False,
        removed_at=timezone.now(),
    )
    devices = {kind: Device(visitor(person)) for kind, person in people.items()}
    before = world.fingerprint()

    for kind, device in devices.items():
        for name in (*NOBODYS, *SOMEBODYS):
            for method in METHODS:
                where = (kind, name, method)
                answer = device.ask(method, world.path(name), world.fields.get(name))
                _silent(answer, where)
                if name == "give":
                    assert answer.status_code in (200, 404, 405), (where, answer.status_code)
                if name in NOBODYS:
                    continue
                assert answer.status_code in ((403, 405, 409) if name == "save" else (404, 405)), where
                if method in ("get", "post"):
                    nowhere = device.ask(method, world.path(name, guessed=True), world.fields.get(name))
                    assert (answer.status_code, words(answer)) == (nowhere.status_code, words(nowhere)), where

    assert world.fingerprint() == before


def test_reading_changes_nothing_and_whom_an_address_is_for_gets_it(world, visitor):
    """What the walks above rely on: each address does open something."""
    devices = {name: Device(visitor(world.rows[name])) for name in ("zoe", "ben", "mona")}
    for name, (whose, _ids) in SOMEBODYS.items():
        before = world.fingerprint()
        codes = {method: devices[whose].ask(method, world.path(name)).status_code for method in ("get", "head")}
        assert world.fingerprint() == before, name
        if codes["get"] == 405:
            codes["post"] = devices[whose].ask("post", world.path(name), world.fields.get(name)).status_code
            assert codes["post"] in (200, 302, 409), (name, codes)
            continue
        assert codes["get"] in (200, 302), (name, codes)


def test_the_form_of_another_keeps_no_answer(world, visitor):
    assert world.fields["save"]["form"], "the page of the questionnaire has no form to save with"
    mona = Device(visitor(world.rows["mona"]))
    before = world.fingerprint()

    answer = mona.ask("post", world.path("save"), world.fields["save"])

    assert answer.status_code == 403
    assert world.fingerprint() == before
