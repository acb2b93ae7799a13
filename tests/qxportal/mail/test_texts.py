"""The two forms of a mail's text, its fields, and addresses."""

import pytest

from qxportal.mail.addresses import AddressError, ascii_domain
from qxportal.mail.default_texts import default_text
from qxportal.mail.merge import fields_in, merge, unknown_fields
from qxportal.mail.texts import plain, safe_html


def test_html_becomes_lines_with_addresses_of_links():
    text = plain(
        '<p>Dear Anna,</p><p>It is <b>short</b>.</p><ul><li>One<li>Two</ul><a href="https://x.example/l">Go</a>'
    )

    assert text == "Dear Anna,\n\nIt is short.\n\n- One\n- Two\nGo: https://x.example/l"


def test_scripts_are_left_out_of_both_forms():
    said = "<p>Hello</p><script>alert(1)</script><p onclick='x()'>Anna</p>"

    assert plain(said) == "Hello\n\nAnna"
    assert safe_html(said) == "<p>Hello</p><p>Anna</p>"


def test_plain_text_gets_paragraphs_and_links():
    said = "Dear R&D team,\nwelcome.\n\nOpen https://x.example/l?a=1&b=2 today"

    assert plain(said) == said
    assert safe_html(said) == (
        "<p>Dear R&amp;D team,<br>welcome.</p>"
        '<p>Open <a href="https://x.example/l?a=1&amp;b=2">https://x.example/l?a=1&amp;b=2</a> today</p>'
    )


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x"])
def test_links_lead_to_pages_only(address):
    assert "href" not in safe_html(f'<p><a href="{address}">Go</a></p>')


def test_fields_are_found_checked_and_filled_in():
    text = "Dear ${FirstName}, ${Lnk} ${FirstName} $5 ${ThreeSixtyLink}"

    assert fields_in(text) == ["FirstName", "Lnk", "ThreeSixtyLink"]
    assert unknown_fields(text) == ["Lnk"]
    assert merge(text, {"FirstName": "Zoë"}) == "Dear Zoë,  Zoë $5 "


def test_domains_are_written_by_idna_2008():
    assert ascii_domain("jörg@straße.example") == "jörg@xn--strae-oqa.example"
    assert ascii_domain("anna@BÜCHER.example") == "anna@xn--bcher-kva.example"


@pytest.mark.parametrize("address", ["", "anna", "anna@", "@acme.example", "anna@-.example", "anna@a..example"])
def test_what_is_no_address_is_refused(address):
    with pytest.raises(AddressError):
        ascii_domain(address)


def test_english_texts_begin_with_a_capital_after_the_greeting():
    kinds = (
        "Invite",
        "Reminder",
        "Thanks",
        "Report",
        "ReportReminder",
        "Nominate",
        "Approve",
        "ReportApproval",
        "Link",
    )
    bodies = {kind: default_text(kind, "en").body for kind in kinds}

    assert {kind for kind, body in bodies.items() if not body.split("\n\n")[1][0].isupper()} == set()
