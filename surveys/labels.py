"""Display labels of surveys."""

from django.utils.translation import gettext_lazy as _

from qxportal.ui.badges import Badge
from qxportal.ui.labels import Labels

LABELS = Labels(
    states={
        "survey": {
            "Active": Badge("good", "circle-check", _("Active")),
            "Inactive": Badge("quiet", "ban", _("Inactive")),
        },
    },
    requests={
        "activateSurvey": _("Activate a survey"),
        "createLibraryMessage": _("Create a message"),
        "deactivateSurvey": _("Deactivate a survey"),
        "deleteLibraryGraphic": _("Delete an image"),
        "deleteLibraryMessage": _("Delete a message"),
        "importResponses": _("Import responses"),
        "importSurvey": _("Import a survey"),
        "importSurveyTranslations": _("Import translations of a survey"),
        "setLibraryMessage": _("Change a message"),
        "setSurveyOptions": _("Set a survey’s options"),
        "transferSurveyOwnership": _("Transfer a survey to another owner"),
        "uploadLibraryGraphic": _("Upload an image"),
    },
    verbs={
        "survey.transferred": _("Survey transferred"),
        "survey.acknowledged": _("Changes of a survey acknowledged"),
    },
    fields={
        "survey": {"name": _("Name"), "status": _("Status"), "owner_id": _("Owner")},
    },
)
