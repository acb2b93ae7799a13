"""A small 360 from an empty installation to the reports, through pages and mails alone."""

import pytest

from tests.chaos.whole.people import cast
from tests.chaos.whole.run import run
from tests.support.samples import thorough

pytestmark = pytest.mark.processes


def test_a_small_360_runs_by_pages_and_mails_alone():
    subjects, raters, evaluations = (2, 11, 18) if thorough() else (1, 9, 8)
    everybody = cast(subjects, raters, seed=1)

    found = run(subjects, raters, seed=1, say=lambda _words: None)

    assert (found.subjects, found.reports) == (subjects, subjects)
    assert found.evaluations == everybody.evaluations == evaluations
    assert found.mails == 1 + len(everybody.raters) + subjects  # a test mail, invitations, and reports that are ready
