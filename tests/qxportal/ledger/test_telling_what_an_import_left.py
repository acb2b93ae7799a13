"""A survey that was made, but of whose file something was not understood, is done in part and says what."""

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import created
from qxportal.threesixty.records import Created
from qxportal.threesixty.records.created import Unread


def test_what_was_not_understood_is_kept_and_told():
    warnings = tuple(Unread(where=f"QID{number}", what="it has no choices.") for number in range(1, 301))

    learnt = created(Change(), Created(vendor_id="SV_1", warnings=warnings))

    assert learnt.vendor_id == "SV_1"
    assert learnt.attention_message.startswith(
        "300 places of the file were not understood. QID1: it has no choices. QID2:"
    )
    assert len(learnt.attention_message) <= 1000
    unread = learnt.result["unread"]
    assert isinstance(unread, list)
    assert unread[0] == {"where": "QID1", "what": "it has no choices."}


def test_a_survey_that_was_understood_asks_for_nothing():
    learnt = created(Change(), Created(vendor_id="SV_1"))

    assert (learnt.vendor_id, learnt.result, learnt.attention_message) == ("SV_1", {}, "")
