"""The forms of the ledger."""

from django import forms
from django.utils.translation import gettext_lazy as _


class DecisionForm(forms.Form):
    """What becomes of a change that came to no end."""

    decision = forms.ChoiceField(
        choices=[("look", _("Look again")), ("done", _("It was carried out")), ("again", _("Send it again")),
                 ("drop", _("Give it up"))]
    )  # fmt: skip
