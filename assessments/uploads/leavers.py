"""Importing a list of leavers from the HR system."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.plans_of_leavers import KIND, REPLACEMENT
from directory.imports.fields import EMAIL, UNIQUE_ID, Field, Fields
from directory.imports.screens import Import, OptionsForm
from directory.imports.templates import both_formats
from directory.models import Upload
from qxportal.accounts.models import Organisation
from qxportal.ui.stored_messages import gettext_stored

REPLACED_BY = Field(
    REPLACEMENT,
    gettext_lazy("Replaced by (e-mail address)"),
    (
        "replacedby",
        "replacedbyemail",
        "replacement",
        "replacementemail",
        "successor",
        "successoremail",
        "ersetztdurch",
        "nachfolger",
        "nachfolgerin",
        "nachfolge",
        "nachfolgeemail",
        "ersatz",
    ),
)
FIELDS = Fields(fields=(REPLACED_BY, EMAIL, UNIQUE_ID), one_of=(("email", "unique_id"),), other_data=False)
TEMPLATE = ("UniqueIdentifier", "Email", "ReplacedBy")
EXAMPLES = (
    ("000123", "anna.example@company.example", "ben.sample@company.example"),
    ("000124", "cleo.other@company.example", ""),
)


class LeaverOptions(OptionsForm):
    """Handling of evaluations that leavers have begun."""

    answers = forms.BooleanField(
        label=gettext_lazy("Also remove evaluations in progress"),
        required=False,
        help_text=gettext_lazy("Their answers so far are lost. Otherwise these evaluations stay as they are."),
    )


def leavers_import(org: Organisation) -> Import:
    """The import of an organisation's list of leavers."""
    return Import(
        kind=KIND,
        fields=FIELDS,
        options=LeaverOptions,
        heading=_("People who leave"),
        subheading=_(
            "Leavers are removed from all open evaluations, or replaced. Finished evaluations stay and count."
        ),
        start=reverse("assessments:leavers", args=(org.slug,)),
        check=lambda upload: reverse("assessments:leavers-check", args=(org.slug, upload.pk)),
        templates=both_formats(reverse("assessments:leavers-template", args=(org.slug,))),
        back=reverse("directory:people", args=(org.slug,)),
        back_words=_("People"),
        title=_title,
    )


def _title(upload: Upload) -> Any:
    return gettext_stored("Leavers from “%(name)s”", name=upload.name)
