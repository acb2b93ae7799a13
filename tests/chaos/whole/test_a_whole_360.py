"""A small 360 from an empty installation to the reports, through pages and mails alone."""

import pytest

from tests.chaos.whole.people import cast
from tests.chaos.whole.run import run

pytestmark = pytest.mark.processes


def test_a_small_360_runs_by_pages_and_mails_alone():
    everybody = cast(2, 11, seed=1)

    found = run(2, 11, seed=1, say=lambda _words: None)

    assert (found.subjects, found.reports) == (2, 2)
    assert found.evaluations == everybody.evaluations == 18
    assert found.mails == 1 + len(everybody.raters) + 2  # a test mail, invitations, and reports that are ready
