"""The minimum numbers of answers before a report shows figures, comments and the spread of ratings.

    draft    the brand's minimums now
    active   the brand's minimums at activation, or higher ones set by the brand since
    closed   the minimums at closing; after reopening they are the least that apply

People answer under the minimums that they were told, so a minimum never falls. A change of the brand raises those of
active assessments (`raise_running`). A change that a concurrent activation did not see still applies, because the
brand's values are compared each time.
"""

from django.db.models import F, Value
from django.db.models.functions import Coalesce, Greatest

from qxportal.engine.models import Assessment, Brand
from qxportal.engine.people import stored_reports
from qxportal.engine.reports.types import Policy

COLUMNS = ("min_group", "min_comments", "min_spread")


def of_brand(brand: Brand) -> Policy:
    """A brand's current minimums."""
    return Policy(min_group=brand.min_group, min_comments=brand.min_comments, spread_min=brand.min_spread)


def of(assessment: Assessment) -> Policy:
    """An assessment's current minimums."""
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
    """Set the assessment's minimums to the current ones or the brand's, if higher; callers save with `COLUMNS`."""
    needed = of(assessment).or_stricter(of_brand(assessment.brand))
    assessment.min_group, assessment.min_comments = needed.min_group, needed.min_comments
    assessment.min_spread = needed.spread_min


def raise_running(brand: Brand, before: Policy) -> None:
    """Raise the minimums of the brand's active assessments to the brand's old or new ones, whichever are higher.

    Call it in the transaction that saved the brand. Deletes the stored PDFs, which may have smaller groups.
    """
    stored_reports.forget_brand(brand)
    asked = of_brand(brand).or_stricter(before)
    values = {"min_group": asked.min_group, "min_comments": asked.min_comments, "min_spread": asked.spread_min}
    Assessment.objects.filter(brand=brand, status=Assessment.Status.ACTIVE).update(
        **{name: Greatest(Coalesce(F(name), Value(0)), Value(most)) for name, most in values.items()}
    )
