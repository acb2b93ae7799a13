"""Where calls may go, in every spelling somebody may try."""

import socket
import time
from ipaddress import ip_address

import pytest

from qxportal.threesixty.client import ThreeSixty
from qxportal.threesixty.client.transport import Guard
from qxportal.threesixty.errors import Rejected
from qxportal.threesixty.hosts import allowed_url, check_host, engine_hosts, is_public, is_reachable
from qxportal.threesixty.secret import Secret

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


ENGINES = engine_hosts(["engine.halden.example", " Engine.Halden.Example:8443 ", "engine", ""])


@pytest.mark.parametrize(
    ("text", "root"),
    [
        ("engine.halden.example", "https://engine.halden.example"),
        (" https://Engine.Halden.example/ ", "https://engine.halden.example"),
        ("https://engine.halden.example:8443", "https://engine.halden.example:8443"),
        ("engine", "https://engine"),
        ("eu.qualtrics.com", "https://eu.qualtrics.com"),
    ],
)
def test_an_engine_that_an_operator_named_is_taken(text, root):
    assert check_host(text, allow_loopback=False, engines=ENGINES) == root


@pytest.mark.parametrize("loopback", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        *REFUSED,
        "http://engine.halden.example",
        "http://engine.halden.example:8443",
        "engine.halden.example:8444",
        "engine.halden.example:443",
        "other.halden.example",
        "halden.example",
        "engine.halden.example.evil.example",
        "engine.halden.example@evil.example",
        "evil.example/engine.halden.example",
        "evil.example#engine.halden.example",
        "engine.halden.example/path",
        "engine.halden.example.",
        "https://https://engine.halden.example",
        "\uff45ngine.halden.example",
        "10.0.0.5",
    ],
)
def test_any_other_host_is_refused_beside_named_engines(text, loopback):
    with pytest.raises(ValueError, match="data centre"):
        check_host(text, allow_loopback=loopback, engines=ENGINES)


@pytest.mark.parametrize(
    "name", ["10.0.0.5", "[::1]", "https://engine.halden.example", "*.halden.example", "a b", "e:0x1", "e:99999", "e:"]
)
def test_an_address_or_a_pattern_names_no_engine(name):
    with pytest.raises(ValueError, match="is no host name"):
        engine_hosts([name])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://engine.halden.example/a", True),
        ("https://engine.halden.example:443/a", True),
        ("https://engine.halden.example:8443/a", True),
        ("https://engine.halden.example:8444/a", False),
        ("http://engine.halden.example/a", False),
        ("https://a@engine.halden.example/", False),
        ("https://evil.example/engine.halden.example", False),
    ],
)
def test_redirects_among_named_engines(url, allowed):
    assert allowed_url(url, allow_loopback=False, engines=ENGINES) is allowed


def test_only_an_engine_leads_to_engines():
    with ThreeSixty("engine", "hr", Secret("t"), engines=ENGINES, engine_ca="/ca") as engine:
        assert (engine.engines, engine._session.verify) == (ENGINES, "/ca")
    with ThreeSixty("eu.qualtrics.com", "hr", Secret("t"), engines=ENGINES, engine_ca="/ca") as vendor:
        assert (vendor.engines, vendor._session.verify) == ((), True)


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("10.0.0.5", True),
        ("192.168.1.7", True),
        ("fd12::1", True),
        ("127.0.0.1", True),
        ("8.8.8.8", True),
        ("169.254.169.254", False),
        ("fe80::1%eth0", False),
        ("::ffff:169.254.169.254", False),
        ("224.0.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("::", False),
        ("nonsense", False),
    ],
)
def test_where_a_named_engine_may_be(address, reachable):
    assert is_reachable(address) is reachable


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
