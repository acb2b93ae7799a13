"""The forms of the ledger."""

import uuid

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


def intent_of(posted: QueryDict) -> uuid.UUID | None:
    """The number of the form that was sent, see the template tag `intent`."""
    try:
        return uuid.UUID(posted.get("intent", ""))
    except ValueError:
        return None


def mistyped(posted: QueryDict, words: str) -> list[str]:
    """The errors of the field `typed`, which confirms by these words; capitals and spaces do not count."""
    typed, wanted = (" ".join(text.split()) for text in (posted.get("typed", ""), words))
    return (
        [] if typed.casefold() == wanted.casefold() else [gettext("Type “%(words)s” to confirm.") % {"words": wanted}]
    )


class DecisionForm(forms.Form):
    """What becomes of a change that came to no end."""

    decision = forms.ChoiceField(
        choices=[
            ("look", _("Check again")),
            ("done", _("Mark as done")),
            ("again", _("Send again")),
            ("drop", _("Discard")),
        ]
    )
