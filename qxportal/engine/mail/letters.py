"""Contents of mails: the chosen text in the person's language with its fields filled in, in the brand's layout."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.utils import parseaddr
from html import escape
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import override

from qxportal.core.languages import main, shared, text_in, written
from qxportal.engine.assessments.deadlines import deadline
from qxportal.engine.assessments.relationship_labels import relationship_label
from qxportal.engine.mail import audience, unsubscribe
from qxportal.engine.mail.marks import mark_of
from qxportal.engine.models import Brand, BrandLogo, Evaluation, Mail, Person
from qxportal.engine.people.personal_links import link_for
from qxportal.mail.compose import Letter, Picture, Sender
from qxportal.mail.default_texts import default_text, task_line
from qxportal.mail.merge import LINK, OF_ONE_TASK, fields_in, merge
from qxportal.mail.texts import plain, safe_html
from qxportal.threesixty.relationships import SELF
from qxportal.ui import dates

Kind = Mail.Kind
WITHOUT_LINK = (Kind.THANKS, Kind.REPORT_WITHDRAWN)  # by default
ABOUT_TASKS = (Kind.INVITE, Kind.REMINDER)
CODE_LETTERS = 12  # 60 bits


def language_of(person: Person, brand: Brand) -> str:
    """The language (API code, such as DE) of mails to a person: the person's own, else the brand's."""
    return str(person.metadata.get("Language", "") or brand.language).upper()


def sender_of(brand: Brand) -> Sender:
    """The sender of the brand's mails."""
    return Sender(
        parseaddr(settings.DEFAULT_FROM_EMAIL)[1], name=brand.from_name or brand.title, reply_to=brand.reply_to
    )


def letter(mail: Mail) -> Letter:
    """The content of a mail as of now, in the language of its texts.

    It contains a personal link, so it must go to its recipient only and is never stored.
    """
    if mail.kind == Kind.TEST or mail.person is None:
        return _test(mail)
    person = mail.person
    line = mail.mailing.subject_message if mail.mailing else None
    chosen = [one.texts for one in (mail.message, line) if one]
    code = shared(chosen, language_of(person, mail.brand), mail.brand.language) or language_of(person, mail.brand)
    site = written(code, mail.brand.language)
    tasks = _tasks(mail, person)
    only = tasks[0] if len(tasks) == 1 else None
    with override(site):
        values = {**_values(mail, person, tasks), **(_values_of_task(only) if only else {})}
    default = default_text(mail.kind, site)
    said = (text_in(mail.message.texts, code) if mail.message else "") or default.body
    subject = (text_in(line.texts, code) if line else "") or default.subject
    if only is None and OF_ONE_TASK & {*fields_in(subject)}:
        subject = default.subject
    if LINK not in fields_in(said) and mail.kind not in WITHOUT_LINK:
        said += "<p>${ThreeSixtyLink}</p>" if "<p" in said else "\n\n${ThreeSixtyLink}"
    task = only.public_id if only and mail.kind in ABOUT_TASKS else ""
    link = link_for(person, task=task, test=_goes_elsewhere(mail))
    stop = unsubscribe.address(person) if mail.kind == Kind.REMINDER else ""
    return _formed(mail, site, merge(plain(subject), values), said, {**values, LINK: link}, stop=stop)


def test_code(mail: Mail) -> str:
    """The code in a test mail; derived, never stored."""
    digest = hmac.new(settings.SECRET_KEY.encode(), f"test mail {mail.public_id}".encode(), hashlib.sha256).digest()
    letters = base64.b32encode(digest).decode()[:CODE_LETTERS]
    return "-".join(letters[at : at + 4] for at in range(0, CODE_LETTERS, 4))


def _test(mail: Mail) -> Letter:
    site = written(mail.brand.language)
    with override(site):
        words = _(
            "This is a test mail of %(organization)s.\n\nType this code where you turn mail on: %(code)s\n\n"
            "The code can be used for 24 hours."
        )
        said = words % {"organization": mail.brand.title, "code": test_code(mail)}
        subject = _("Test mail of %(organization)s") % {"organization": mail.brand.title}
    return _formed(mail, site, subject, said, {})


def _formed(mail: Mail, site: str, subject: str, said: str, values: dict[str, str], *, stop: str = "") -> Letter:
    brand = mail.brand
    own_footer = text_in(brand.footer, site)
    footer = own_footer or text_in(brand.footer, brand.language)
    context = {
        "brand": brand,
        "color": brand.color or "#1f4fd8",
        "footer": footer,
        "footer_language": "" if own_footer else main(brand.language),
        "stop": stop,
        "subject": subject,
        "language": site,
        "logo": (logo := _logo(brand)),
    }
    with override(site):
        context["meant"] = _meant(mail)
        text = render_to_string("mail/letter.txt", {**context, "body": merge(plain(said), values)})
        html = render_to_string("mail/letter.html", {**context, "body": mark_safe(_html(said, values))})  # noqa: S308
    return Letter(
        subject=subject,
        text=text,
        html=html,
        message_id=f"{mark_of(mail)}@{urlsplit(settings.SITE_URL).hostname}",
        unsubscribe=stop,
        picture=Picture(logo["cid"], logo["content"]) if logo else None,
    )


def _goes_elsewhere(mail: Mail) -> bool:
    """Whether a mail goes to a test address in place of its person's."""
    return mail.brand.mail == Brand.MailMode.TEST or bool(settings.MAIL_ONLY_TO)


def _meant(mail: Mail) -> str:
    """A line that names the intended recipient of a mail to a test address; empty for other mails."""
    if mail.person is None or not _goes_elsewhere(mail):
        return ""
    words = _(
        "For testing: this mail is meant for %(address)s. Type that address where the page behind a link asks for one."
    )
    return words % {"address": mail.person.email}


def _logo(brand: Brand) -> dict[str, Any] | None:
    """The brand's logo at half its pixels, for fine screens."""
    found = BrandLogo.objects.filter(brand=brand).first() if brand.logo_key else None
    if found is None:
        return None
    cid = f"logo.{brand.logo_key[:16]}@{urlsplit(settings.SITE_URL).hostname}"
    height = min(48, found.height)
    return {
        "cid": cid,
        "content": bytes(found.content),
        "height": height,
        "width": max(1, round(found.width * height / found.height)),
    }


def _html(said: str, values: Mapping[str, str]) -> str:
    """A text as sanitised HTML; values are inserted after the sanitising, as names may look like markup."""
    link = escape(values.get(LINK, ""))
    filled = {name: escape(value).replace("\n", "<br>") for name, value in values.items()}
    filled[LINK] = f'<a href="{link}">{link}</a>'
    return merge(safe_html(said).replace(f'"${{{LINK}}}"', f'"{link}"'), filled)


def _tasks(mail: Mail, person: Person) -> Sequence[Evaluation]:
    """The evaluations that a mail is about: the named one, else all that the person has open."""
    if mail.kind not in ABOUT_TASKS:
        return ()
    found = audience.open_of(person).select_related("assessment__survey", "assessment__brand", "subject__person")
    if mail.evaluation_id:
        found = found.filter(pk=mail.evaluation_id)
    elif mail.assessment and not mail.assessment.options.get("MergeMessages", True):
        found = found.filter(assessment=mail.assessment)
    return list(found)


def _values(mail: Mail, person: Person, tasks: Sequence[Evaluation]) -> dict[str, str]:
    deadlines = [one for task in tasks if (one := deadline(task)) is not None]
    return {
        "FirstName": person.first_name,
        "LastName": person.last_name,
        "Organization": mail.brand.title,
        "AssessmentName": mail.assessment.name if mail.assessment else "",
        "Tasks": "\n".join(f"- {_task_words(one)}" for one in tasks),
        "Deadline": _moment(min(deadlines), mail.brand) if deadlines else "",
    }


def _values_of_task(task: Evaluation) -> dict[str, str]:
    subject = task.subject.person
    return {
        "SubjectFirstName": subject.first_name,
        "SubjectLastName": subject.last_name,
        "Relationship": relationship_label(task.assessment, task.relationship),
    }


def _task_words(task: Evaluation) -> str:
    until = deadline(task)
    return task_line(
        task.subject.person,
        task.assessment.name,
        own=task.relationship == SELF,
        until=_moment(until, task.assessment.brand) if until else "",
    )


def _moment(moment: datetime, brand: Brand) -> str:
    with timezone.override(brand.zone):
        return f"{dates.date_time(moment)} ({brand.zone.key})"
