"""How many answers an assessment needs before a report shows figures, comments, and how far ratings are apart.

    draft    what its brand asks for now
    active   what the brand asked for at activation, or more where the brand has asked for more since
    closed   what held when it was closed; reopened, it is active again and keeps that at least

People answer under the minimums that they were told of: a minimum never falls. It is raised where the brand is
changed (`raise_running`), and a change that an activation at the same time did not see still holds because the
brand's own values are compared each time.
"""

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest

from qxportal.engine.models import Assessment, Brand
from qxportal.engine.people import stored_reports
from qxportal.engine.reports.types import Policy

COLUMNS = ("min_group", "min_comments", "min_spread")


def of_brand(brand: Brand) -> Policy:
    """What a brand asks for now."""
    return Policy(min_group=brand.min_group, min_comments=brand.min_comments, spread_min=brand.min_spread)


def of(assessment: Assessment) -> Policy:
    """What an assessment needs now."""
    asked = of_brand(assessment.brand)
    if assessment.min_group is None or assessment.status == Assessment.Status.DRAFT:
        return asked
    fixed = Policy(
        min_group=assessment.min_group,
        min_comments=assessment.min_comments or assessment.min_group,
        spread_min=assessment.min_spread or assessment.min_group,
    )
    return fixed if assessment.status == Assessment.Status.CLOSED else fixed.or_stricter(asked)


def fix(assessment: Assessment) -> None:
    """Let an assessment keep what it needs now, and no less than its brand asks for; callers save it with `COLUMNS`."""
    needed = of(assessment).or_stricter(of_brand(assessment.brand))
    assessment.min_group, assessment.min_comments = needed.min_group, needed.min_comments
    assessment.min_spread = needed.spread_min


def raise_running(brand: Brand, before: Policy) -> None:
    """Raise the minimums of the brand's active assessments to the brand's old or new ones, whichever are higher.

    The brand was saved in the same transaction; PDFs with smaller groups are forgotten.
    """
    stored_reports.forget_brand(brand)
    asked = of_brand(brand).or_stricter(before)
    values = {"min_group": asked.min_group, "min_comments": asked.min_comments, "min_spread": asked.spread_min}
    Assessment.objects.filter(brand=brand, status=Assessment.Status.ACTIVE).update(
        **{name: Greatest(Coalesce(F(name), Value(0)), Value(most)) for name, most in values.items()}
    )
