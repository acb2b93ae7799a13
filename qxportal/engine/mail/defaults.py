"""What mails say where no library message was chosen: subject and text by kind, in the languages of the site."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override

from qxportal.engine.models import Mail

Kind = Mail.Kind


@dataclass(frozen=True)
class Text:
    """A subject line and a text, both with merge fields."""

    subject: str
    body: str


def default_text(kind: str, language: str) -> Text:
    """The text of a kind in a language of the site (en, de)."""
    with override(language):
        return _text(kind)


def _text(kind: str) -> Text:
    match kind:
        case Kind.REMINDER:
            return Text(
                _("Reminder: your feedback is still open"),
                _(
                    "Hello ${FirstName},\n\nyour feedback is still open:\n\n${Tasks}\n\n"
                    "You can leave out whatever you cannot judge.\n\n${ThreeSixtyLink}"
                ),
            )
        case Kind.THANKS:
            return Text(
                _("Thank you for your feedback"),
                _("Hello ${FirstName},\n\nthank you. Your feedback in ${AssessmentName} has arrived."),
            )
        case Kind.REPORT:
            return Text(
                _("Your report is ready"),
                _("Hello ${FirstName},\n\nyour report of ${AssessmentName} is ready.\n\n${ThreeSixtyLink}"),
            )
        case Kind.NOMINATE:
            return Text(
                _("Please choose who gives feedback"),
                _(
                    "Hello ${FirstName},\n\nplease choose who gives feedback in ${AssessmentName}. "
                    "The page behind the link says how many people are needed.\n\n${ThreeSixtyLink}"
                ),
            )
        case Kind.APPROVE:
            return Text(
                _("Please approve who gives feedback"),
                _(
                    "Hello ${FirstName},\n\nthe people who shall give feedback in ${AssessmentName} were chosen "
                    "and wait for your approval.\n\n${ThreeSixtyLink}"
                ),
            )
        case Kind.LINK:
            return Text(
                _("Your personal link"),
                _(
                    "Hello ${FirstName},\n\nhere is the personal link that you asked for. It opens your tasks. "
                    "If it was not you who asked, do nothing.\n\n${ThreeSixtyLink}"
                ),
            )
    return Text(
        _("${Organization} asks for your feedback"),
        _(
            "Hello ${FirstName},\n\nyou have been asked for feedback:\n\n${Tasks}\n\n"
            "The page behind the link says who will see what before you begin.\n\n${ThreeSixtyLink}"
        ),
    )
