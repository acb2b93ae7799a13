"""Sealed texts, the key ring, and moving from key to key."""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from qxportal.accounts.credentials import client_for, save_credential
from qxportal.accounts.models import Credential, Organisation
from qxportal.accounts.sealed_stores import CREDENTIALS
from qxportal.security import rotation
from qxportal.security.envelope import key_of, rewrap, seal, unseal
from qxportal.security.errors import SealingError
from qxportal.security.key_ring import add_key, keys, newest_key

PLACE: dict[str, Any] = {"org_id": 7, "purpose": "credential.token", "record_id": "12"}
TEXT = b"a token that nobody else may see"


@pytest.fixture
def ring(settings, tmp_path):
    """A key ring of its own with one key, and a folder of reports."""
    settings.KEYS, settings.REPORTS_ROOT = tmp_path / "keys", tmp_path / "reports"
    add_key()
    return settings.KEYS


def manage(*words):
    """What `manage.py keys` says."""
    out = StringIO()
    call_command("keys", *words, stdout=out, stderr=out)
    return out.getvalue()


def age(ring, seconds=3600):
    """Let all keys be older."""
    for path in ring.iterdir():
        os.utime(path, (time.time() - seconds,) * 2)


def opened(org):
    with client_for(org) as client:
        return client._token.reveal()


@pytest.fixture
def five(db, ring):
    """Five organisations with a token each."""
    made = []
    for number, name in enumerate(("Ashgrove", "Brackwater", "Coldwater", "Dunmore", "Eastlight")):
        org = Organisation.objects.create(name=name, slug=name.lower())
        save_credential(
            org, by=None, host="eu.qualtrics.com", api_user=f"api#{org.slug}", version="2.5", token=f"token-{number}"
        )
        made.append(org)
    return made


# -- sealed texts


@pytest.mark.parametrize("text", [b"", b"x", TEXT, bytes(range(256)) * 40_000])
def test_what_is_sealed_opens_again(ring, text):
    blob = seal(text, **PLACE)

    assert unseal(blob, **PLACE) == text
    assert len(text) < 8 or text not in blob  # a byte or two may be in there by chance
    assert key_of(blob) == newest_key()


def test_the_same_text_is_sealed_differently_each_time(ring):
    assert seal(TEXT, **PLACE) != seal(TEXT, **PLACE)


@pytest.mark.parametrize("other", [{"org_id": 8}, {"purpose": "report"}, {"record_id": "13"}])
def test_a_sealed_text_opens_nowhere_else(ring, other):
    blob = seal(TEXT, **PLACE)

    with pytest.raises(SealingError, match="another record"):
        unseal(blob, **{**PLACE, **other})
    with pytest.raises(SealingError, match="another record"):
        rewrap(blob, **{**PLACE, **other})


def test_no_flipped_bit_goes_unnoticed(ring):
    blob = seal(b"short", **PLACE)

    for position in range(len(blob) * 8):
        flipped = bytearray(blob)
        flipped[position // 8] ^= 1 << position % 8
        with pytest.raises(SealingError):
            unseal(bytes(flipped), **PLACE)


def test_no_cut_goes_unnoticed(ring):
    blob = seal(TEXT, **PLACE)

    for length in range(len(blob)):
        with pytest.raises(SealingError):
            unseal(blob[:length], **PLACE)


@given(st.binary(max_size=400))
def test_nonsense_is_no_sealed_text(blob):
    with pytest.raises(SealingError):
        unseal(blob, **PLACE)


# -- the ring


def test_keys_are_for_their_owner_alone(ring):
    (path,) = ring.iterdir()

    assert path.stat().st_mode & 0o777 == 0o400
    assert ring.stat().st_mode & 0o777 == 0o700
    assert len(path.read_bytes()) == 32


@pytest.mark.parametrize("mode", [0o440, 0o404, 0o444, 0o600 | 0o010])
def test_a_key_that_others_may_read_is_not_used(ring, mode):
    blob = seal(TEXT, **PLACE)
    (path,) = ring.iterdir()
    path.chmod(mode)

    with pytest.raises(SealingError, match="can be read by others"):
        unseal(blob, **PLACE)
    with pytest.raises(SealingError, match="can be read by others"):
        seal(TEXT, **PLACE)


def test_a_cut_key_is_not_used(ring):
    (path,) = ring.iterdir()
    path.chmod(0o600)
    path.write_bytes(b"too short")

    with pytest.raises(SealingError, match="does not hold 32 bytes"):
        seal(TEXT, **PLACE)


def test_an_empty_ring_says_how_to_make_a_key(settings, tmp_path):
    settings.KEYS = tmp_path / "nowhere"

    with pytest.raises(SealingError, match="keys init"):
        seal(TEXT, **PLACE)
    with pytest.raises(CommandError, match="keys init"):
        manage("status")


def test_a_key_name_inside_a_sealed_text_is_no_path(ring, tmp_path):
    (tmp_path / "secret").write_bytes(b"k" * 32)
    blob = seal(TEXT, **PLACE)
    name = b"../secret"
    forged = blob[:2] + bytes([len(name)]) + name + blob[3 + blob[2] :]

    with pytest.raises(SealingError, match="not in the key ring"):
        unseal(forged, **PLACE)


def test_the_first_key_is_made_once(settings, tmp_path, db):
    settings.KEYS = tmp_path / "keys"

    assert "Created the first key" in manage("init")
    assert "Keys in the ring: 1." in manage("init")
    assert len(keys()) == 1


def test_a_folder_that_cannot_be_written_is_said_in_words(settings, tmp_path, db):
    settings.KEYS = tmp_path / "file" / "keys"
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(CommandError, match="Not a directory"):
        manage("init")


# -- from key to key


def test_rewrapping_needs_no_look_at_the_text(ring):
    blob = seal(TEXT, **PLACE)
    add_key()

    fresh = rewrap(blob, **PLACE)

    assert key_of(fresh) == newest_key() != key_of(blob)
    assert unseal(fresh, **PLACE) == TEXT == unseal(blob, **PLACE)
    assert fresh[-len(TEXT) - 28 :] == blob[-len(TEXT) - 28 :]


def test_rotating_puts_every_credential_under_a_new_key(five):
    first = newest_key()

    said = manage("rotate")

    assert "Sealed again: credentials (5)" in said
    assert CREDENTIALS.count() == {newest_key(): 5}
    assert newest_key() != first
    assert [opened(org) for org in five] == [f"token-{n}" for n in range(5)]


class Meddling:
    """Does something of its own just before the n-th time a credential is written."""

    def __init__(self, n, act):
        self.left, self.act = n, act

    def __call__(self, execute, sql, parameters, many, context):
        if sql.startswith('UPDATE "accounts_credential"'):
            self.left -= 1
            if self.left == 0:
                self.act()
        return execute(sql, parameters, many, context)


def stopped():
    """As if somebody had pressed Ctrl-C."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("row", range(1, 6))
def test_a_rotation_that_was_stopped_is_finished_by_the_next(five, row):
    with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(Meddling(row, stopped)):
        manage("rotate")
    assert [opened(org) for org in five] == [f"token-{n}" for n in range(5)]
    ring_size = len(keys())

    assert f"credentials ({6 - row})" in manage("rotate")

    assert len(keys()) == ring_size  # it went on with the key of the first
    assert CREDENTIALS.count() == {newest_key(): 5}
    assert [opened(org) for org in five] == [f"token-{n}" for n in range(5)]


def test_a_token_replaced_during_a_rotation_stays_replaced(five):
    def replace():
        save_credential(
            five[2], by=None, host="eu.qualtrics.com", api_user=f"api#{five[2].slug}", version="2.5", token="newer"
        )

    add_key()
    with connection.execute_wrapper(Meddling(3, replace)):
        assert rotation.rotate() == 4

    assert opened(five[2]) == "newer"


@pytest.mark.django_db(transaction=True)
def test_two_rotations_at_once_lose_nothing(five):
    start = Barrier(2)

    def rotate(_):
        try:
            start.wait(10)
            return manage("rotate")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(rotate, range(2)))

    assert sum(CREDENTIALS.count().values()) == 5
    assert CREDENTIALS.verify() == (5, [])
    assert [opened(org) for org in five] == [f"token-{n}" for n in range(5)]


def test_verifying_counts_and_shows_nothing(five):
    assert manage("verify") == "credentials: 5 can be opened, 0 cannot.\n"

    blob = bytes(Credential.objects.get(org=five[0]).sealed_token or b"")
    Credential.objects.filter(org=five[1]).update(sealed_token=blob)
    with pytest.raises(CommandError) as failed:
        manage("verify")
    assert "token-" not in str(failed.value)


def test_status_counts_credentials_and_reports_by_key(five, ring, settings):
    first = newest_key()
    settings.REPORTS_ROOT.mkdir()
    (settings.REPORTS_ROOT / "kept").write_bytes(seal(b"%PDF" * 9, org_id=1, purpose="report", record_id="kept"))
    (settings.REPORTS_ROOT / "stray").write_bytes(b"no sealed text")
    second = add_key()

    lines = manage("status").splitlines()

    assert lines == [f"{first}: 5 credentials, 1 reports", f"{second} (newest): 0 credentials, 0 reports"]


def test_status_names_a_key_that_is_missing(five, ring):
    lost = newest_key()
    add_key()
    (ring / lost).unlink()

    assert f"{lost} (missing!): 5 credentials, 0 reports" in manage("status")


def test_a_key_in_use_is_not_retired(five, ring, settings):
    first = newest_key()
    with pytest.raises(CommandError, match="newest key is in use"):
        manage("retire", first)
    add_key()
    age(ring)
    with pytest.raises(CommandError, match=r"still seals credentials \(5\)"):
        manage("retire", first)
    settings.REPORTS_ROOT.mkdir()
    (settings.REPORTS_ROOT / "kept").write_bytes(seal(b"%PDF", org_id=1, purpose="report", record_id="kept"))
    second = newest_key()
    rotation.rotate()
    add_key()
    rotation.rotate()
    age(ring)

    with pytest.raises(CommandError, match=r"still seals reports \(1\)"):
        manage("retire", second)
    manage("retire", first)

    assert first not in keys()
    assert [opened(org) for org in five] == [f"token-{n}" for n in range(5)]


def test_a_key_is_not_retired_while_something_may_still_seal_with_it(five):
    first = newest_key()
    manage("rotate")

    with pytest.raises(CommandError, match=re.compile("Try again in 1[56] minutes")):
        manage("retire", first)


@pytest.mark.parametrize("name", ["", "k0009-00000000", "../keys"])
def test_only_a_key_of_the_ring_is_retired(five, name):
    with pytest.raises(CommandError, match="Name a key of the ring"):
        manage("retire", name)


def test_a_key_arrives_whole_or_not_at_all(ring, monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    before = newest_key()

    with pytest.raises(OSError, match="No space left"):
        add_key()

    assert newest_key() == before
    assert all(len(Path(ring / name).read_bytes()) == 32 for name in keys())
