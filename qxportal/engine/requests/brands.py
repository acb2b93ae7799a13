"""Our own requests about the brand: its look, texts and mail settings."""

import base64
import re
from collections.abc import Callable, Mapping
from datetime import time
from email.utils import parseaddr

from django.conf import settings
from django.db.models import Count, Min, Q
from django.utils import timezone

from qxportal.core.languages import WRITTEN, main
from qxportal.core.zones import known_zones
from qxportal.engine.editions import thresholds
from qxportal.engine.http import languages
from qxportal.engine.http.api_responses import php_map, stamp
from qxportal.engine.http.arguments import Arguments, address
from qxportal.engine.http.errors import Conflict, Invalid
from qxportal.engine.library import logos
from qxportal.engine.mail import brand_mail, fence
from qxportal.engine.models import Brand, BrandLogo, Graphic, Mail, User, Why, mailboxes
from qxportal.engine.people import access, confidential
from qxportal.engine.requests import returned_mail
from qxportal.mail.queue import State
from qxportal.threesixty.relationships import HIGHEST_MINIMUM, MINIMUM

COLOR = re.compile(r"#[0-9a-fA-F]{6}", re.ASCII)
CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)", re.ASCII)
ADDRESS = re.compile(r"""[^\s<>()=,;:"']+@[^\s<>(),;:"']+""")
TEXTS = {  # texts by language: column and maximum length
    "Footer": ("footer", 1_000),
    "ReportCover": ("report_cover", 300),
    "ReportConfidential": ("report_confidential", 600),
}
PARAGRAPHS = frozenset({"ReportCover", "ReportConfidential"})  # a cover has no room for many short lines
NAMES = {"Title": "title", "FromName": "from_name"}
CLEARABLE: Mapping[str, tuple[str, object]] = {
    "Color": ("color", ""),
    "Footer": ("footer", {}),
    "FromName": ("from_name", ""),
    "LogoID": ("logo", None),
    "ReplyTo": ("reply_to", ""),
    "ReportConfidential": ("report_confidential", {}),
    "ReportCover": ("report_cover", {}),
}
FROM_NAME = 100
MINIMUMS = {"MinimumGroup": "min_group", "MinimumComments": "min_comments", "MinimumForSpread": "min_spread"}


def get_brand(user: User, arguments: Arguments) -> object:
    """The brand's look and texts, and the state of its mail."""
    access.require_brand_admin(user)
    brand = user.brand
    waiting = brand.mails.filter(state__in=(State.QUEUED, State.SENDING)).exclude(why=Why.OFF)
    unreached = Q(why=Why.UNREACHED)
    counts = waiting.aggregate(
        all=Count("pk"), unreached=Count("pk", filter=unreached), oldest=Min("created_at", filter=unreached)
    )
    logo = BrandLogo.objects.filter(brand=brand).first()
    last = waiting.filter(unreached).order_by("-claimed_at", "-pk").first()
    return {
        "Name": brand.name,
        "Title": brand.title,
        "Color": brand.color,
        "LogoID": brand.logo.public_id if brand.logo else "",
        "LogoDigest": logo.digest if logo else "",
        "Logo": base64.b64encode(bytes(logo.content)).decode() if logo else "",
        "Language": brand.language,
        "TimeZone": brand.zone.key,
        "FromName": brand.from_name,
        "MailFrom": parseaddr(settings.DEFAULT_FROM_EMAIL)[1],
        "ReplyTo": brand.reply_to,
        **{parameter: php_map(getattr(brand, column)) for parameter, (column, _most) in TEXTS.items()},
        "QuietFrom": f"{brand.quiet_from:%H:%M}",
        "QuietUntil": f"{brand.quiet_until:%H:%M}",
        "MinimumGroup": brand.min_group,
        "MinimumComments": brand.min_comments,
        "MinimumForSpread": brand.min_spread,
        "Mail": brand.mail,
        "TestAddress": brand.test_address,
        "Tests": [_test(one) for one in brand_mail.tests(brand)],
        "SiteURL": settings.SITE_URL,
        "Held": fence.is_held(),
        "Redirected": bool(settings.MAIL_ONLY_TO),
        "Waiting": counts["all"],
        "WaitingSince": stamp(counts["oldest"]),
        "Unreached": counts["unreached"],
        "LastReply": ADDRESS.sub("…", last.reply) if last else "",  # readers of it may be subjects
        **returned_mail.reading(),
        "Returned": returned_mail.by_assessment(user),
        "RawAnswersSince": stamp(brand.raw_answers_since),
        "PrintsLetters": not confidential.is_subject_now(user),
    }


def set_brand(user: User, arguments: Arguments) -> object:
    """Change the given settings of the brand's look, texts and mail."""
    access.require_brand_admin(user)
    brand = Brand.objects.select_for_update(of=("self",), no_key=True).get(pk=user.brand_id)
    before = thresholds.of_brand(brand)
    for parameter in arguments.items("Clear"):
        if parameter not in CLEARABLE:
            raise Invalid("Clear", f"Possible: {', '.join(CLEARABLE)}.")
        setattr(brand, *CLEARABLE[parameter])
        if parameter == "LogoID":
            logos.remove_logo(brand)
    for parameter, column in NAMES.items():
        if arguments.has(parameter):
            given = arguments.text(parameter, limit=FROM_NAME if parameter == "FromName" else 200)
            setattr(brand, column, mailboxes.on_one_line(given))
    _look(brand, arguments)
    _places(brand, arguments)
    _minimums(brand, arguments)
    if arguments.has("ReplyTo"):
        brand.reply_to = address(arguments, "ReplyTo")
    if arguments.has("RawAnswers"):
        brand.raw_answers_since = (brand.raw_answers_since or timezone.now()) if arguments.flag("RawAnswers") else None
    if arguments.has("Mail"):
        _switch(brand, arguments)
    brand.save()
    if thresholds.of_brand(brand) != before:
        thresholds.raise_running(brand, before)
    return {"Success": True}


def send_test_mail(user: User, arguments: Arguments) -> object:
    """Queue a test mail with a code that turns mail on."""
    access.require_brand_admin(user)
    to, key = address(arguments, "Address"), arguments.text("IdempotencyKey")
    brand = Brand.objects.select_for_update(of=("self",)).get(pk=user.brand_id)
    try:
        mail = brand_mail.queue_test(brand, to, key=key, now=timezone.now())
    except brand_mail.TooManyTestsError as refusal:
        words = f"This brand has sent {brand_mail.TESTS_A_DAY} test mails today. It can send more tomorrow."
        raise Conflict("ETS14", words) from refusal
    return {"MailID": mail.public_id}


def _look(brand: Brand, arguments: Arguments) -> None:
    if arguments.has("Color"):
        brand.color = arguments.text("Color").lower()
        if COLOR.fullmatch(brand.color) is None:
            raise Invalid("Color", "A color such as #1f4fd8 is expected.")
    if arguments.has("LogoID"):
        graphic = Graphic.objects.filter(brand=brand, public_id=arguments.text("LogoID")).first()
        if graphic is None:
            raise Invalid("LogoID", "There is no such image.")
        logos.take_from_library(brand, graphic)
    if arguments.file is not None or arguments.has("FileContents"):
        logos.set_logo(brand, arguments.image())
    for parameter, (column, most) in TEXTS.items():
        if arguments.has(parameter):
            setattr(brand, column, _texts(parameter, arguments.structure(parameter), most))


def _places(brand: Brand, arguments: Arguments) -> None:
    if arguments.has("Language"):
        brand.language = languages.code(arguments.text("Language"), parameter="Language")
        if main(brand.language) not in WRITTEN:
            raise Invalid("Language", f"Possible: {', '.join(code.upper() for code in WRITTEN)}.")
    if arguments.has("TimeZone"):
        brand.time_zone = arguments.text("TimeZone")
        if brand.time_zone not in known_zones():
            raise Invalid("TimeZone", "A time zone such as Europe/Berlin is expected.")
    for parameter, column in {"QuietFrom": "quiet_from", "QuietUntil": "quiet_until"}.items():
        if arguments.has(parameter):
            setattr(brand, column, _clock(parameter, arguments.text(parameter)))


def _minimums(brand: Brand, arguments: Arguments) -> None:
    """Read the minimums of answers for reports; those for comments and spread are at least that for figures."""
    for parameter, column in MINIMUMS.items():
        if arguments.has(parameter):
            given = arguments.text(parameter)
            if not (given.isascii() and given.isdecimal() and MINIMUM <= int(given[:4]) <= HIGHEST_MINIMUM):
                raise Invalid(parameter, f"A number from {MINIMUM} to {HIGHEST_MINIMUM} is expected.")
            setattr(brand, column, int(given))
    for parameter, column in MINIMUMS.items():
        if getattr(brand, column) < brand.min_group:
            raise Invalid(parameter, f"Not below MinimumGroup, which is {brand.min_group}.")


def _texts(parameter: str, given: object, most: int) -> dict[str, str]:
    """Texts by language, without empty ones."""
    if not isinstance(given, dict):
        raise Invalid(parameter, "A map from language to text is expected.")
    texts = {}
    for key, text in given.items():
        if not isinstance(text, str) or len(text) > most:
            raise Invalid(parameter, f"Texts of at most {most:,} characters are expected.")
        said = " ".join(text.split()) if parameter in PARAGRAPHS else text.strip()
        texts[languages.code(str(key), parameter=parameter)] = said
    return {code: text for code, text in texts.items() if text}


def _clock(parameter: str, text: str) -> time:
    found = CLOCK.fullmatch(text)
    if found is None:
        raise Invalid(parameter, "A time such as 20:00 is expected.")
    return time(int(found[1]), int(found[2]))


def _switch(brand: Brand, arguments: Arguments) -> None:
    """Set the mail mode; on and test need the code of a test mail, off does not."""
    wanted = arguments.text("Mail")
    if wanted not in Brand.MailMode.values:
        raise Invalid("Mail", f"Possible: {', '.join(Brand.MailMode.values)}.")
    if (wanted == Brand.MailMode.ON and brand.mail != wanted) or (
        wanted == Brand.MailMode.TEST and not brand.test_address
    ):
        test = brand_mail.tested(brand, arguments.text("TestCode"), now=timezone.now())
        if test is None:
            raise Invalid("TestCode", "Send a test mail, and type the code that it brought within 24 hours.")
        brand.test_address = test.address
    brand.mail = wanted


def _test(mail: Mail) -> dict[str, object]:
    return {
        "Key": brand_mail.key_of(mail),
        "Address": mail.address,
        "State": mail.state,
        "Reply": mail.reply,
        "CreatedAt": stamp(mail.created_at),
    }


HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {
    "qxGetBrand": get_brand,
    "qxSendTestMail": send_test_mail,
    "qxSetBrand": set_brand,
}
