"""Sentences that a worker stores and that each reader reads in the reader's own language."""

import json

import pytest
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext, gettext_lazy

from qxportal.ui.stored_messages import (
    MessageDecoder,
    MessageEncoder,
    MessageField,
    gettext_stored,
    join_stored,
    label_stored,
    message_of,
    ngettext_stored,
    technical_details,
)
from qxportal.ui.terms import service_called


def stored_and_read(message):
    field = MessageField()
    return field.from_db_value(field.get_prep_value(message), None, None)


def test_stored_message_is_translated_when_it_is_shown():
    message = stored_and_read(gettext_stored("Monday"))

    assert str(message) == "Monday"
    with translation.override("de"):
        assert str(message) == gettext("Monday") == "Montag"


def test_text_that_looks_like_a_message_is_shown_as_it_is():
    text = '{"message": "%(secret)s 100 %"}'

    assert str(stored_and_read(text)) == text


def test_stored_message_keeps_values_and_names_the_service():
    message = stored_and_read(gettext_stored("%(name)s was changed %(in_service)s.", name='Ana {"message"}'))

    assert str(message) == 'Ana {"message"} was changed in the survey service.'
    with service_called("Qualtrics"):
        assert str(message) == 'Ana {"message"} was changed in Qualtrics.'


@pytest.mark.parametrize(("n", "words"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows")])
def test_stored_plural_follows_its_count(n, words):
    assert str(stored_and_read(ngettext_stored("%(n)s row", "%(n)s rows", n))) == words


def test_stored_parts_are_joined_without_empty_ones():
    inner = ngettext_stored("%(n)s row", "%(n)s rows", 3)
    message = stored_and_read(join_stored(" · ", [gettext_stored("%(rows)s read", rows=inner), "", "cut off"]))

    assert str(message) == "3 rows read · cut off"


def test_stored_parts_are_joined_without_a_separator():
    message = join_stored("", [gettext_stored("Monday"), "!"])

    assert str(stored_and_read(message)) == "Monday!"
    rows = json.loads(json.dumps([{"reason": message}], cls=MessageEncoder), cls=MessageDecoder)
    assert str(rows[0]["reason"]) == "Monday!"


@pytest.mark.parametrize("text", ["", "plain", '{"message": half', '{"other": 1}', "100 %"])
def test_plain_text_of_a_row_stays_as_it_is(text):
    assert stored_and_read(text) == text


def test_error_gives_its_message_untranslated():
    message = gettext_stored("Monday")

    assert message_of(ValueError(message)) is message
    assert message_of(ValueError("no file")) == "no file"
    assert message_of(ValidationError("no day")) == "no day"
    assert message_of(ValueError()) == ""


def test_message_without_words_says_nothing():
    with translation.override("de"):
        assert str(gettext_stored("")) == str(stored_and_read(gettext_stored(""))) == ""


def test_details_of_messages_stay_as_they_are():
    inner = ngettext_stored("%(n)s row", "%(n)s rows", 1, details="P_1")
    message = stored_and_read(join_stored(" ", [gettext_stored("%(why)s", details="HTTP 500", why=inner), "cut off"]))

    assert str(message) == "1 row cut off"
    assert technical_details(message) == "HTTP 500 · P_1"
    assert technical_details("plain") == ""


def test_labels_become_messages_of_the_catalogue():
    with translation.override("de"):
        message = label_stored(gettext_lazy("Monday"))

    assert message == gettext_stored("Monday")


def test_json_columns_keep_messages():
    rows = [{"id": "P_1", "reason": gettext_stored("Monday", details="x")}, {"id": "P_2", "reason": "too long"}]

    assert json.loads(json.dumps(rows, cls=MessageEncoder), cls=MessageDecoder) == rows
