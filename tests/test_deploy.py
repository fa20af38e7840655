"""The proxies' configurations, each tried with the proxy itself where it is installed."""

import http.client
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from portal.training.document import LARGEST_SENT

DEPLOY = Path(__file__).parents[1] / "deploy"
RESULTS = "/api/v1/training-runs/7/results/"
MIB = 1024 * 1024


class Portal(BaseHTTPRequestHandler):
    """What stands in for the portal: it says which headers came, and how long the body was."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        recorded = (
            f"{len(body)} {self.headers['X-Forwarded-For']} {self.headers['X-Forwarded-Proto']}".encode()
        )
        self.send_response(200)
        self.send_header("Content-Length", str(len(recorded)))
        self.end_headers()
        self.wfile.write(recorded)

    do_GET = do_POST  # noqa: N815  # the library's name

    def log_message(self, *_: object) -> None:
        """Nothing."""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def put(text: str, *pairs: tuple[str, str]) -> str:
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new)
    return text


def nginx(folder: Path, portal: int, port: int) -> list[str]:
    site = put(
        (DEPLOY / "nginx.conf").read_text(),
        ("127.0.0.1:8000", f"127.0.0.1:{portal}"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port};"),
        ("    ssl_certificate ", "    # "),
        ("    ssl_certificate_key ", "    # "),
        ("client_header_timeout 10s", "client_header_timeout 1s"),
    )
    main = folder / "nginx.conf"
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    main.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/errors;\n"
        f"events {{}}\nhttp {{ access_log off; {temporary}\n{site}\n}}\n"
    )
    return ["nginx", "-p", str(folder), "-c", str(main), "-e", f"{folder}/errors"]


def caddy(folder: Path, portal: int, port: int) -> list[str]:
    config = folder / "Caddyfile"
    config.write_text(
        put(
            (DEPLOY / "Caddyfile").read_text(),
            ("127.0.0.1:8000", f"127.0.0.1:{portal}"),
            (
                "{$LEAFLINE_HOST:leafline.example.org} {",
                f"http://127.0.0.1:{port}, http://localhost:{port} {{",
            ),
            ("{\n\tservers {", "{\n\tadmin off\n\tservers {"),
            ("read_header 10s", "read_header 1s"),
        )
    )
    return ["caddy", "run", "--config", str(config), "--adapter", "caddyfile"]


@pytest.fixture(params=[nginx, caddy])
def proxy(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    """The proxy before a stand-in for the portal; gives its port."""
    if shutil.which(request.param.__name__) is None:
        pytest.skip(f"{request.param.__name__} is not installed")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port = free_port()
    command = request.param(tmp_path, server.server_port, port)
    environment = {"HOME": str(tmp_path), "PATH": str(Path(shutil.which(command[0]) or "").parent)}
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen(command, stderr=said, stdout=said, env=environment)
    try:
        for _ in range(100):
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait(20)
        server.shutdown()
        server.server_close()


def ask(
    port: int, path: str = "/", body: bytes = b"", headers: dict[str, str] | None = None
) -> tuple[int, str]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST" if body else "GET", path, body or None, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    finally:
        connection.close()


def test_forty_visitors_who_stop_in_mid_header_hold_up_nobody(proxy: int) -> None:
    slow = []
    for _ in range(40):
        one = socket.create_connection(("127.0.0.1", proxy), timeout=30)
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        slow.append(one)
    assert {ask(proxy)[0] for _ in range(9)} == {200}
    # And each of them is let go, with a word or without one.
    said = [one.recv(100) for one in slow]
    assert all(words == b"" or b" 408 " in words or b" 400 " in words for words in said)
    for one in slow:
        one.close()


def test_a_body_above_the_cap_is_refused_but_for_results(proxy: int) -> None:
    large = b"x" * (MIB + 100_000)
    assert ask(proxy, "/subscribe/", b"x" * 900_000)[0] == 200
    assert ask(proxy, "/subscribe/", large)[0] in (413, 502)
    status, said = ask(proxy, RESULTS, large)
    assert (status, said.split()[0]) == (200, str(len(large)))


def test_the_address_is_the_connection_s_whatever_the_visitor_says(proxy: int) -> None:
    forged = {"X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    assert ask(proxy, headers=forged) == (200, "0 127.0.0.1 http")


@pytest.mark.parametrize(("name", "cap"), [("nginx.conf", "{}m;"), ("Caddyfile", "{}MiB")])
def test_the_cap_of_results_is_the_portal_s(name: str, cap: str) -> None:
    assert cap.format(LARGEST_SENT // MIB) in (DEPLOY / name).read_text()
