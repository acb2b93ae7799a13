"""The portal's addresses; everything of an organisation lies below /o/<its address>/."""

from django.conf import settings
from django.urls import include, path

from assessments.views import personal_reports
from assessments.views.calendar import feed
from qxportal.core.health import health

handler400 = "qxportal.trouble.bad_request"
handler500 = "qxportal.trouble.server_error"

urlpatterns = [
    path("health/", health, name="health"),
    *([path("mailbox/", include("qxportal.demo.urls"))] if settings.MAILBOX else []),
    path("l/<str:token>/", personal_reports.link, name="report-link"),
    path("report/", personal_reports.report, name="personal-report"),
    path("report/pdf/", personal_reports.pdf, name="personal-report-pdf"),
    path("calendar/deadlines.ics", feed, name="calendar-feed"),
    path("", include("qxportal.accounts.urls")),
    path("account/", include("allauth.urls")),
    path("o/<slug:org>/", include("qxportal.ledger.urls")),
    path("o/<slug:org>/", include("directory.urls")),
    path("o/<slug:org>/", include("assessments.urls")),
]
