"""Comparing the directory with the complete list of the HR system."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from assessments.hr_lists import COMPARED
from directory.imports.fields import PEOPLE
from directory.imports.people import KIND, PeopleOptions
from directory.imports.screens import Import
from directory.imports.templates import both_formats
from directory.models import Upload
from qxportal.accounts.models import Organisation
from qxportal.ui.stored_messages import gettext_stored


class ComparisonOptions(PeopleOptions):
    """Which people the list adds and changes; its plan treats the list as complete."""

    def options(self) -> dict[str, Any]:
        """The choices as the plan keeps them."""
        return {**super().options(), COMPARED: True}


def hr_list(org: Organisation) -> Import:
    """The comparison with a whole list."""
    return Import(
        kind="hr-list",
        plans=KIND,
        fields=PEOPLE,
        options=ComparisonOptions,
        heading=_("Compare with the HR system"),
        subheading=_(
            "From the complete list of all employees: who is new, who changed, and who is missing and presumably left."
        ),
        start=reverse("assessments:hr-list", args=(org.slug,)),
        check=lambda upload: reverse("assessments:hr-list-check", args=(org.slug, upload.pk)),
        templates=both_formats(reverse("directory:people-import-template", args=(org.slug,))),
        back=reverse("directory:people", args=(org.slug,)),
        back_words=_("People"),
        title=_title,
        then=lambda plan: reverse("assessments:hr-list-compared", args=(org.slug, plan.pk)),
    )


def _title(upload: Upload) -> Any:
    return gettext_stored("People as in “%(name)s”", name=upload.name)
