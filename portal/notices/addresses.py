"""Sending to an address that somebody gave us, and never into a private network.

The name is resolved here, every address that it has must be a public one, and the connection goes to an
address that was checked: an answer that changes between the check and the connection changes nothing.
Redirects are not followed.
"""

import ipaddress
import socket
from urllib.parse import SplitResult, urlsplit

import certifi
import urllib3

from portal.messages import data_error, message

TIMEOUT_S = 10
#: The only port that is called: no mail server, and no shell.
PORT = 443
#: All that is given out of IPv6 for the open internet. What lies outside wraps or belongs to something else.
_GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
#: For books (RFC 9637); the other networks for books are known to Python.
_DOCUMENTATION = ipaddress.ip_network("3fff::/20")
#: A program that asks for webhooks answers with a status; more of its words than this are not read.
_READ_BYTES = 1024


def check(url: str) -> SplitResult:
    """The parts of an address that may be sent to. DataError if it may not."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise data_error(message("address_unreadable")) from None
    if parts.scheme != "https" or not parts.hostname:
        raise data_error(message("address_not_https"))
    if port not in (None, PORT):
        raise data_error(message("address_with_port"))
    if "@" in parts.netloc:
        raise data_error(message("address_with_user"))
    return parts


def public_address(host: str, port: int) -> str:
    """An IP address of a host, all of whose addresses are public ones. DataError otherwise."""
    try:
        result = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise data_error(message("address_unknown", host=host)) from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in result]
    if not addresses or not all(is_public(address) for address in addresses):
        raise data_error(message("address_private", host=host))
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open internet; also when it is wrapped in another kind."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo and ip.teredo[1]) or _nat64(ip)
        if inner:
            return is_public(str(inner))
        if ip not in _GLOBAL_UNICAST or ip in _DOCUMENTATION:
            return False
    return ip.is_global and not ip.is_multicast


def _nat64(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address in one of 64:ff9b::/96."""
    if ip in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Send a body; gives the status of the answer. DataError if the address may not be sent to.

    OSError or urllib3's errors if nobody answers.
    """
    parts = check(url)
    host = parts.hostname or ""
    pool = _pool(public_address(host, PORT), PORT, host)
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    try:
        response = pool.urlopen(
            "POST",
            target,
            body=body,
            headers={**headers, "Host": parts.netloc},
            redirect=False,
            retries=False,
            preload_content=False,
        )
        response.read(_READ_BYTES)
        response.close()
        return response.status
    finally:
        pool.close()


def _pool(address: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
    """A connection to an address whose certificate must be the host's."""
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=urllib3.Timeout(total=TIMEOUT_S),
        cert_reqs="CERT_REQUIRED",
        ca_certs=certifi.where(),
        server_hostname=host,
        assert_hostname=host,
    )
