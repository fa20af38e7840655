"""Calls of webhooks go to the host that was named, or nowhere: certificates are checked, by our own code."""

import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from portal.notices import addresses

HOST = "hooks.example.org"


def certificate(name, path, issuer=None):
    """A certificate for a host, signed by an issuer or by itself, with its key in one file; gives both."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    signer, signing_key = issuer or (None, key)
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(signer.subject if signer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .sign(signing_key, hashes.SHA256())
    )
    private = serialization.PrivateFormat.PKCS8
    path.write_bytes(
        made.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    )
    return made, key


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """The only authority that is trusted."""
    made = certificate("authority.example", tmp_path / "authority.pem")
    monkeypatch.setattr(addresses.certifi, "where", lambda: str(tmp_path / "authority.pem"))
    return made


@pytest.fixture
def serve(tmp_path, monkeypatch):
    """`serve(name, issuer)`: every host is a server with a certificate for that name; gives what it heard."""
    servers = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.server.heard.append(self.headers["Host"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            """Quiet."""

    class Server(HTTPServer):
        def handle_error(self, *_):
            """A client that hangs up is no news."""

    def serve(name, issuer=None):
        certificate(name, tmp_path / "server.pem", issuer)
        server = Server(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "server.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.heard = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        servers.append((server, thread))
        monkeypatch.setattr(addresses, "PORT", server.server_port)
        monkeypatch.setattr(addresses, "public_address", lambda host, port: "127.0.0.1")
        return server.heard

    yield serve
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_host_s_own_certificate_is_taken(authority, serve):
    heard = serve(HOST, authority)
    assert addresses.post(f"https://{HOST}/x", b"{}", {}) == 204
    assert heard == [HOST]


def test_a_certificate_that_nobody_vouches_for_is_refused(authority, serve):
    heard = serve(HOST)
    with pytest.raises(urllib3.exceptions.SSLError, match="self-signed"):
        addresses.post(f"https://{HOST}/x", b"{}", {})
    assert heard == []


def test_a_certificate_of_another_host_is_refused(authority, serve):
    heard = serve("other.example.org", authority)
    with pytest.raises(urllib3.exceptions.SSLError, match=r"doesn't match|Hostname mismatch"):
        addresses.post(f"https://{HOST}/x", b"{}", {})
    assert heard == []


class FakePool:
    """Answers without end, and notes what was asked of it."""

    def __init__(self):
        self.headers, self.read_bytes = {}, []

    def urlopen(self, method, target, *, headers, **_):
        self.headers = headers
        return self

    def read(self, amount=None):
        self.read_bytes.append(amount)
        return b""

    def close(self):
        pass

    status = 200


@pytest.mark.parametrize(
    ("url", "host"),
    [
        (f"https://{HOST}/", HOST),
        (f"https://{HOST}:443/", f"{HOST}:443"),
        ("https://[2606:4700::1111]/", "[2606:4700::1111]"),
    ],
)
def test_the_host_is_said_as_it_was_given_and_little_of_the_answer_read(monkeypatch, url, host):
    pool = FakePool()
    monkeypatch.setattr(addresses, "public_address", lambda host, port: "1.1.1.1")
    monkeypatch.setattr(addresses, "_pool", lambda *_: pool)
    assert addresses.post(url, b"{}", {"X-A": "b"}) == 200
    assert pool.headers == {"X-A": "b", "Host": host}
    assert pool.read_bytes == [1024]
