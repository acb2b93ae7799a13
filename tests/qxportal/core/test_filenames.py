"""Names of downloads: readable, safe, and never the same for two people's reports."""

from urllib.parse import unquote

import pytest

from assessments.reports import keep
from qxportal.accounts.roles import Role
from qxportal.core.filenames import NAME_BYTES, attachment, file_name
from qxportal.security.key_ring import add_key, keys
from tests.support.mirrored_rows import assessment, browser, organisation, people, subjects

NAMES = ("Łęcki Jan", "山田 太郎", "Ольга Петрова", "محمد علي", "נועה כהן", "김민수", "สมชาย ใจดี", "O'Brien; Zoë")


def parts_of(header: str) -> tuple[str, str]:
    """The ASCII name and the full one, as RFC 6266 and RFC 8187 read them."""
    plain, _separator, full = header.removeprefix('attachment; filename="').partition("\"; filename*=UTF-8''")
    return plain.removesuffix('"'), unquote(full, errors="strict") if full else plain.removesuffix('"')


@pytest.mark.parametrize("name", NAMES)
def test_attachment_keeps_every_script_and_transliterates_the_fallback(name):
    plain, full = parts_of(attachment(file_name([name], "pdf")))

    assert full == f"{name}.pdf"
    assert plain.isascii()
    assert sum(character.isalpha() for character in plain) > len(name.split()) + 3  # more than ".pdf" and a few letters
    assert attachment(full).isascii()


def test_attachment_of_lecki():
    assert attachment("Łęcki.pdf") == "attachment; filename=\"Lecki.pdf\"; filename*=UTF-8''%C5%81%C4%99cki.pdf"
    assert attachment("Lecki.pdf") == 'attachment; filename="Lecki.pdf"'


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("../../etc/passwd", "etc-passwd.csv"),
        ('a"b\\c\r\nSet-Cookie: x', "a-b-c Set-Cookie- x.csv"),
        ("report\u202efdp.exe", "reportfdp.exe.csv"),  # a mark that turns the rest around
        ("a\u0301 \ud800\x00", "á.csv"),
        ("...", "download.csv"),
        ("می\u200cخواهم", "می\u200cخواهم.csv"),
    ],
)
def test_file_name_holds_nothing_that_a_system_refuses(part, name):
    assert file_name([part], "csv") == name


def test_file_name_fits_a_file_system_and_keeps_its_end():
    name = file_name(["山" * 400, "x" * 400, "y" * 400, "version 3, no 17"], "pdf")

    assert len(name.encode()) <= NAME_BYTES
    assert name.endswith("version 3, no 17.pdf")


def test_attachment_has_no_escape_in_its_fallback():
    plain, full = parts_of(attachment(file_name(["100%41 Ł"], "pdf")))

    assert (plain, full) == ("100_41 L.pdf", "100%41 Ł.pdf")


@pytest.mark.django_db
def test_reports_of_namesakes_and_viewers_have_different_names(settings, tmp_path):
    settings.REPORTS_ROOT = tmp_path
    if not keys():
        add_key()
    org = organisation()
    persons = people(org, 4)
    for person in persons:
        person.first_name, person.last_name = "Jan", "Łęcki"
    made = subjects(assessment(org, "Führung 2026"), persons[:2])
    reports = [
        keep(subject, viewer, f"%PDF {subject.pk} {viewer}".encode(), by=None)[0]
        for subject in made
        for viewer in ("Admin", "Subject", persons[3].vendor_id)
    ]
    admin = browser(org, Role.ADMIN)

    headers = [admin.get(f"/o/halden/reports/{report.pk}/download/")["Content-Disposition"] for report in reports]

    names = [parts_of(header) for header in headers]
    assert len({plain for plain, _full in names}) == len(reports)
    assert len({full for _plain, full in names}) == len(reports)
    assert all("Jan Łęcki" in full and "Führung 2026" in full for _plain, full in names)
    assert all("Jan Lecki" in plain and "Fuhrung 2026" in plain for plain, _full in names)


@pytest.mark.django_db
def test_tables_are_named_after_their_organisation():
    org = organisation(name="Łódź i Spółka")
    auditor = browser(org, Role.AUDITOR)

    plain, full = parts_of(auditor.get("/o/halden/changes/export/")["Content-Disposition"])

    assert "Łódź i Spółka" in full
    assert full.endswith(".csv")
    assert "Lodz i Spolka" in plain
