"""What screens call people."""

from django.utils.translation import gettext_lazy as _

from qxportal.ui.labels import Labels

LABELS = Labels(
    verbs={
        "member.person-claimed": _("Member said which person he or she is"),
        "member.person-nobody-claimed": _("Member said that he or she is not in the directory"),
        "member.person-proven": _("Member joined with a person by the address"),
        "member.person-confirmed": _("Member joined with a person"),
        "member.person-nobody": _("Member confirmed as not in the directory"),
    },
    requests={
        "changeUserName": _("Change a user name"),
        "createDivision": _("Create a division"),
        "createPerson": _("Add a person to the directory"),
        "createUser": _("Create a user"),
        "deleteUser": _("Delete a user"),
        "importPersons": _("Import people"),
        "setUserDataFields": _("Set the user data fields"),
        "updatePerson": _("Change a person"),
        "updateUser": _("Change a user"),
    },
    fields={
        "person": {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "email": _("E-mail address"),
            "user_name": _("User name"),
            "user_id": _("Vendor user"),
            "external": _("External"),
            "department": _("Department"),
            "title": _("Title"),
            "location": _("Location"),
            "manager_email": _("Manager’s address"),
            "metadata": _("Further data"),
        },
    },
)
