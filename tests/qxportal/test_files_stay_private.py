"""Nothing below VAR can be read by others, also where an earlier release left it open."""

import os
import stat
import subprocess
import sys

import pytest
from django.core.mail import send_mail

from qxportal.demo.folder import Folder
from qxportal.embedded import Embedded
from qxportal.private import make_private
from tests.support.processes import ROOT, environment

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("running_services")]


def modes(folder):
    return {
        str(path.relative_to(folder)): stat.S_IMODE(path.lstat().st_mode)
        for path in folder.rglob("*")
        if not path.is_symlink()
    }


def open_to_others(folder):
    return {name: oct(mode) for name, mode in modes(folder).items() if mode & 0o077}


@pytest.fixture
def left_open(tmp_path):
    """VAR as an earlier release made it."""
    var = tmp_path / "var"
    for name in ("log/web.log", "mail/20261129.log", "reports/7/abc", "keys/k0001-00000000", "postgres/base/1", "x"):
        path = var / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("something")
        path.chmod(0o644)
    for folder in (var, *(path for path in var.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    (var / "keys/k0001-00000000").chmod(0o400)
    (var / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "outside").write_text("not ours")
    (tmp_path / "outside").chmod(0o644)
    return var


def test_what_an_earlier_release_left_open_is_closed(left_open):
    kept = {name: mode for name, mode in modes(left_open).items() if name.startswith("postgres/")}

    closed = make_private(left_open)

    assert closed
    assert set(open_to_others(left_open)) == {"postgres", *kept} - {"run"}
    assert stat.S_IMODE(left_open.stat().st_mode) == 0o711
    assert modes(left_open)["keys/k0001-00000000"] == 0o400
    assert modes(left_open)["mail"] == 0o700
    assert modes(left_open)["mail/20261129.log"] == 0o600
    assert stat.S_IMODE((left_open.parent / "outside").stat().st_mode) == 0o644
    assert make_private(left_open) == 0


def test_a_start_of_the_demo_closes_it(left_open):
    Folder(left_open).make()

    assert not any(name.startswith(("mail", "log")) for name in open_to_others(left_open))


def test_what_is_not_there_yet_is_no_trouble(tmp_path):
    assert make_private(tmp_path / "nowhere") == 0


def test_mails_are_for_us_alone(settings, tmp_path):
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")

    send_mail("A link", "http://…/join/…", None, ["rosa@halden.example"])

    assert set(modes(tmp_path / "mail").values()) == {0o600}
    assert modes(tmp_path)["mail"] == 0o700


def test_any_process_of_ours_makes_private_files(tmp_path):
    code = "import django; django.setup(); open(r'%s', 'w').close()" % (tmp_path / "made")
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        check=True,
        umask=0o022,
        env={**environment(), "DJANGO_SETTINGS_MODULE": "qxportal.settings"},
    )

    assert modes(tmp_path)["made"] == 0o600


def test_the_embedded_servers_run_and_leave_nothing_open(tmp_path):
    before = os.umask(0o077)
    try:
        var = tmp_path / "var"
        Folder(var).make()
        with Embedded(var, durable=False):
            assert open_to_others(var) == {}
        with Embedded(var, durable=False):  # and once more, on what is there
            assert open_to_others(var) == {}
    finally:
        os.umask(before)
