"""A survey that was made, but of whose file something was not understood, is done in part and says what."""

from qxportal.ledger.models import Change
from qxportal.ledger.outbox.handlers import parse_created
from qxportal.threesixty.records import Created
from qxportal.threesixty.records.created import Unread


def test_what_was_not_understood_is_kept_and_told():
    warnings = tuple(Unread(where=f"QID{number}", what="it has no choices.") for number in range(1, 301))

    parsed = parse_created(Change(), Created(vendor_id="SV_1", warnings=warnings))

    assert parsed.vendor_id == "SV_1"
    words = str(parsed.attention_message)
    assert words.startswith("300 parts of the file were not understood. QID1: it has no choices. QID2:")
    assert len(words) <= 1000
    unread = parsed.result["unread"]
    assert isinstance(unread, list)
    assert unread[0] == {"where": "QID1", "what": "it has no choices."}


def test_a_survey_that_was_understood_asks_for_nothing():
    parsed = parse_created(Change(), Created(vendor_id="SV_1"))

    assert (parsed.vendor_id, parsed.result, parsed.attention_message) == ("SV_1", {}, "")
