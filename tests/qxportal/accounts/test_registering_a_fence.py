"""One function finds out what is about a member; without it nothing is shown."""

import pytest

from assessments.fence import find_out
from qxportal.accounts import fence
from qxportal.accounts.models import Member


def test_fence_is_registered_by_the_app_that_knows_subjects():
    assert [find_out] == fence.FINDERS


def test_second_fence_is_refused_and_the_first_may_come_again():
    fence.register(find_out)
    with pytest.raises(ValueError, match=r"assessments\.fence already"):
        fence.register(lambda member: fence.Fence())

    assert [find_out] == fence.FINDERS


def test_without_a_fence_no_page_is_made(monkeypatch):
    monkeypatch.setattr(fence, "FINDERS", [])

    with pytest.raises(ValueError, match="not enough values"):
        fence.fence_of(Member())
