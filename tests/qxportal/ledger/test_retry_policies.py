"""How a change may be repeated is stored as a word."""

from qxportal.ledger.models import Change
from qxportal.threesixty.calls.base import RetryPolicy
from qxportal.threesixty.calls.every import KNOWN_CALLS
from tests.qxportal.ledger.test_rows_of_earlier_releases import LETTERS


def test_every_policy_fits_its_column():
    longest = Change._meta.get_field("retry_policy").max_length or 0

    assert set(LETTERS.values()) == set(RetryPolicy)
    assert all(len(policy) <= longest for policy in RetryPolicy)
    assert {call.retry_policy for call in KNOWN_CALLS.values() if isinstance(call.retry_policy, RetryPolicy)} == set(
        RetryPolicy
    )
