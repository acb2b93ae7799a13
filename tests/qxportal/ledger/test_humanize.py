"""What changes set is told in words; identifiers and what has no label are left to the technical details."""

import pytest

from qxportal.ledger.outbox.humanize import compared, humanize


@pytest.mark.parametrize(
    ("stored", "lines"),
    [
        ({"assessment_id": "TS_1", "subject_id": "P_1", "status": "Done"}, [("Status", "Done")]),
        ({"first_name": "Zoë", "external": False}, [("First name", "Zoë"), ("External person", "no")]),
        ({"metadata": {"Department": "Sales", "CostCentre": "7"}}, [("Department", "Sales"), ("CostCentre", "7")]),
        ({"relationships": [{"Name": "Mentor", "Translations": {}}, {"Name": "Client"}]}, "Mentor, Client"),
        (
            {"rows": [{"FirstName": "Ben", "LastName": "Adler", "Relationship": "DirectReport"}]},
            "Ben Adler as Direct report",
        ),
        ({"relationships": []}, "–"),
        ({"enclosed": {"file_contents": {"size": 3, "sha256": "00"}}, "type_": {}}, []),
    ],
)
def test_humanize_tells_what_has_a_label(stored, lines):
    told = humanize(stored)

    assert told == lines if isinstance(lines, list) else [value for _name, value in told] == [lines]


def test_conflicts_are_compared_in_words():
    field = compared({"field": "status", "before": "Active", "now": "Closed", "wanted": None})

    assert field == ("Status", "Active", "Closed", "–")
