"""Importing subjects into an assessment, and people who take part in it."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import Assessment
from directory.imports.fields import EMAIL, FIRST_NAME, LAST_NAME, UNIQUE_ID, Fields
from directory.imports.people import MatchOptions
from directory.imports.screens import Import
from directory.imports.templates import both_formats
from directory.models import Upload
from qxportal.ui.stored_messages import gettext_stored

KIND = "subjects"
SUBJECTS = Fields(fields=(EMAIL, UNIQUE_ID, FIRST_NAME, LAST_NAME), one_of=(("email", "unique_id"),), other_data=False)
TEMPLATE = ("FirstName", "LastName", "Email", "UniqueIdentifier")
EXAMPLES = (
    ("Anna", "Example", "anna.example@company.example", "000123"),
    ("Ben", "Sample", "ben.sample@company.example", "000124"),
)


class SubjectOptions(MatchOptions):
    """How people are matched, and what happens to subjects missing from the file."""

    remove_others = forms.BooleanField(
        label=gettext_lazy("Remove subjects who are not in the file"),
        required=False,
        help_text=gettext_lazy("Who has given or received answers stays, and who is done; the preview names each."),
    )


def subjects_import(assessment: Assessment) -> Import:
    """The import of an assessment's subjects."""
    where = (assessment.org.slug, assessment.pk)
    return Import(
        kind=KIND,
        target=assessment.vendor_id,
        fields=SUBJECTS,
        options=SubjectOptions,
        heading=_("Import subjects"),
        subheading=_("A row for each person who receives feedback in this assessment."),
        start=reverse("assessments:subjects-import", args=where),
        check=lambda upload: reverse("assessments:subjects-import-check", args=(*where, upload.pk)),
        templates=both_formats(reverse("assessments:subjects-import-template", args=where)),
        others=(
            (
                _("Import people who are not all subjects"),
                reverse("assessments:participants-import", args=where),
            ),
        ),
        back=reverse("assessments:subjects", args=where),
        back_words=assessment.name,
        title=lambda upload: _title(upload, assessment),
    )


def _title(upload: Upload, assessment: Assessment) -> Any:
    return gettext_stored(
        "Import subjects of “%(assessment)s” from “%(name)s”", assessment=assessment.name, name=upload.name
    )
