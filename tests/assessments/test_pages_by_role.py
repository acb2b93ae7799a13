"""What administrators, editors and readers see on the pages of surveys, libraries, users, views and dates.

Who may open which address at all stands in tests/isolation/policy.py.
"""

import pytest
from django.utils import timezone

from assessments.models import ReportFigures
from directory.models import VendorUser
from qxportal.accounts.models import SavedView
from qxportal.accounts.roles import Role
from surveys.models import LibraryContent, Survey
from tests.support.mirrored_rows import assessment, browser, organisation

pytestmark = pytest.mark.django_db
ADMIN, EDITOR, READER = Role.ADMIN, Role.EDITOR, Role.READER
# Of each page what it offers, by the end of an address or a field of a form, and from which role on.
OFFERS = {
    "surveys/": {"surveys/import/": EDITOR, "surveys/library/": EDITOR, 'name="shared"': EDITOR},
    "surveys/{survey}/": {"/validity/": EDITOR, "/translations/": EDITOR, "/transfer/": ADMIN, "/deactivate/": EDITOR},
    "calendar/": {'download hx-boost="false"': READER},
    "views/": {"/edit/": ADMIN, "Everyone’s": READER},
    "assessments/{assessment}/reports/figures/": {"/remove/": EDITOR, "Our norms": READER},
    "surveys/library/": {"surveys/library/{key}/": EDITOR},
    "surveys/library/{key}/": {"/delete/": EDITOR, 'name="image"': EDITOR},
    "settings/users/": {"users/new/": ADMIN, "divisions/new/": ADMIN, "/rename/": ADMIN},
    "settings/api/": {"Requests are sent with a credential": ADMIN},
    "settings/answers/": {"Only an owner can turn them on": ADMIN},
    "settings/user-data-fields/": {"<form": ADMIN},
    "reports/who/": {"</h1>": ADMIN},
}
CLOSED_TO = {"surveys/library/": EDITOR, "settings/": ADMIN, "reports/who/": ADMIN}


@pytest.fixture
def org():
    return organisation()


@pytest.fixture
def names(org):
    """What stands for the rows in the addresses."""
    now = timezone.now()
    made = assessment(org)
    survey = Survey.objects.create(org=org, vendor_id="SV_1", name="Leadership", status="Active", seen_at=now)
    VendorUser.objects.create(org=org, vendor_id="UR_1", user_name="ines.vogel#halden", seen_at=now)
    LibraryContent.objects.create(org=org, library_id=made.vendor_id, seen_at=now, graphics={"IM_1": "Logo"})
    tables = [{"report_id": "RP_1", "source_id": "DS_1", "name": "Our norms", "rows": [{"Note": "x"}]}]
    ReportFigures.objects.create(org=org, assessment=made, seen_at=now, tables=tables)
    SavedView.objects.create(org=org, kind="surveys", name="Everyone’s", shared=True, path="/o/halden/surveys/")
    return {"survey": survey.pk, "assessment": made.pk, "key": made.vendor_id}


@pytest.mark.parametrize("role", [ADMIN, EDITOR, READER])
def test_pages_offer_each_role_what_it_may_do(org, names, role):
    client = browser(org, role)
    wrong = []
    for path, offers in OFFERS.items():
        least = next((needed for start, needed in CLOSED_TO.items() if path.startswith(start)), READER)
        page = client.get(f"/o/halden/{path.format(**names)}")
        if not role.reaches(least):
            assert page.status_code == 403, path
            continue
        assert page.status_code == 200, path
        shown = page.content.decode()
        wrong += [
            (path, mark) for mark, needed in offers.items() if (mark.format(**names) in shown) != role.reaches(needed)
        ]

    assert wrong == []
