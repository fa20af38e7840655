"""An object store on this machine: files with ETags, read in ranges, and connections that break off."""

import hashlib
import shutil
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
    _etags: dict[tuple[object, ...], str] = field(default_factory=dict)

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

    def etag(self, path: Path) -> str:
        """As S3 makes it: the MD5, or of several parts the MD5 of their MD5s and their number."""
        state = (path, path.stat().st_mtime_ns, self.part_bytes)
        if state not in self._etags:
            self._etags[state] = self._digest(path)
        return self._etags[state]

    def _digest(self, path: Path) -> str:
        digests = []
        with path.open("rb") as stream:
            if self.part_bytes is None:
                return f'"{hashlib.file_digest(stream, "md5").hexdigest()}"'
            while part := stream.read(self.part_bytes):
                digests.append(hashlib.md5(part).digest())
        return f'"{hashlib.md5(b"".join(digests)).hexdigest()}-{len(digests)}"'


class _Handler(BaseHTTPRequestHandler):
    bucket: Bucket
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def _answer(self, *, with_body: bool) -> None:
        requested = self.headers.get("Range")
        self.bucket.log.append((self.command, self.path[1:], requested))
        path = self.bucket.folder / self.path[1:]
        if not path.is_file():
            self._head(404, 0)
            return
        etag = self.bucket.etag(path)
        if self.headers.get("If-Match", etag) != etag:
            self._head(412, 0)
            return
        start = int(requested.removeprefix("bytes=").removesuffix("-")) if requested else 0
        self._head(206 if requested else 200, path.stat().st_size - start, etag)
        if with_body:
            self._send(path, start)

    def _head(self, status: int, size: int, etag: str | None = None) -> None:
        self.send_response_only(status)
        self.send_header("Content-Length", str(size))
        if etag:
            self.send_header("ETag", etag)
        self.end_headers()

    def _send(self, path: Path, start: int) -> None:
        most = self.bucket.breaks.pop(0) if self.bucket.breaks else None
        with path.open("rb") as stream:
            stream.seek(start)
            if most is None:
                shutil.copyfileobj(stream, self.wfile, 1 << 20)
            else:
                self.wfile.write(stream.read(most))
                self.wfile.flush()
                time.sleep(0.01)
                self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Say nothing."""
