"""Where calls may go, in every spelling somebody may try."""

import socket
import time
from ipaddress import ip_address

import pytest

from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.hosts import allowed_url, check_host
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.transport import Guard

REFUSED = [
    "", "qualtrics.com", ".qualtrics.com", "eu.qualtrics.com.evil.example", "evil.example", "eu.qualtrics.com:8443",
    "eu.qualtrics.com@evil.example", "evil.example#.qualtrics.com", "evil.example/.qualtrics.com", "a.b.qualtrics.com",
    "http://eu.qualtrics.com", "ftp://eu.qualtrics.com", "eu.qualtrics.com/path", "eu.qualtrics.com?x",
    "eu_1.qualtrics.com",
    "eu.qualtrics.com.", "eu.qualtrics\u3002com", "\u0435u.qualtrics.com", "eu.qualtrics.com\r\nHost: evil.example",
    "eu.qualtrics.com\x00", "eu.qualtriсs.com", "127.0.0.1", "2130706433", "0x7f.1", "[::1]", "http://169.254.169.254",
    "http://127.0.0.1:8000/x", "http://127.0.0.1", "http://127.0.0.1:99999", "http://127.0.0.2:8000",
    "http://localhost.evil.example:80", "http://0.0.0.0:8000", "https://127.0.0.1:8000", "x" * 41 + ".qualtrics.com",
]  # fmt: skip


@pytest.mark.parametrize("loopback", [True, False])
@pytest.mark.parametrize("text", REFUSED)
def test_any_other_host_is_refused(text, loopback):
    with pytest.raises(ValueError, match="data centre"):
        check_host(text, allow_loopback=loopback)


@pytest.mark.parametrize("text", ["eu.qualtrics.com", " https://EU.Qualtrics.com/ ", "https://eu.qualtrics.com"])
def test_a_data_centre_is_taken(text):
    assert check_host(text, allow_loopback=False) == "https://eu.qualtrics.com"


@pytest.mark.parametrize("text", ["http://127.0.0.1:8001", "http://localhost:8001", "http://[::1]:8001"])
def test_this_machine_only_where_the_settings_allow_it(text):
    assert check_host(text, allow_loopback=True) == text
    with pytest.raises(ValueError):
        check_host(text, allow_loopback=False)
    with pytest.raises(ValueError):
        ThreeSixty(text, "hr", Secret("t"))


@pytest.mark.parametrize(
    "url",
    [
        "http://eu.qualtrics.com/", "https://eu.qualtrics.com:8443/", "https://a@eu.qualtrics.com/", "//evil.example/",
        "https://eu.qualtrics.com@evil.example/", "http://127.0.0.1:8000/", "https://[::1/", "file:///etc/passwd",
        "https://evil.example/?eu.qualtrics.com", "https://eu.qualtrics.com:x/", "",
    ],
)  # fmt: skip
def test_a_redirect_elsewhere_is_not_followed(url):
    assert not allowed_url(url, allow_loopback=False)


@pytest.mark.parametrize(("loopback", "refused"), [(False, True), (True, False)])
def test_the_peer_that_was_reached_is_looked_at_again(loopback, refused):
    guard = Guard()
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as reached,
        guard.until(time.monotonic() + 60),
    ):
        assert ip_address(reached.getpeername()[0]).is_loopback
        if refused:
            with pytest.raises(Rejected, match="private network"):
                guard.check(reached, loopback=loopback)
            assert reached.fileno() == -1
        else:
            assert guard.check(reached, loopback=loopback) is reached
