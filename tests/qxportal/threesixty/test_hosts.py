"""Where calls may go, in every spelling somebody may try."""

import socket
import time
from ipaddress import ip_address

import pytest

from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.hosts import allowed_url, check_host, is_public
from qxportal.threesixty.secret import Secret
from qxportal.threesixty.transport import Guard

REFUSED = [
    "",
    "qualtrics.com",
    ".qualtrics.com",
    "eu.qualtrics.com.evil.example",
    "evil.example",
    "eu.qualtrics.com:8443",
    "eu.qualtrics.com@evil.example",
    "evil.example#.qualtrics.com",
    "evil.example/.qualtrics.com",
    "a.b.qualtrics.com",
    "http://eu.qualtrics.com",
    "ftp://eu.qualtrics.com",
    "eu.qualtrics.com/path",
    "eu.qualtrics.com?x",
    "eu_1.qualtrics.com",
    "eu.qualtrics.com.",
    "eu.qualtrics\u3002com",
    "\u0435u.qualtrics.com",
    "eu.qualtrics.com\r\nHost: evil.example",
    "eu.qualtrics.com\x00",
    "eu.qualtriсs.com",
    "127.0.0.1",
    "2130706433",
    "0x7f.1",
    "[::1]",
    "http://169.254.169.254",
    "http://127.0.0.1:8000/x",
    "http://127.0.0.1",
    "http://127.0.0.1:99999",
    "http://127.0.0.2:8000",
    "http://127.0.0.1:\u0668\u0660\u0660\u0661",
    "http://127.0.0.\u0661:8001",
    "http://\uff11\uff12\uff17.0.0.1:8001",
    "e\u212a.qualtrics.com",
    "eu.qualtric\u017f.com",
    "eu\u0661.qualtrics.com",
    "eu\u00b2.qualtrics.com",
    "http://localhost.evil.example:80",
    "http://0.0.0.0:8000",
    "https://127.0.0.1:8000",
    "x" * 41 + ".qualtrics.com",
]


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
        "http://eu.qualtrics.com/",
        "https://eu.qualtrics.com:8443/",
        "https://a@eu.qualtrics.com/",
        "//evil.example/",
        "https://eu.qualtrics.com@evil.example/",
        "http://127.0.0.1:8000/",
        "https://[::1/",
        "file:///etc/passwd",
        "https://evil.example/?eu.qualtrics.com",
        "https://eu.qualtrics.com:x/",
        "",
        "https://eu.qualtrics.com\\@evil.example/",
        "https://e\u212a.qualtrics.com/",
        "https://eu.qualtrics.com:\u0664\u0664\u0663/",
        "https://eu.qualtrics.com/a b",
        "https://eu.qualtrics.com/\tx",
    ],
)
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


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "255.255.255.255",
        "224.0.0.1",
        "239.255.255.250",
        "233.252.0.1",
        "240.0.0.1",
        "192.0.0.9",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "fd12::1",
        "ff02::1",
        "ff0e::1",
        "100::1",
        "::ffff:127.0.0.1",
        "::ffff:8.8.8.8",
        "::127.0.0.1",
        "::8.8.8.8",
        "::ffff:0:7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::808:808",
        "64:ff9b:1::7f00:1",
        "64:ff9b:1:abcd::1",
        "2002:7f00:1::",
        "2002:808:808::1",
        "2001::1",
        "2001:0:7f00:1::",
        "2001:10::1",
        "2001:20::1",
        "2001:db8::1",
        "3fff::1",
        "5f00::1",
        "4000::1",
        "nonsense",
        "",
        "127.1",
        "\u0661.1.1.1",
    ],
)
def test_an_address_that_is_not_the_open_internet_or_stands_for_another(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "151.101.1.69", "2606:4700::6810:84e5", "2a04:4e42::485"])
def test_an_address_of_the_open_internet(address):
    assert is_public(address)
