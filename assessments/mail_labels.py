"""What screens call the brand, mailings and mails."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.brand_forms import BrandForm
from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

MAIL_LABELS = Labels(
    states={
        "mail-mode": {
            "off": Badge("warn", "ban", _("Mail is off")),
            "test": Badge("warn", "mail", _("Mail goes to the test address only")),
            "on": Badge("good", "circle-check", _("Mail is on")),
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
        "brand.changed": _("Brand changed"),
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
        "mail": _("Mail"),
        "address": _("E-mail address"),
    },
)
