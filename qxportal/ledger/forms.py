"""The forms of the ledger."""

import uuid

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def intent_of(posted: QueryDict) -> uuid.UUID | None:
    """The submitted form's idempotency key, set by the template tag `intent`."""
    try:
        return uuid.UUID(posted.get("intent", ""))
    except ValueError:
        return None


def mistyped(posted: QueryDict, words: str) -> list[str]:
    """Errors of the field `typed` if it differs from the confirmation text; case and spacing are ignored."""
    typed, wanted = (" ".join(text.split()) for text in (posted.get("typed", ""), words))
    return (
        [] if typed.casefold() == wanted.casefold() else [gettext("Type “%(words)s” to confirm.") % {"words": wanted}]
    )


class DecisionForm(forms.Form):
    """A member's decision about a change whose outcome is open."""

    decision = forms.ChoiceField(
        choices=[
            ("look", _("Check again")),
            ("done", _("Mark as done")),
            ("again", _("Send again")),
            ("drop", _("Discard")),
        ]
    )
