"""The directory is read page by page, each overlapping the one before."""

import pytest

from qxportal.threesixty.calls.persons import GetPersons
from qxportal.threesixty.errors import OutcomeUnknown, TransientError
from tests.qxportal.threesixty.conftest import answer, success
from tests.qxportal.threesixty.uploads import UPLOAD


def people(*numbers):
    return success({"Persons": [{"PersonID": f"P_{number}"} for number in numbers]})


@pytest.mark.parametrize(
    ("answers", "found", "sound"),
    [
        ([people(1, 2, 3), people(3, 4, 5), people(5)], "12345", True),
        ([people(1, 2), people(2, 3), people(3)], "123", True),  # a server with a smaller limit of its own
        ([people()], "", True),
        ([people(1, 2, 3), people(4, 5)], "12345", False),  # somebody before it went away
        ([people(1, 2, 3), people(2, 3, 4), people(4)], "1234", False),  # somebody came before it
        ([people(1, 2, 3), people()], "123", False),
        ([people(1, 2, 3), people(1, 2, 3)], "123", False),  # a server that does not page
        ([people(1, 2, 2), people(2)], "12", False),
    ],
)
def test_the_directory_is_walked_with_an_overlap(vendor, threesixty, answers, found, sound):
    vendor.says(*answers, *([people(5)] if answers[-1] == people(4, 5) else []), answers[0])

    pages = list(threesixty.pages(GetPersons(), size=3))

    listed = dict.fromkeys(record.vendor_id.removeprefix("P_") for page in pages for record in page.records)
    assert "".join(listed) == found
    assert pages[-1].consistent is sound


def test_a_first_page_that_changed_in_the_end_is_noticed(vendor, threesixty):
    vendor.says(people(1, 2, 3), people(3, 4), people(4), people(2, 3, 4))

    assert [page.consistent for page in threesixty.pages(GetPersons(), size=3)] == [True, True, False]


def test_a_page_that_fails_ends_the_walk_with_its_error(vendor, threesixty):
    vendor.says(people(1, 2, 3), answer("", status="500 Error"))
    walk = threesixty.pages(GetPersons(), size=3)
    assert next(walk).consistent
    with pytest.raises(TransientError):
        next(walk)


def test_a_change_done_with_an_unreadable_answer_is_unknown(vendor, threesixty):
    vendor.says(success({"Count": 1, "Ignored": [7]}))
    with pytest.raises(OutcomeUnknown):
        threesixty.call(UPLOAD)
