"""Importing people into an assessment with a role each: subjects, and participants only."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from assessments.models import Assessment
from assessments.plans_of_participants import PARTICIPANT, ROLES, SUBJECT, has_subjects
from directory.imports.fields import EMAIL, FIRST_NAME, LAST_NAME, UNIQUE_ID, Field, Fields
from directory.imports.people import MatchOptions
from directory.imports.screens import Import, OptionsForm
from directory.imports.templates import both_formats
from directory.models import Upload
from qxportal.ui.stored_messages import gettext_stored

KIND = "participants"
ROLE = Field(
    "role",
    gettext_lazy("Role in the assessment"),
    ("role", "participantrole", "roleinassessment", "rolle", "teilnahme", "participation", "external", "extern"),
)
PERSON = (EMAIL, UNIQUE_ID, FIRST_NAME, LAST_NAME)
WITH_ROLES = Fields(fields=(*PERSON, ROLE), one_of=(("email", "unique_id"),), other_data=False)
WITHOUT_ROLES = Fields(fields=PERSON, one_of=(("email", "unique_id"),), other_data=False)
TEMPLATE = ("FirstName", "LastName", "Email", "UniqueIdentifier", "Role")
EXAMPLES = (
    ("Anna", "Example", "anna.example@company.example", "000123", "Subject"),
    ("Ben", "Sample", "ben.sample@company.example", "000124", "Participant"),
)


class RoleOptions(MatchOptions):
    """The role of people whose row has none."""

    role = forms.ChoiceField(
        label=gettext_lazy("Role where a row names none"), choices=list(ROLES.items()), initial=SUBJECT
    )


class ParticipantOptions(MatchOptions):
    """Of an assessment that has participants alone."""

    def options(self) -> Mapping[str, Any]:  # type: ignore[override]
        """The choices as the plan keeps them."""
        return {**super().options(), "role": PARTICIPANT}


def participants_import(assessment: Assessment) -> Import:
    """The import of people into an assessment."""
    where = (assessment.org.slug, assessment.pk)
    roles = has_subjects(assessment)
    options: type[OptionsForm] = RoleOptions if roles else ParticipantOptions
    template = reverse("assessments:participants-import-template", args=where)
    return Import(
        kind=KIND,
        target=assessment.vendor_id,
        fields=WITH_ROLES if roles else WITHOUT_ROLES,
        options=options,
        heading=_("Import participants"),
        subheading=_("A row for each person who takes part in this assessment."),
        start=reverse("assessments:participants-import", args=where),
        check=lambda upload: reverse("assessments:participants-import-check", args=(*where, upload.pk)),
        templates=both_formats(template),
        back=reverse("assessments:subjects", args=where),
        back_words=assessment.name,
        title=lambda upload: _title(upload, assessment),
    )


def _title(upload: Upload, assessment: Assessment) -> Any:
    return gettext_stored(
        "Import participants of “%(assessment)s” from “%(name)s”", assessment=assessment.name, name=upload.name
    )
