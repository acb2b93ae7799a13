"""Fetches of the brand and its mail; servers without these requests are read without them."""

from collections.abc import Callable
from typing import Any

from assessments.brand import forget_brand, mirror_brand
from qxportal.accounts.models import Organisation
from qxportal.ledger.mirror.fetch import OneCall
from qxportal.threesixty.calls.base import Call
from qxportal.threesixty.calls.mailings import GetBrand
from qxportal.threesixty.errors import BadCredential, Rejected, ThreeSixtyError, TransientError
from qxportal.threesixty.records.mailings import BrandRecord


def lenient(problem: ThreeSixtyError, forget: Callable[[], None]) -> None:
    """Continue without a response, deleting the earlier one if refused; raises errors that concern all requests."""
    if isinstance(problem, BadCredential) or (isinstance(problem, TransientError) and problem.retry_after is not None):
        raise problem
    if isinstance(problem, Rejected):  # unknown there, or not for this API user: the stored values no longer hold
        forget()


class BrandFetch(OneCall[BrandRecord]):
    """Fetches the brand; a failure does not stop the other fetches."""

    def __init__(self, org: Organisation) -> None:
        super().__init__(GetBrand(), lambda record, as_of: mirror_brand(org, record, as_of=as_of))
        self._org = org

    def fail(self, call: Call[Any], problem: ThreeSixtyError) -> None:
        """Delete the stored values if the server refuses them."""
        lenient(problem, lambda: forget_brand(self._org))
        self.done = True
