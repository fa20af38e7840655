"""No address that anybody gives leads into a private network."""

import socket

import pytest

from exporter.errors import DataError
from portal.notices import addresses

PRIVATE = [
    "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "::1", "::", "fe80::1", "fc00::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "2002:0a00:0001::", "64:ff9b::a00:1", "2001:db8::1",
    "::127.0.0.1", "::1.1.1.1", "64:ff9b:1::a00:1", "64:ff9b:1::101:101", "fec0::1", "5f00::1", "4000::1",
    "100::1", "2001::1", "2001:10::1", "2001:20::1", "3fff::1", "ff0e::1",
]  # fmt: skip
PUBLIC = ["1.1.1.1", "185.199.108.153", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]


@pytest.fixture
def resolve(monkeypatch):
    """`resolve("10.0.0.1", "1.1.1.1")`: what every name resolves to, one list after another."""
    answers = []

    def getaddrinfo(host, port, **options):
        result = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(0, 0, 0, "", (address, port)) for address in result]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return lambda *lists: answers.extend(lists)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_however_they_are_written(resolve, address):
    assert not addresses.is_public(address)
    resolve([address])
    with pytest.raises(DataError, match="lies in a private network"):
        addresses.public_address("hooks.example.org", 443)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_taken(resolve, address):
    resolve([address])
    assert addresses.public_address("hooks.example.org", 443) == address


def test_one_private_address_among_several_is_enough_to_refuse(resolve):
    resolve(["1.1.1.1", "10.0.0.1"])
    with pytest.raises(DataError, match="lies in a private network"):
        addresses.public_address("hooks.example.org", 443)


def test_the_connection_goes_to_the_address_that_was_checked(resolve, monkeypatch):
    """A name that is public when it is checked and private a moment later."""
    resolve(["1.1.1.1"], ["127.0.0.1"])
    reached = []

    def connect(address, *_, **__):
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    with pytest.raises(Exception, match=r"refused|establish"):
        addresses.post("https://hooks.example.org/x", b"{}", {})
    assert reached == ["1.1.1.1"]


def test_a_name_without_address_is_said(monkeypatch):
    def fail(*_, **__):
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(DataError, match=r"nowhere\.example has no address"):
        addresses.public_address("nowhere.example", 443)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "https://", "https:///x", "example.org", "", "file:///etc/passwd",
        "https://user:password@example.org/", "https://example.org:99999/", "https://[::1", "https://example.org:0/",
        "https://example.org:22/", "https://example.org:25/", "https://example.org:8443/", "https://user@example.org/",
        "https://@example.org/",
    ],
)  # fmt: skip
def test_what_is_no_https_address_is_refused(url):
    with pytest.raises(DataError, match="The address"):
        addresses.check(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f.1", "localhost"])
def test_other_spellings_of_this_machine_are_refused(host):
    parts = addresses.check(f"https://{host}/")
    with pytest.raises(DataError, match=r"private network|no address"):
        addresses.public_address(parts.hostname, 443)


@pytest.mark.parametrize(
    "url", ["https://example.org/", "https://example.org:443/x?y", "https://[2606:4700::1111]/"]
)
def test_an_https_address_at_the_usual_port_is_taken(url):
    assert addresses.check(url).geturl() == url
