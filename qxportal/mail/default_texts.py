"""Default texts of mails without a library message: subject and text by kind, in the languages of the site."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import override


@dataclass(frozen=True)
class Text:
    """A subject line and a text, both with merge fields."""

    subject: str
    body: str


def default_text(kind: str, language: str) -> Text:
    """The default text of a kind in a language of the site (en, de)."""
    with override(language):
        return _text(kind)


def _text(kind: str) -> Text:
    match kind:
        case "Reminder":
            return Text(
                _("Reminder: your feedback is still open"),
                _(
                    "Hello ${FirstName},\n\nYour feedback is still open:\n\n${Tasks}\n\n"
                    "What you have answered is saved: you can continue where you stopped.\n\n${ThreeSixtyLink}"
                ),
            )
        case "Thanks":
            return Text(
                _("Thank you for your feedback"),
                _("Hello ${FirstName},\n\nThank you. Your feedback in ${AssessmentName} has arrived."),
            )
        case "Report":
            return Text(
                _("A report is ready for you"),
                _("Hello ${FirstName},\n\nA report of ${AssessmentName} is ready for you.\n\n${ThreeSixtyLink}"),
            )
        case "ReportReminder":
            return Text(
                _("A report is waiting for you"),
                _(
                    "Hello ${FirstName},\n\nA report of ${AssessmentName} has been ready for you for a while, "
                    "and you have not opened it.\n\n${ThreeSixtyLink}"
                ),
            )
        case "ReportWithdrawn":
            return Text(
                _("A report is no longer available"),
                _(
                    "Hello ${FirstName},\n\nA report of ${AssessmentName} that you could open is no longer available "
                    "to you. If you have questions, ask the people who run the feedback at ${Organization}."
                ),
            )
        case "Nominate":
            return Text(
                _("Please choose who gives feedback"),
                _(
                    "Hello ${FirstName},\n\nPlease choose who gives feedback in ${AssessmentName}. "
                    "The page behind the link says how many people are needed.\n\n${ThreeSixtyLink}"
                ),
            )
        case "Approve":
            return Text(
                _("Please approve who gives feedback"),
                _(
                    "Hello ${FirstName},\n\nThe people who will give feedback in ${AssessmentName} have been chosen "
                    "and are waiting for your approval.\n\n${ThreeSixtyLink}"
                ),
            )
        case "ReportApproval":
            return Text(
                _("A report is waiting for your approval"),
                _(
                    "Hello ${FirstName},\n\nA report of ${AssessmentName} is waiting for your approval. "
                    "The person it is about can open it once you have approved it.\n\n${ThreeSixtyLink}"
                ),
            )
        case "Link":
            return Text(
                _("Your personal link"),
                _(
                    "Hello ${FirstName},\n\nHere is the personal link that you asked for. It opens your tasks. "
                    "If it was not you who asked, do nothing.\n\n${ThreeSixtyLink}"
                ),
            )
    return Text(
        _("${Organization} asks for your feedback"),
        _(
            "Hello ${FirstName},\n\nYou have been asked for feedback:\n\n${Tasks}\n\n"
            "Before you begin, the page behind the link says who will see what. "
            "Each answer is saved as you give it: you can stop at any time and continue later.\n\n${ThreeSixtyLink}"
        ),
    )


def task_line(name: object, assessment: str, *, own: bool, until: str = "") -> str:
    """The line about one open evaluation in mails, in the active language."""
    words = {"name": name, "assessment": assessment, "until": until}
    if not until:
        said = _("Feedback on yourself (%(assessment)s)") if own else _("Feedback on %(name)s (%(assessment)s)")
        return said % words
    if own:
        return _("Feedback on yourself (%(assessment)s), until %(until)s") % words
    return _("Feedback on %(name)s (%(assessment)s), until %(until)s") % words
