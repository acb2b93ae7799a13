"""The mailboxes that hold delivery reports, and how the environment names them."""

import mailbox as maildirs
from pathlib import Path

import pytest

from qxportal.mail.imap_mailbox import imap_mailbox
from qxportal.mail.mailbox_address import mailbox_address
from qxportal.mail.mailboxes import MailboxError, Waiting, words_of
from qxportal.mail.maildir_mailbox import MaildirMailbox
from tests.support.imap_server import imap_server


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(maildirs.Maildir(tmp_path / "Maildir")._path)


def delivered(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(name.encode())


def test_a_maildir_gives_new_messages_by_their_time(folder: Path):
    delivered(folder, "new/20.b.host", "new/10.a.host", "new/.hidden", "cur/05.c.host:2,S")
    box = MaildirMailbox(folder)

    assert [one.key for one in box.waiting(0, most=9)] == ["new/10.a.host", "new/20.b.host"]
    assert [one.key for one in box.waiting(0, most=1)] == ["new/10.a.host"]
    assert [one.key for one in box.latest(2)] == ["new/10.a.host", "new/20.b.host"]
    assert next(one.key for one in box.latest(9)) == "cur/05.c.host:2,S"
    assert box.count() == 4


def test_a_maildir_keeps_what_is_no_report_and_misses_nothing_that_is_gone(folder: Path):
    delivered(folder, "new/1.host", "new/2.host:2,", "new/3.host")
    box = MaildirMailbox(folder)
    one, two, three = box.waiting(0, most=9)
    (folder / three.key).unlink()  # a person read it and moved it

    assert [content for _message, content in box.read([one, two, three], longest=5)] == [b"new/1", b"new/2"]
    box.settle(handled=[one, three], others=[two, three])

    assert box.waiting(0, most=9) == []
    assert [path.name for path in (folder / "cur").iterdir()] == ["2.host:2,S"]
    box.settle(handled=box.latest(1), others=[])
    assert box.count() == 0


def test_imap_gives_the_newest_messages_and_leaves_out_those_that_are_gone(tmp_path: Path):
    with imap_server(tmp_path) as server:
        server.deliver([b"Subject: %d\r\n\r\n" % number for number in range(50)])
        address = mailbox_address(server.url)
        assert address is not None
        with imap_mailbox(address, ca=server.authority) as box:
            first, *_, last = box.waiting(0, most=100)
            gone = Waiting("999999", 999_999)

            assert [one.number for one in box.latest(1)] == [last.number]
            assert box.waiting(last.number, most=5) == []
            read = list(box.read([first, gone, last], longest=1_000))
            box.settle(handled=[first], others=[last])
            assert box.count() == 49

    assert read == [(first, b"Subject: 0\r\n\r\n"), (last, b"Subject: 49\r\n\r\n")]


def test_a_server_without_tls_gets_no_password(tmp_path: Path):
    with imap_server(tmp_path, tls=False) as server:
        address = mailbox_address(server.url)
        assert address is not None
        with pytest.raises(MailboxError, match="STARTTLS"), imap_mailbox(address, ca=server.authority):
            pass

    assert server.signed_in == []


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("imaps://bounces:a%3Ab%2Fc@mail.example", "bounces at mail.example:993, INBOX"),
        ("imap+tls://bounces@mail.example:1143/Reports%20in", "bounces at mail.example:1143, Reports in"),
        ("maildir:///var/mail/bounces%20in", "/var/mail/bounces in"),
    ],
)
def test_addresses_of_mailboxes(url: str, told: str):
    address = mailbox_address(url)

    assert str(address) == told
    assert "a:b/c" not in repr(address)
    assert address is not None
    assert address.password == ("a:b/c" if "a%3A" in url else "")


@pytest.mark.parametrize(
    "url",
    [
        "imap://bounces:secret@mail.example",  # without TLS
        "pop3s://bounces:secret@mail.example",
        "imaps://mail.example/secret",
        "imaps://bounces:secret@mail.example:port",
        "imaps://bounces:secret@[mail.example",
        "maildir:secret",
        "maildir://host/secret",
    ],
)
def test_addresses_that_cannot_be_are_refused_without_their_secrets(url: str):
    with pytest.raises(ValueError, match="mailbox") as refused:
        mailbox_address(url)

    assert "secret" not in str(refused.value)


def test_no_address_is_no_mailbox():
    assert mailbox_address("") is None


@pytest.mark.parametrize("secret", ["plain", 'with"quote', "back\\slash", "pässwort", "it's", 'ä\\"'])
def test_a_secret_that_a_server_repeats_is_left_out(secret: str):
    quoted = '"' + secret.replace("\\", "\\\\").replace('"', '\\"') + '"'
    reply = f"A1 LOGIN bounces {quoted} refused"
    for repeated in (reply, str(reply.encode()), str({"said": reply.encode()}), f"{secret} refused"):
        told = words_of(OSError(repeated), without=secret)

        spellings = (secret, quoted[1:-1])
        assert not any(one in told or repr(one.encode())[2:-1] in told for one in spellings)
        assert "refused" in told


def test_a_password_that_cannot_be_sent_is_not_told_by_its_letters():
    with pytest.raises(UnicodeEncodeError) as refused:
        "pässwort".encode("ascii")

    assert words_of(refused.value, without="pässwort") == "UnicodeEncodeError: ordinal not in range(128)"
