"""The demo's organisations and members, on top of the engine's demo brands."""

import json
import secrets
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import time
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.db import transaction
from django.utils import timezone

from assessments.sync import start_due_syncs
from qxportal.accounts.credentials import move_host, save_credential
from qxportal.accounts.models import Credential, Member, Organisation, User
from qxportal.accounts.roles import Role
from qxportal.demo.folder import Folder
from qxportal.engine.assessments.answering import open_evaluations
from qxportal.engine.models import Assessment, Brand, NominationList, Participant, Person
from qxportal.engine.people.personal_links import link_for
from qxportal.engine.seed.load import load
from qxportal.threesixty.relationships import MANAGER, PEER, SELF

WORDS = (
    "amber",
    "anchor",
    "autumn",
    "basil",
    "birch",
    "bramble",
    "canal",
    "cedar",
    "clover",
    "copper",
    "coral",
    "ember",
    "falcon",
    "fern",
    "garnet",
    "ginger",
    "harbour",
    "hazel",
    "heron",
    "indigo",
    "juniper",
    "lantern",
    "linden",
    "maple",
    "marble",
    "meadow",
    "mint",
    "olive",
    "orchard",
    "otter",
    "pebble",
    "pepper",
    "pine",
    "plum",
    "quartz",
    "raven",
    "river",
    "saffron",
    "sage",
    "silver",
    "sparrow",
    "summer",
    "tansy",
    "thistle",
    "tulip",
    "velvet",
    "walnut",
    "willow",
    "winter",
)


INVITED = {PEER: "Rater (peer)", MANAGER: "Rater (manager)", SELF: "Subject"}  # whose personal links are printed
OUTSIDE, CHOOSES, APPROVES = "Rater (external)", "Subject who chooses evaluators", "Manager who approves evaluators"


class ContentError(Exception):
    """The demo's content cannot be made; the text says why and what to do."""


@dataclass(frozen=True)
class Post:
    """A member of the demo: a role, and the title of the person who has it."""

    role: Role
    title: str


@dataclass(frozen=True)
class Cast:
    """One demo organisation."""

    brand: str
    name: str
    time_zone: str
    posts: Sequence[Post]
    coach: tuple[str, str] | None = None  # name and address of somebody from outside
    subject_of: str = ""  # the assessment in which the member with the role subject is one
    subject_title: str = ""  # what that member's title begins with
    language: str = ""  # empty: English, and each member's browser decides


CASTS = (
    Cast(
        "marlstone",
        "Marlstone Instruments",
        "Europe/Amsterdam",
        (
            Post(Role.OWNER, "Chief People Officer"),
            Post(Role.ADMIN, "Head of Learning and Development"),
            Post(Role.EDITOR, "People Partner"),
            Post(Role.READER, "Head of Talent Acquisition"),
            Post(Role.AUDITOR, "Head of Controlling"),
        ),
        coach=("Ingrid Halvorsen", "ingrid@halvorsen-coaching.example"),
        subject_of="Leadership 360 spring 2026",
        subject_title="Director",
    ),
    Cast(
        "fennmoor",
        "Fennmoor Studio",
        "Europe/London",
        (Post(Role.OWNER, "Managing Partner"), Post(Role.ADMIN, "Operations Director")),
    ),
    Cast(
        "weidenbruch",
        "Weidenbruch Antriebstechnik",
        "Europe/Berlin",
        (Post(Role.OWNER, "Kaufmännische Leitung"), Post(Role.ADMIN, "Leitung Personalentwicklung")),
        subject_of="Führungsfeedback Frühjahr 2026",
        subject_title="Teamleitung",
        language="de",
    ),
)


def make_brands(folder: Folder, *, engine_url: str) -> None:
    """Load the demo brands into an empty engine; what only we will know is on the disk before they are."""
    known = folder.read("demo.json")
    if Brand.objects.exists():
        if known is None:
            raise ContentError(
                f"The engine's database has brands, but {folder.path / 'demo.json'}, which has their tokens, is gone. "
                "Bring that file back, or start with empty databases (./portal reset empties the demo's own)."
            )
        return
    with transaction.atomic(using="engine"):
        users = [asdict(user) for user in load(today=timezone.now().date()).users]
        day_and_night = {"quiet_from": time(0), "quiet_until": time(0)}
        Brand.objects.update(mail=Brand.MailMode.ON, test_address="hr@marlstone.example", **day_and_night)
        members = known["members"] if known else [_seat(place, cast) for cast in CASTS for place in _places(cast)]
        _say(folder, members, users, engine_url)


def make(folder: Folder, *, engine_url: str) -> None:
    """Make the organisations once; later only follow the engine, which may have moved."""
    known = folder.read("demo.json")
    if known is None:
        raise ContentError(f"{folder.path / 'demo.json'} cannot be read.")
    if not Organisation.objects.filter(slug__in=[cast.brand for cast in CASTS]).exists():
        _fill_portal(known)
    _connect(known["engine"]["users"], engine_url)
    _say(folder, known["members"], known["engine"]["users"], engine_url)
    start_due_syncs()


def _say(
    folder: Folder, members: Sequence[dict[str, Any]], users: Sequence[dict[str, Any]], engine_url: str
) -> dict[str, Any]:
    """Write what scripts may know of this demo."""
    said = {
        "portal": settings.PORTAL_URL,
        "members": members,
        "engine": {"url": engine_url, "users": users},
        "invited": _invited(),
    }
    folder.write("demo.json", json.dumps(said, indent=1, ensure_ascii=False))
    return said


def _invited() -> list[dict[str, str]]:
    """People with their personal links, made anew at each start: three of one running assessment, and further ones."""
    waiting = open_evaluations().filter(assessment__brand__name=CASTS[0].brand)
    open_to: dict[int, set[str]] = {}
    for assessment, relationship in waiting.values_list("assessment", "relationship").order_by("assessment"):
        open_to.setdefault(assessment, set()).add(relationship)
    running = next((one for one, relationships in open_to.items() if relationships >= set(INVITED)), None)
    found: dict[int, dict[str, str]] = {}  # by person
    for relationship, who in INVITED.items():
        theirs = waiting.filter(assessment=running, relationship=relationship).exclude(evaluator__in=found)
        people = theirs.select_related("assessment", "evaluator__org_structure__brand", "subject__person")
        one = people.order_by("pk").first()
        if one is not None:
            about = None if relationship == SELF else one.subject.person
            found[one.evaluator_id] = _link(who, one.evaluator, one.assessment, about, task=one.public_id)
    customers = waiting.filter(evaluator__external=True).select_related("assessment", "evaluator", "subject__person")
    outside = [
        _link(OUTSIDE, one.evaluator, one.assessment, one.subject.person, task=one.public_id)
        for one in customers.order_by("-assessment", "pk")[:1]  # of the newest: others get closed first
    ]
    return [*found.values(), *outside, *_nominating(without=found)]


def _nominating(*, without: Collection[int]) -> Iterator[dict[str, str]]:
    """A subject who is choosing evaluators, and a manager who has some to approve."""
    lists = NominationList.objects.filter(brand__name=CASTS[0].brand, assessment__status="Active")
    rows = lists.select_related("assessment", "subject__person__manager__org_structure__brand").order_by("pk")
    for one in rows.filter(state=NominationList.State.OPEN).exclude(subject__person__in=without)[:1]:
        yield _link(CHOOSES, one.subject.person, one.assessment)
    for one in rows.filter(state=NominationList.State.SUBMITTED).exclude(subject__person__manager__in=without)[:1]:
        if (manager := one.subject.person.manager) is not None:
            yield _link(APPROVES, manager, one.assessment, one.subject.person)


def _link(
    who: str, person: Person, assessment: Assessment, about: Person | None = None, *, task: str = ""
) -> dict[str, str]:
    return {
        "assessment": assessment.name,
        "who": who,
        "name": str(person),
        "about": str(about) if about else "",
        "email": person.email,
        "link": link_for(person, task=task),
    }


def _places(cast: Cast) -> Iterator[tuple[Role, str]]:
    """Who takes which role: role and address."""
    persons = Person.objects.filter(org_structure__brand__name=cast.brand).order_by("position")
    for post in cast.posts:
        yield post.role, persons.filter(metadata__Title=post.title)[0].email
    if cast.coach:
        yield Role.COACH, cast.coach[1]
    if cast.subject_of:
        subjects = Participant.objects.filter(
            assessment__brand__name=cast.brand, assessment__name=cast.subject_of, is_subject=True
        )
        leads = subjects.filter(person__metadata__Title__startswith=cast.subject_title).order_by("person__position")
        yield Role.SUBJECT, leads[0].person.email


def _seat(place: tuple[Role, str], cast: Cast) -> dict[str, str]:
    role, email = place
    return {"email": email, "password": _password(), "role": role.value, "organisation": cast.brand}


def _password() -> str:
    """Easy to type, hard enough to guess for a site on this machine."""
    return "-".join([*(secrets.choice(WORDS) for _ in range(3)), str(secrets.randbelow(9000) + 1000)])


def _hash(password: str) -> str:
    """A quick hash, made the usual one by the first sign-in: the password lies beside it in plain text anyway."""
    hasher = PBKDF2PasswordHasher()
    return hasher.encode(password, hasher.salt(), iterations=20_000)


def _fill_portal(known: dict[str, Any]) -> None:
    addresses = [seat["email"] for seat in known["members"]]
    people = Person.objects.filter(email__in=addresses)
    names = {person.email: f"{person.first_name} {person.last_name}" for person in people}
    names |= {cast.coach[1]: cast.coach[0] for cast in CASTS if cast.coach}
    with transaction.atomic():
        for cast in CASTS:
            org = Organisation.objects.create(
                name=cast.name, slug=cast.brand, time_zone=cast.time_zone, language=cast.language or "en"
            )
            for seat in known["members"]:
                if seat["organisation"] == cast.brand:
                    user, _ = User.objects.get_or_create(
                        email=seat["email"],
                        defaults={
                            "name": names[seat["email"]],
                            "time_zone": cast.time_zone,
                            "language": cast.language,
                            "password": _hash(seat["password"]),
                        },
                    )
                    Member.objects.create(org=org, user=user, role=seat["role"])


def _connect(users: Sequence[dict[str, Any]], engine_url: str) -> None:
    """Give each organisation the token of its brand; when the engine only moved, the token stays."""
    tokens = {user["brand"]: user for user in users if user["brand_admin"]}
    for org in Organisation.objects.filter(slug__in=tokens):
        user, credential = tokens[org.slug], Credential.objects.filter(org=org).first()
        if credential is None:
            version = Credential.Version.V2_5
            save_credential(org, by=None, host=engine_url, api_user=user["user"], token=user["token"], version=version)
        elif credential.host != engine_url and credential.host.startswith("http://127.0.0.1:"):
            move_host(credential, engine_url)
            Organisation.objects.filter(pk=org.pk).update(next_sync_at=timezone.now())
