"""Names of units and of their fields in group reports, in the active language."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

ALL_SUBJECTS = "all-subjects"


def of_fields(own: Iterable[str]) -> dict[str, str]:
    """The labels of the fields by which subjects can be grouped, those of the organisation last."""
    return {
        "department": _("Department"),
        "manager": _("Manager"),
        "title": _("Title"),
        "location": _("Location"),
        ALL_SUBJECTS: _("All subjects as one unit"),
        **{name: name for name in own},
    }


def all_subjects() -> str:
    """The name of the unit of all subjects."""
    return _("All subjects")


def without_value() -> str:
    """The name of the unit of subjects without a value in the field."""
    return _("Not given")


def selected() -> str:
    """The name of a unit of chosen subjects that was given none."""
    return _("Selected subjects")
