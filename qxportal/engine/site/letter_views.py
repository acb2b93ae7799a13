"""Sign-in by the code of a printed letter, and the PIN that its person chooses at the first use.

The response to a wrong code is the same for unknown and expired letters. The code is typed once per device. Until the
PIN is typed, the device keeps only the signed number of the letter.
"""

import math

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from qxportal.engine.http import failures
from qxportal.engine.http.addresses import address_of
from qxportal.engine.models import PrintedLetter
from qxportal.engine.people import devices, printed_letters
from qxportal.engine.people.personal_links import LASTS, LinkEndedError
from qxportal.engine.people.printed_letters import LONGEST_PIN, SHORTEST_PIN, WeakPinError
from qxportal.engine.site.visitors import let_in

SALT = "qxportal.engine.site.letter"
COOKIE_MINUTES = 15  # lifetime of the letter's cookie until the PIN is typed
MOST_WRONG = 20  # codes per network within ten minutes; several people may share a network
MOST_WRONG_PINS = 30  # in total, as a finder of the letter has weeks to try likely PINs, five at a time
WHAT = "site letter"
SECRETS = ("code", "pin", "again")


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Ask for the code of a letter."""
    problem, status = "", 200
    typed = request.POST.get("code", "").strip()
    if request.method == "POST":
        problem, status = _("Type the code that is printed in your letter."), 422
        if wait := failures.asked_too_often(address_of(request), WHAT, most=MOST_WRONG):
            problem, status = _too_many(wait), 429
        elif typed:
            try:
                return _ask_for_pin(printed_letters.letter_of(typed))
            except LinkEndedError:
                failures.count_asked(address_of(request), WHAT, most=MOST_WRONG)
                problem = _(
                    "This code is wrong or has expired. Check each character. Of several letters the newest counts."
                )
    return render(request, "site/letter_code.html", {"problem": problem}, status=status)


@sensitive_post_parameters(*SECRETS)
@require_http_methods(["GET", "HEAD", "POST"])
def pin(request: HttpRequest) -> HttpResponse:
    """Ask for the PIN of a letter, or let its person choose one."""
    letter = _remembered(request)
    if letter is None:
        return redirect("site:letter")
    fresh, typed = not letter.pin_hash, request.POST.get("pin", "")
    problem, status = "", 200
    if request.method == "POST":
        problem = _choose(letter, typed, request.POST.get("again", "")) if fresh else _check(letter, typed)
        if not problem:
            return _let_in(letter)
        status = 422
    page = {
        "brand": letter.brand,
        "first_name": letter.person.first_name,
        "fresh": fresh,
        "letter": letter,
        "problem": problem,
        "least": SHORTEST_PIN,
        "most": LONGEST_PIN,
    }
    with timezone.override(letter.brand.zone):
        return render(request, "site/letter_pin.html", page, status=status)


def _choose(letter: PrintedLetter, typed: str, again: str) -> str:
    """Store a new PIN; returns the reason if that fails, else empty."""
    if typed != again:
        return _("The two PINs differ. Type the same PIN twice.")
    try:
        if printed_letters.set_pin(letter, typed):
            return ""
    except WeakPinError:
        return _("Choose a PIN of at least %(least)s characters that is not as simple as 123456 or aaaaaa.") % {
            "least": SHORTEST_PIN
        }
    return _("A PIN was chosen for this letter on another device just now. Reload the page and type it.")


def _check(letter: PrintedLetter, typed: str) -> str:
    """The reason why a PIN is refused, else empty; attempts count per letter, from any address."""
    if not typed:
        return _("Type your PIN.")
    name = f"{WHAT} {letter.pk}"
    if failures.used_up(f"{name} in all", most=MOST_WRONG_PINS):
        return _("Wrong PINs were typed too often, so this letter no longer works. Ask HR for a new one.")
    if wait := failures.locked_for("", name):
        return _too_many(wait)
    if printed_letters.is_pin(letter, typed):
        return ""
    failures.count_wrong("", name)
    failures.count_in_all(f"{name} in all", most=MOST_WRONG_PINS, period=LASTS)
    return _("This is not the PIN that was chosen with this letter. If it is lost, ask HR for a new letter.")


def _ask_for_pin(letter: PrintedLetter) -> HttpResponse:
    response = redirect("site:letter-pin")
    response.set_cookie(
        f"{settings.SITE_COOKIE}-letter",
        signing.dumps(letter.pk, salt=SALT),
        max_age=COOKIE_MINUTES * 60,
        httponly=True,
        secure=settings.SITE_HTTPS,
        samesite="Lax",
    )
    return response


def _remembered(request: HttpRequest) -> PrintedLetter | None:
    """The valid letter whose code was just typed on this device; None if there is none."""
    cookie = request.COOKIES.get(f"{settings.SITE_COOKIE}-letter", "")
    try:
        return printed_letters.still_valid(signing.loads(cookie, salt=SALT, max_age=COOKIE_MINUTES * 60))
    except (signing.BadSignature, LinkEndedError):
        return None


def _let_in(letter: PrintedLetter) -> HttpResponse:
    response = redirect("site:tasks")
    device = devices.by_letter(letter)
    let_in(response, letter.person, letter.generation, device, lasts=False)  # codes are typed on shared devices
    response.delete_cookie(f"{settings.SITE_COOKIE}-letter", samesite="Lax")
    return response


def _too_many(seconds: int) -> str:
    minutes = math.ceil(seconds / 60)
    words = ngettext(
        "Too many attempts. Try again in %(n)s minute.", "Too many attempts. Try again in %(n)s minutes.", minutes
    )
    return words % {"n": minutes}
