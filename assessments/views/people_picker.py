"""The list from which people of the directory are chosen, as subjects or as evaluators."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessments.forms import PeoplePickerForm
from directory.models import Person
from directory.selectors import departments
from qxportal.accounts.access import MemberRequest
from qxportal.core.listing import paged, read_filters
from qxportal.ledger.errors import ActionRefused

T = TypeVar("T")


def people_picker(
    request: MemberRequest, form: PeoplePickerForm, rows: QuerySet[Person], *, ticked: Iterable[str]
) -> dict[str, Any]:
    """The context of `_people_picker.html` and `_addresses.html`: a page of people, and the selected ones."""
    listing = read_filters(request.GET, department=(_("Department"), departments(form.org)))
    rows = listing.apply(rows, department="department")
    page = paged(rows, request.GET, by=("sort_name", "pk"), words=listing.search)
    return {"form": form, "listing": listing, "page": page, "ticked": list(ticked)}


def why_refused(check: Callable[[T], None], about: T) -> str:
    """The reason why no people can be added, shown before the choice; empty if they can."""
    try:
        check(about)
    except ActionRefused as refusal:
        return str(refusal)
    return ""
