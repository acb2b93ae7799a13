"""Importing people into the directory: add, update, or correct existing ones."""

from typing import Any

from django import forms
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from directory.imports.fields import PEOPLE
from directory.imports.screens import Import, OptionsForm
from directory.imports.templates import both_formats
from directory.models import Upload
from qxportal.accounts.models import Organisation
from qxportal.ledger.outbox.humanize import OF_METADATA
from qxportal.ui.stored_messages import gettext_stored

KIND = "people"
EXISTING = (
    ("update", gettext_lazy("Add new people and update those who are in the directory")),
    ("skip", gettext_lazy("Only add new people")),
    ("update-only", gettext_lazy("Only update people who are in the directory (corrections)")),
)
MATCH = (("unique_id", gettext_lazy("The unique identifier")), ("email", gettext_lazy("The e-mail address")))
EXAMPLES = (
    ("Anna", "Example", "anna.example@company.example", "000123", "", "no", "Sales", "Team lead"),
    ("Ben", "Sample", "ben.sample@company.example", "000124", "", "no", "Sales", "Consultant"),
)
TEMPLATE = ("FirstName", "LastName", "Email", "UniqueIdentifier", "UserName", "External", "Department", "Title")


class MatchOptions(OptionsForm):
    """How people in the file are matched."""

    match = forms.ChoiceField(label=gettext_lazy("People are recognised by"), choices=MATCH)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["match"].initial = "unique_id" if "unique_id" in self.columns else "email"

    def clean_match(self) -> str:
        """Require the column used for matching."""
        match: str = self.cleaned_data["match"]
        if match not in self.columns and {"email", "unique_id"} & self.columns:
            raise forms.ValidationError(_("No column becomes this. Choose its column above, or the other one."))
        return match


class PeopleOptions(MatchOptions):
    """Which people the import adds and changes."""

    existing = forms.ChoiceField(
        label=gettext_lazy("People"),
        choices=EXISTING,
        initial="update",
        help_text=gettext_lazy("An empty cell keeps what is there. A cell that says “(clear)” empties it."),
    )
    update_responses = forms.BooleanField(
        label=gettext_lazy("Also update evaluations that these people have finished"),
        required=False,
        help_text=gettext_lazy(
            "Finished evaluations keep the department and other details that the person had at the time. "
            "With this option they get the changed details from the file. This cannot be undone."
        ),
    )
    field_order = ("existing", "match")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any(column.startswith(OF_METADATA) for column in self.columns):
            del self.fields["update_responses"]

    def options(self) -> dict[str, Any]:
        """The choices in the plan's form."""
        return {name: value for name, value in super().options().items() if name != "update_responses" or value}


def people_import(org: Organisation) -> Import:
    """The import into an organisation's directory."""
    return Import(
        kind=KIND,
        fields=PEOPLE,
        options=PeopleOptions,
        heading=_("Import people"),
        subheading=_("From an export of your HR system, a spreadsheet, or cells that you paste."),
        start=reverse("directory:people-import", args=(org.slug,)),
        check=lambda upload: reverse("directory:people-import-check", args=(org.slug, upload.pk)),
        templates=both_formats(reverse("directory:people-import-template", args=(org.slug,))),
        back=reverse("directory:people", args=(org.slug,)),
        back_words=_("People"),
        title=_title,
    )


def _title(upload: Upload) -> Any:
    return gettext_stored("Import people from “%(name)s”", name=upload.name)
