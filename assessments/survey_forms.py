"""The forms of surveys; times are in the zone of the member, which the pages name."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessments.schedule_forms import MomentField
from qxportal.threesixty.catalogue import UPLOAD_LIMIT
from qxportal.threesixty.enums import SurveyFormat


class ValidityForm(forms.Form):
    """A survey's validity period; without times it is always valid. The server keeps a side that is left out."""

    valid_from = MomentField(label=_("Valid from"))
    valid_until = MomentField(label=_("Valid until"))

    def clean(self) -> dict[str, Any]:
        """The end comes after the beginning."""
        cleaned = super().clean() or {}
        begins, ends = cleaned.get("valid_from"), cleaned.get("valid_until")
        if begins and ends and ends <= begins:
            self.add_error("valid_until", gettext("This must be later than the beginning."))
        for name, other in (("valid_from", "valid_until"), ("valid_until", "valid_from")):
            if self.initial.get(name) and name not in self.errors and not cleaned.get(name) and cleaned.get(other):
                self.add_error(name, gettext("The server can take off this limit only together with the other one."))
        return cleaned


class ImportSurveyForm(forms.Form):
    """A survey file to import; its extension determines the format."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("QSF, TXT, DOC or DOCX of at most 8 MB."),
        widget=forms.FileInput(attrs={"accept": ".qsf,.txt,.doc,.docx"}),
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False, help_text=_("Empty: the name of the file."))
    activate = forms.BooleanField(label=_("Activate the survey at once"), required=False)

    def clean_file(self) -> "UploadedFile[bytes]":
        """A file in a supported format that is neither too large nor empty."""
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if PurePath(file.name or "").suffix[1:].upper() not in SurveyFormat.__members__:
            raise forms.ValidationError(gettext("This is no QSF, TXT, DOC or DOCX file."))
        return _sized(file)

    def clean(self) -> dict[str, Any]:
        """Without a name, that of the file without its ending."""
        cleaned = super().clean() or {}
        if "file" in cleaned and not cleaned.get("name"):
            cleaned["name"] = PurePath(cleaned["file"].name).stem[:200].strip()
            if not cleaned["name"]:
                self.add_error("name", self.fields["name"].error_messages["required"])
        return cleaned

    @property
    def kind(self) -> SurveyFormat:
        """The format of the file."""
        return SurveyFormat(PurePath(self.cleaned_data["file"].name).suffix[1:].upper())


class ImportTranslationsForm(forms.Form):
    """A table with the texts of a survey in other languages."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV or TSV in UTF-8, of at most 8 MB."),
        widget=forms.FileInput(attrs={"accept": ".csv,.tsv,.txt"}),
    )
    as_admin = forms.BooleanField(
        label=_("The survey belongs to another user"),
        required=False,
        help_text=_("Surveys of other users are changed only when this is confirmed."),
    )

    def clean_file(self) -> str:
        """The table as text."""
        content: bytes = _sized(self.cleaned_data["file"]).read()
        try:
            return content.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise forms.ValidationError(gettext("This file is not in UTF-8. Save it as CSV in UTF-8.")) from None


class TransferForm(forms.Form):
    """The new owner of a survey."""

    new_owner_id = forms.RegexField(
        r"\AUR_\w{1,50}\Z",
        label=_("User ID of the new owner"),
        strip=True,
        error_messages={"invalid": _("Enter a user ID; it begins with UR_.")},
    )
    name = forms.CharField(label=_("Name"), max_length=200, required=False, help_text=_("Empty: the name stays."))


def _sized(file: "UploadedFile[bytes]") -> "UploadedFile[bytes]":
    if (file.size or 0) > UPLOAD_LIMIT:
        raise forms.ValidationError(gettext("This file is larger than 8 MB."))
    return file
