"""Workflow options on the overview of an assessment."""

import re

import pytest

from qxportal.accounts.roles import Role
from tests.support.mirrored_rows import assessment, browser, organisation

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("maximum", "shown"), [(0, 'aria-label="No"'), (15, ">15<")])
def test_a_maximum_of_zero_is_shown_as_none(maximum, shown):
    org = organisation()
    review = assessment(org, workflow_options={"MaximumEvaluators": maximum})

    page = browser(org, Role.READER).get(f"/o/{org.slug}/assessments/{review.pk}/")

    (item,) = re.findall(r"<li>((?:(?!</li>).)*Maximum number of evaluators.*?)</li>", page.content.decode(), re.DOTALL)
    assert shown in item
