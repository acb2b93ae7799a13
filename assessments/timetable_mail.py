"""Mail to members who may apply a timetable's plan: that it will apply itself soon, or waits for them."""

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.models import TimetableRun
from qxportal.accounts.models import PortalMail
from qxportal.accounts.portal_mail import Words
from qxportal.ledger.models import Plan
from qxportal.ledger.plans.apply import may_apply
from qxportal.ui.dates import date_time

KIND = "timetable"


def write_timetable_mail(mail: PortalMail) -> Words | None:
    """Compose the mail; None if the plan was applied or discarded, or the member may no longer apply it."""
    rows = TimetableRun.objects.filter(org=mail.org, pk=mail.about["run"], state=mail.about["state"])
    run = rows.select_related("plan__org", "timetable__assessment").first()
    if run is None or run.plan is None or run.plan.state != Plan.State.READY:
        return None
    if mail.member is None or not may_apply(mail.member, run.plan):
        return None
    names = {"org": mail.org.name, "name": run.timetable.assessment.name, "n": run.plan.acting}
    link = settings.PORTAL_URL.rstrip("/") + reverse("ledger:plan", args=[mail.org.slug, run.plan.pk])
    if run.state == TimetableRun.State.HELD and run.applies_at:
        names |= {"at": date_time(run.applies_at), "zone": timezone.localtime(run.applies_at).tzname() or ""}
        said = ngettext(
            "A timetable made a plan that marks %(n)s subject of “%(name)s” as done.",
            "A timetable made a plan that marks %(n)s subjects of “%(name)s” as done.",
            run.plan.acting,
        )
        applies = _("It applies itself at %(at)s (%(zone)s) unless someone stops it.")
        return Words(
            subject=_("A plan for “%(name)s” applies itself soon") % names,
            paragraphs=(said % names, applies % names),
            link=link,
            button=_("Look at the plan"),
        )
    said = _("A plan that a timetable of “%(name)s” made does not apply itself.") % names
    return Words(
        subject=_("A plan for “%(name)s” waits for you") % names,
        paragraphs=(said, str(run.outcome)),
        link=link,
        button=_("Look at the plan"),
    )
