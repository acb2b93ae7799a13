"""Display labels of people."""

from django.utils.translation import gettext_lazy as _

from qxportal.ui.labels import Labels

LABELS = Labels(
    verbs={
        "member.person-claimed": _("Member chose which person of the directory they are"),
        "member.person-nobody-claimed": _("Member chose “Not in the directory”"),
        "member.person-proven": _("Member linked to a person by e-mail address"),
        "member.person-confirmed": _("Member confirmed as a person of the directory"),
        "member.person-nobody": _("Member confirmed as not in the directory"),
        "user.created": _("User created"),
        "user.changed": _("User changed"),
        "user.renamed": _("User name changed"),
        "user.deleted": _("User deleted"),
        "division.created": _("Division created"),
        "people.different": _("Possible duplicates confirmed as different people"),
        "people.different-taken-back": _("Confirmation as different people undone"),
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
    parameters={
        "first_name": _("First name"),
        "last_name": _("Last name"),
        "email": _("E-mail address"),
        "external": _("External person"),
        "unique_id": _("Unique identifier"),
        "Department": _("Department"),
        "Title": _("Title"),
        "Location": _("Location"),
        "ManagerEmail": _("Manager’s address"),
    },
    fields={
        "person": {
            "first_name": _("First name"),
            "last_name": _("Last name"),
            "email": _("E-mail address"),
            "user_name": _("User name"),
            "user_id": _("User ID"),
            "external": _("External"),
            "department": _("Department"),
            "title": _("Title"),
            "location": _("Location"),
            "manager_email": _("Manager’s e-mail address"),
            "metadata": _("Other data"),
        },
    },
)
