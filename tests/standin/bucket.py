"""An object store on this machine: files with ETags, read in ranges, and connections that break off."""

import hashlib
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


@dataclass
class Bucket:
    """Serves a folder until the block ends; ``url`` is its address.

    Args:
        folder: what is in it.
        part_bytes: as if files had been uploaded in parts of this size; None: in one.
    """

    folder: Path
    part_bytes: int | None = None
    #: How many bytes the next answers send before they break off; None: all.
    breaks: list[int | None] = field(default_factory=list)
    #: Method, name and range of each request.
    log: list[tuple[str, str, str | None]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> "Bucket":
        handler = type("Handler", (_Handler,), {"bucket": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()

    def etag(self, content: bytes) -> str:
        """As S3 makes it: the MD5, or of several parts the MD5 of their MD5s and their number."""
        if self.part_bytes is None:
            return f'"{hashlib.md5(content).hexdigest()}"'
        starts = range(0, len(content), self.part_bytes)
        digests = [hashlib.md5(content[at : at + self.part_bytes]).digest() for at in starts]
        return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(digests)}"'


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        asked = self.headers.get("Range")
        self.bucket.log.append((self.command, self.path[1:], asked))
        path = self.bucket.folder / self.path[1:]
        if not path.is_file():
            self._head(404, 0)
            return
        content = path.read_bytes()
        etag = self.bucket.etag(content)
        if self.headers.get("If-Match", etag) != etag:
            self._head(412, 0)
            return
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        body = content[start:]
        self._head(206 if asked else 200, len(body), etag)
        if with_body:
            self._send(body)

    def _head(self, status: int, size: int, etag: str | None = None) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(size))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()

    def _send(self, body: bytes) -> None:
        most = self.bucket.breaks.pop(0) if self.bucket.breaks else None
        self.wfile.write(body[:most])
        if most is not None:
            self.wfile.flush()
            time.sleep(0.01)
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
