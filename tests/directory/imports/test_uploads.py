import io
from datetime import timedelta

import pytest
from django.utils import timezone

from directory.imports import uploads
from directory.models import Upload
from qxportal.accounts.models import Member, Organisation, User
from qxportal.core.tables.describe import rows
from qxportal.core.tables.problems import TableProblem
from qxportal.core.tables.reading import Reading
from qxportal.security.key_ring import add_key, keys
from qxportal.security.models import Sealed
from tests.support.workbooks import row, xlsx

pytestmark = pytest.mark.django_db
FILE = b"Name,Email\nZora,zora@x.example\n"


@pytest.fixture
def member(settings, tmp_path):
    settings.KEYS = tmp_path / "keys"
    if not keys():
        add_key()
    org = Organisation.objects.create(slug="halden", name="Halden Optics")
    return Member.objects.create(org=org, user=User.objects.create_user("ed@halden.example"), role="editor")


def store(member, file=FILE, kind="people", name="people.csv"):
    return uploads.store(member.org, io.BytesIO(file), name, by=member, kind=kind)[0]


def test_upload_is_sealed_and_opens_again(member, monkeypatch):
    monkeypatch.setattr(uploads, "PIECE", 1000)
    file = FILE + b"".join(b"Ann %d,ann%d@x.example\n" % (n, n) for n in range(200))  # of several pieces
    upload = store(member, file)

    opened = uploads.open_upload(upload)
    assert opened.read() == file
    opened.seek(-10, 2)
    assert opened.read() == file[-10:]
    opened.seek(uploads.PIECE - 3)
    assert opened.read(6) == file[uploads.PIECE - 3 : uploads.PIECE + 3]
    assert not any(b"zora" in bytes(each.blob) for each in Sealed.objects.all())


def test_description_is_kept_and_read_anew(member):
    upload = store(member, xlsx({"A": row(1, "Name") + row(2, "Ann"), "B": row(1, "Name") + row(2, "Bob")}))

    assert uploads.described(upload).sample[0].cells == ("Ann",)
    uploads.describe_again(upload, Reading(sheet="B"))
    assert uploads.described(upload).sample[0].cells == ("Bob",)
    assert uploads.described(upload).reading.sheet == "B"


def test_next_file_of_a_member_takes_the_place_of_the_one_before(member):
    first, other = store(member), store(member, kind="subjects")
    second = store(member)

    assert set(Upload.objects.values_list("pk", flat=True)) == {second.pk, other.pk}
    assert not Sealed.objects.filter(record__startswith=str(first.pk)).exists()


def test_uploads_go_after_a_day(member):
    store(member)
    assert uploads.purge_uploads() == 0
    _age()

    assert not uploads.waits_for(Upload.objects.get(), member)
    assert uploads.purge_uploads() == 1
    assert not Upload.objects.exists()
    assert not Sealed.objects.exists()


def test_files_of_members_who_left_go_too(member):
    store(member)
    _age()
    member.delete()

    uploads.purge_uploads()

    assert not Sealed.objects.exists()


def _age():
    past = timezone.now() - timedelta(days=1, minutes=1)
    Upload.objects.update(made_at=past)
    Sealed.objects.update(created_at=past)


def test_file_that_is_no_table_is_not_kept(member):
    with pytest.raises(TableProblem):
        store(member, b"%PDF-1.7")

    assert not Upload.objects.exists()
    assert not Sealed.objects.exists()


def test_what_a_sheet_has_is_kept_with_its_description(member):
    error = '<c r="HERE" t="e"><v>#N/A</v></c>'
    upload = store(member, xlsx(row(1, "Name", "Email") + row(2, "Ann", error)))
    found = uploads.described(upload)
    assert found.scanned

    def read():
        return list(rows(uploads.open_upload(upload), upload.name, found.reading, found.scanned))[1]

    assert str(read().problems[1])[:7] == "Cell B2"
    found.scanned.problems.clear()  # the sheet is not looked over again
    assert read().problems == {}
