"""What a page says when it is the machine's fault: a full disk, missing keys, a database or broker in trouble.

Django's handlers for 400 and 500. They need neither a session nor a database.
"""

import sys
from http import HTTPStatus

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import get_template
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.defaults import bad_request as usual_bad_request
from django.views.defaults import server_error as usual_server_error
from kombu.exceptions import OperationalError as BrokerError
from redis import RedisError

from qxportal.core.causes import behind, disk_is_full
from qxportal.ledger.problems import DISK_FULL
from qxportal.security.errors import SealingError

NO_KEY = gettext_lazy("The server lacks an encryption key, so nothing was saved. Contact the operator of this site.")
NOT_NOW = gettext_lazy("A part of this site is not responding. Nothing was lost. Try again in a minute.")
RETRY_AFTER = "30"  # seconds


def keys_are_missing(problem: BaseException | None) -> bool:
    """Whether the key ring is behind it: it is empty, unreadable, or lacks the key of what was to be opened."""
    return any(isinstance(each, SealingError) for each in behind(problem))


def may_pass(problem: BaseException | None) -> bool:
    """Whether the database or the broker is behind it, so that trying again helps once they are back."""
    passing = (OperationalError, InterfaceError, RedisError, BrokerError)
    return any(isinstance(each, passing) for each in behind(problem))


def server_error(request: HttpRequest) -> HttpResponse:
    """The page for an exception that nothing caught."""
    return _page(sys.exc_info()[1]) or usual_server_error(request)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The page for a request that is wrong, unless it only seems so: a session that a full disk did not take."""
    return _page(exception) or usual_bad_request(request, exception)


def _page(problem: BaseException | None) -> HttpResponse | None:
    status, command = HTTPStatus.SERVICE_UNAVAILABLE, ""
    title, words = _("Temporarily unavailable"), str(NOT_NOW)
    if disk_is_full(problem):
        status, title, words = HTTPStatus.INSUFFICIENT_STORAGE, _("Disk full"), str(DISK_FULL)
    elif may_pass(problem):
        pass
    elif keys_are_missing(problem):
        words, command = str(NO_KEY), "manage.py keys status"
    else:
        return None
    page = get_template("not_now.html").render(
        {"title": title, "words": words, "command": command}
    )  # without a session
    answer = HttpResponse(page, status=status)
    answer.headers["Retry-After"] = RETRY_AFTER
    answer.headers["Cache-Control"] = "no-store, private"
    return answer
