"""A new customer of this server: a brand with its administrator, an empty directory, and two surveys to begin with."""

import re

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from qxportal.core.zones import known_zones
from qxportal.engine.models import Brand, OrgStructure, User
from qxportal.engine.people.user_accounts import BRAND_ADMIN
from qxportal.engine.seed import survey, survey_french, survey_german, survey_spanish
from qxportal.engine.seed.stored_survey import store_survey

NAME = re.compile(r"[a-z0-9_-]{1,60}", re.ASCII)
SURVEYS = {
    "EN": (survey.LEADERSHIP, survey.TEAMWORK),
    "DE": (survey_german.LEADERSHIP, survey_german.TEAMWORK),
    "FR": (survey_french.LEADERSHIP, survey_french.TEAMWORK),
    "ES": (survey_spanish.LEADERSHIP, survey_spanish.TEAMWORK),
}
LANGUAGES = tuple(SURVEYS)  # that a brand can begin with
LONGEST_TITLE = 200


class CannotCreateError(Exception):
    """The brand cannot be created; the message says why and what to do."""


def administrator_of(brand: str) -> str:
    """The user name of the administrator that a brand is made with: nobody's own, so that it is nobody's subject."""
    return f"portal#{brand}"


def create(name: str, *, title: str, language: str = LANGUAGES[0], time_zone: str = "") -> User:
    """Create a brand in one transaction; returns its administrator, who has no token yet."""
    _check(name, title, language, time_zone)
    try:
        with transaction.atomic(using="engine"):
            brand = Brand.objects.create(name=name, title=title, language=language, time_zone=time_zone)
            administrator = User.objects.create(
                brand=brand,
                user_name=administrator_of(name),
                first_name="QX",
                last_name="Portal",
                email=f"portal@{name}.invalid",
                type=BRAND_ADMIN,
                is_brand_admin=True,
                language=language,
                time_zone=time_zone or "UTC",
            )
            OrgStructure.objects.create(brand=brand, name=title)
            for number, form in enumerate(SURVEYS[language]):
                translated = {code: forms[number] for code, forms in SURVEYS.items() if code != language}
                store_survey(administrator, form, translated, made=timezone.now())
    except IntegrityError as error:
        raise CannotCreateError(
            _("There is a brand %(name)s already. A new token for its administrator: manage.py engine token %(user)s")
            % {"name": name, "user": administrator_of(name)}
        ) from error
    return administrator


def _check(name: str, title: str, language: str, time_zone: str) -> None:
    if not NAME.fullmatch(name):
        raise CannotCreateError(
            _("A brand's name has up to 60 letters a to z, digits, hyphens and underscores, not %(name)s.")
            % {"name": repr(name)}
        )
    if not 0 < len(title.strip()) <= LONGEST_TITLE or not title.isprintable():
        raise CannotCreateError(_("A brand's title has 1 to 200 printable characters."))
    if language not in SURVEYS:
        raise CannotCreateError(_("Choose one of the languages %(codes)s.") % {"codes": ", ".join(SURVEYS)})
    if time_zone and time_zone not in known_zones():
        raise CannotCreateError(_("Enter a time zone such as Europe/Berlin, not %(name)s.") % {"name": time_zone})
