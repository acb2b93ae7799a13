"""Display labels of the brand, mailings and mails."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.brand_forms import BrandForm
from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

KINDS = {  # of mailings and mails
    "Invite": _("Invitation"),
    "Reminder": _("Reminder"),
    "Thanks": _("Thanks"),
    "Report": _("Report is ready"),
    "Nominate": _("Choosing evaluators"),
    "Approve": _("Approving evaluators"),
    "ReportApproval": _("Approving reports"),
    "ReportReminder": _("Report not opened"),
    "ReportWithdrawn": _("Report withdrawn"),
    "Link": _("Lost link"),
}
WHYS = {  # why a mail failed, was not sent, or still waits
    "address": _("The person has no e-mail address that mail can go to."),
    "refused": _("The mail server refused it for good."),
    "no-such-address": _("It came back: the receiving mail server does not know the address."),
    "no-such-domain": _("It came back: the part of the address after the @ does not exist."),
    "mailbox-disabled": _("It came back: the mailbox is disabled."),
    "returned": _("It came back: the receiving mail server refused it for good."),
    "mailbox-full": _("It came back: the mailbox is full."),
    "not-accepted": _(
        "It came back: the receiving mail server does not accept this mail. Ask the people who run your mail server."
    ),
    "expired": _("It came back: the receiving mail server could not be reached for days."),
    "delayed": _("The receiving mail server has not taken it yet. Another attempt follows."),
    "address-returned": _("An earlier mail to this address came back. It is sent once the address is corrected."),
    "unreached": _("The mail server could not be reached, or asked to try later. It is tried again."),
    "gave-up": _("It was tried too often."),
    "quiet-hours": _("It is a quiet hour. It is sent afterwards."),
    "mail-off": _("Mail is off."),
    "person-left": _("The person has left."),
    "assessment-closed": _("The assessment is not active."),
    "nothing-open": _("The person has nothing open any more."),
    "already-sent": _("The person has got this mail already."),
    "reminded-today": _("The person has been reminded today."),
    "no-reminders": _("The person has turned reminders off."),
    "not-finished": _("The person has not finished everything."),
    "no-report": _("The person cannot open a report now."),
    "withdrawn": _("The mailing was stopped."),
    "copy": _("The database was a copy, and copies mail nobody."),
    "no-test-address": _("There is no test address."),
}


def why_words(why: str) -> str:
    """The reason why a mail failed, was not sent or is delayed; an unknown code stays as it is."""
    return str(WHYS.get(why, why))


MAIL_LABELS = Labels(
    states={
        "mail-mode": {
            "off": Badge("warn", "ban", _("Mail is off")),
            "test": Badge("warn", "mail", _("Mail goes to the test address only")),
            "on": Badge("good", "circle-check", _("Mail is on")),
        },
        "mailing": {
            "planned": Badge("quiet", "clock", _("Planned"), _("Its time has not come.")),
            "sending": Badge("busy", "send", _("Sending"), _("Some of its mails have not left.")),
            "sent": Badge("good", "circle-check", pgettext_lazy("state of a mailing", "Sent"), _("It has gone out.")),
            "standing": Badge(
                "busy",
                "refresh",
                _("Ongoing"),
                _("It has been sent, and is also sent to everyone it applies to later."),
            ),
            "stopped": Badge("quiet", "ban", _("Stopped"), _("It was stopped. Mails that had left arrive.")),
        },
        "mail": {
            "queued": Badge("quiet", "clock", pgettext_lazy("state of a mail", "Waiting"), _("It has not left.")),
            "sending": Badge("busy", "send", _("Sending"), _("It is being handed to the mail server.")),
            "sent": Badge(
                "good", "circle-check", pgettext_lazy("state of a mail", "Sent"), _("The mail server accepted it.")
            ),
            "failed": Badge("bad", "circle-x", _("Failed"), _("It could not be delivered, and is not tried again.")),
            "cancelled": Badge(
                "quiet", "ban", _("Not sent"), _("It was no longer needed when its time came, or was stopped.")
            ),
        },
    },
    verbs={
        "audience.exported": _("List of open evaluations exported"),
        "brand.changed": _("Brand changed"),
        "brand.logo-changed": _("Logo changed"),
        "brand.logo-removed": _("Logo removed"),
        "brand.minimums-changed": _("Minimum numbers of answers changed"),
        "mail.tested": _("Test mail requested"),
        "mail.turned-on": _("Mail turned on"),
        "mail.redirected": _("All mail sent to the test address"),
        "mail.turned-off": _("Mail turned off"),
    },
    requests={
        "qxCancelMailing": _("Stop a mailing"),
        "qxCreateMailing": _("Plan a mailing"),
        "qxSendTestMail": _("Send a test mail"),
        "qxSetBrand": _("Change the brand or its mail"),
    },
    parameters={
        **{name: field.label or "" for name, field in BrandForm.base_fields.items()},
        "footer": _("Footer"),
        "report_cover": _("Words on the cover of reports"),
        "report_confidential": _("Words on the confidentiality of reports"),
        "mail": _("Mail"),
        "address": _("E-mail address"),
        "kind": _("Kind"),
        "scheduled_at": _("Time"),
        "standing": _("Also to everyone it applies to later"),
    },
)
