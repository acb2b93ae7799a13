"""Pages about mail: a personal link sent again, and reminders turned off."""

import math

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from qxportal.engine.http import failures
from qxportal.engine.http.addresses import address_of
from qxportal.engine.mail import unsubscribe
from qxportal.engine.mail.links_by_mail import queue_links
from qxportal.engine.models import ReminderOptOut, mailboxes
from qxportal.engine.site import tries

MOST_LINKS = 30  # requests per network within ten minutes
ONE_CLICK = {"List-Unsubscribe": "One-Click"}  # what mail programs send, by RFC 8058


@require_POST
def send_link(request: HttpRequest) -> HttpResponse:
    """Mail a link to an address; the response is the same for unknown addresses."""
    typed = request.POST.get("address", "").strip()
    page: dict[str, object] = {"typed": typed}
    try:
        address = mailboxes.clean(typed)
    except mailboxes.AddressError:
        words = _("Enter your e-mail address.") if not typed else _("This is not an e-mail address.")
        return render(request, "site/front.html", {**page, "problem": words}, status=422)
    if wait := failures.count_asked(address_of(request), "site link", most=MOST_LINKS):
        minutes = math.ceil(wait / 60)
        words = ngettext(
            "Too many attempts. Try again in %(n)s minute.", "Too many attempts. Try again in %(n)s minutes.", minutes
        )
        return render(request, "site/front.html", {**page, "problem": words % {"n": minutes}}, status=429)
    queue_links(address, now=timezone.now())
    return render(request, "site/front.html", {**page, "sent": True})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def reminders(request: HttpRequest, token: str) -> HttpResponse:
    """Turn reminders off or on: by one click of a mail program, or by typing the address."""
    person = unsubscribe.person_of(token)
    if person is None:
        raise Http404
    page = {"brand": person.org_structure.brand, "first_name": person.first_name, "typed": "", "problem": ""}
    if request.POST.dict() == ONE_CLICK:
        unsubscribe.stop_reminders(person)
        return HttpResponse(status=204)
    off = ReminderOptOut.objects.filter(person=person).exists()
    typed = request.POST.get("address", "").strip()
    if request.method == "POST" and typed:
        if wait := tries.wait(request, person):
            words = ngettext(
                "Too many attempts. Try again in %(n)s minute.", "Too many attempts. Try again in %(n)s minutes.", wait
            )
            page |= {"typed": typed, "problem": words % {"n": wait}}
        elif tries.is_address(person, typed):
            change = unsubscribe.take_reminders if "on" in request.POST else unsubscribe.stop_reminders
            change(person)
            return render(request, "site/reminders.html", {**page, "done": True, "off": "on" not in request.POST})
        else:
            tries.count(request, person)
            words = _("This is not the address that the reminder was sent to. Check it and try again.")
            page |= {"typed": typed, "problem": words}
    return render(request, "site/reminders.html", {**page, "off": off}, status=422 if page["problem"] else 200)
