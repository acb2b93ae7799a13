"""Days and times in the format of all screens, in the reader's language and zone."""

from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language, pgettext


def long_date(when: date) -> str:
    """Such as 24 November 2026."""
    return _written(when, pgettext("date format", "j F Y"))


def short_date(when: date) -> str:
    """Such as 24 Nov 2026."""
    return _written(when, pgettext("date format", "j M Y"))


def weekday_date(when: date) -> str:
    """Such as Tuesday, 24 November 2026."""
    return _written(when, pgettext("date format", "l, j F Y"))


def date_time(when: datetime) -> str:
    """Such as 24 Nov 2026, 14:05."""
    return _written(when, pgettext("date format", "j M Y, H:i"))


def long_date_time(when: datetime) -> str:
    """Such as 24 November 2026, 14:05."""
    return _written(when, pgettext("date format", "j F Y, H:i"))


def long_end(when: datetime) -> str:
    """Such as 24 November 2026, 14:05; for midnight only the day that ends then."""
    local = timezone.localtime(when)
    return long_date(local.date() - timedelta(days=1)) if local.time() == time.min else long_date_time(when)


def clock_time(when: datetime) -> str:
    """Such as 14:05."""
    return _written(when, pgettext("date format", "H:i"))


def _written(when: date, form: str) -> str:
    """A time in the zone of the page; in French the first of a month is an ordinal number."""
    local = timezone.localtime(when) if isinstance(when, datetime) else when
    if local.day == 1 and get_language() == "fr":
        form = form.replace("j ", r"j\e\r ")
    return date_format(local, form)
