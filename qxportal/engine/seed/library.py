"""The demo's shared libraries: a group's messages, its logo and a panel; and the mailings that send the messages."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from PIL import Image, ImageDraw, ImageFont

from qxportal.engine.library.graphics import picture
from qxportal.engine.models import Assessment, Brand, Graphic, Group, Mailing, Message, Panel, Person, User
from qxportal.engine.reports.typefaces import OWN
from qxportal.engine.seed.people import TEXTS, Colleague
from qxportal.engine.seed.rounds import Round

HEADING = re.compile(r"\[(\w+)\] (.+) \| (.+)")  # its category, and its name in English and in German
EVERY = 7  # days between reminders
NEXT, REPORTS = 3, 14  # days from today until the next reminder and until the reports
INK, ACCENT, PAPER = "#1b2130", "#1f4fd8", "#ffffff"


def share_library(
    brand: Brand,
    *,
    name: str,
    panel: str,
    members: Iterable[User],
    languages: Iterable[str],
    persons: Sequence[tuple[Colleague, Person]],
    today: date,
) -> Mapping[str, Message]:
    """Make a group with a library; gives its messages by category."""
    group = Group.objects.create(brand=brand, name=name)
    group.members.set(members)
    made = _moment(today, 300)
    wanted, german = set(languages), brand.language == "DE"
    messages = {
        category: Message.objects.create(
            brand=brand,
            library_id=group.public_id,
            category=category,
            name=german_title if german else title,
            texts={language: text for language, text in texts.items() if language in wanted},
            created_at=made,
            modified_at=made,
        )
        for category, title, german_title, texts in _messages()
    }
    logo = picture(_logo(brand.title))
    Graphic.objects.create(
        brand=brand,
        library_id=group.public_id,
        description=f"Logo {brand.title}" if german else f"{brand.title} logo",
        category="Logos",
        content=logo.content,
        content_type=logo.content_type,
        width=logo.width,
        height=logo.height,
        created_at=made,
    )
    heads = Panel.objects.create(brand=brand, library_id=group.public_id, name=panel)
    heads.persons.set([person for colleague, person in persons if colleague.level <= 1])
    return messages


def schedule_mailings(rounds: Sequence[Round], messages: Mapping[str, Message], today: date) -> None:
    """What was sent in each round, and in those that run what will be sent next."""
    Mailing.objects.bulk_create([mailing for each in rounds for mailing in _mailings(each.assessment, messages, today)])


def _mailings(assessment: Assessment, messages: Mapping[str, Message], today: date) -> list[Mailing]:
    if assessment.activated_at is None:
        return []
    opened = assessment.activated_at.date()
    closed = assessment.closed_at.date() if assessment.closed_at else None
    days = (closed or today) - opened
    reminders = [opened + timedelta(days=number) for number in range(EVERY, days.days, EVERY)][:3]
    plan = [(Mailing.Kind.INVITE, opened), *((Mailing.Kind.REMINDER, day) for day in reminders)]
    if closed:
        plan.append((Mailing.Kind.REPORT, closed + timedelta(days=1)))
    else:
        plan.append((Mailing.Kind.REMINDER, today + timedelta(days=NEXT)))
        plan.append((Mailing.Kind.REPORT, today + timedelta(days=REPORTS)))
    return [_mailing(assessment, kind, messages, day, sent=day <= today) for kind, day in plan]


def _mailing(
    assessment: Assessment, kind: Mailing.Kind, messages: Mapping[str, Message], day: date, *, sent: bool
) -> Mailing:
    category = {"Invite": "EvaluatorInvite", "Reminder": "EvaluatorReminder", "Report": "GeneralMessages"}[kind]
    due = datetime.combine(day, time(9, 30), tzinfo=UTC)
    return Mailing(
        assessment=assessment,
        kind=kind,
        message=messages[category],
        scheduled_at=due,
        sent_at=due + timedelta(minutes=2) if sent else None,
    )


def _messages() -> list[tuple[str, str, str, dict[str, str]]]:
    """Category, name, German name and texts of each message in the file."""
    found: list[tuple[str, str, str, dict[str, str]]] = []
    for line in (TEXTS / "messages.txt").read_text("utf-8").splitlines():
        if heading := HEADING.fullmatch(line):
            found.append((heading[1], heading[2], heading[3], {}))
        elif not line.startswith("#"):
            language, text = line.split("|", 1)
            found[-1][3][language] = text
    return found


def _logo(title: str) -> bytes:
    """A plain mark with the company's name."""
    image = Image.new("RGB", (640, 120), PAPER)
    pen = ImageDraw.Draw(image)
    pen.rounded_rectangle((20, 20, 100, 100), radius=18, fill=ACCENT)
    pen.ellipse((42, 42, 78, 78), outline=PAPER, width=8)
    pen.text((124, 60), title, fill=INK, font=ImageFont.truetype(OWN / "Inter-SemiBold.ttf", 44), anchor="lm")
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def _moment(today: date, days_ago: int) -> datetime:
    return datetime.combine(today, time(9), tzinfo=UTC) - timedelta(days=days_ago)
