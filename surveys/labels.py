"""What screens call surveys."""

from django.utils.translation import gettext_lazy as _

from qxportal.ui.labels import Labels

LABELS = Labels(
    requests={
        "activateSurvey": _("Switch a survey on"),
        "createLibraryMessage": _("Create a message"),
        "deactivateSurvey": _("Switch a survey off"),
        "deleteLibraryGraphic": _("Delete an image"),
        "deleteLibraryMessage": _("Delete a message"),
        "importResponses": _("Import responses"),
        "importSurvey": _("Import a survey"),
        "importSurveyTranslations": _("Import translations of a survey"),
        "setLibraryMessage": _("Change a message"),
        "setSurveyOptions": _("Set a survey's options"),
        "transferSurveyOwnership": _("Give a survey to somebody else"),
        "uploadLibraryGraphic": _("Upload an image"),
    },
    fields={
        "survey": {"name": _("Name"), "status": _("Status"), "owner_id": _("Owner")},
    },
)
