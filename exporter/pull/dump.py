"""The monthly open data: fetched as files, resumed where they broke off, checked, and loaded.

The bucket (`s3://inaturalist-open-data`, described in inaturalist/inaturalist-open-data: Metadata/README.md)
is read over HTTPS without an account. It is meant for bulk downloads and no part of the API's budget.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import requests
from urllib3.exceptions import HTTPError

from exporter.errors import DataError
from exporter.inaturalist import OPEN_DATA
from exporter.ingest import IngestReport, ingest
from exporter.lake import Lake
from exporter.messages import Message, message
from exporter.pull.client import PRODUCT
from exporter.pull.store import Store
from terminal.progress import bar

#: Observers are names of people and nothing else: not fetched.
FILES = ("taxa.csv.gz", "observations.csv.gz", "photos.csv.gz")

_PIECE_BYTES = 1 << 20
_MIB = 1 << 20
#: Sizes in which programs upload large files in parts: an ETag is then the digest of the parts' digests.
_PART_SIZES = tuple(size * _MIB for size in (5, 8, 10, 15, 16, 25, 32, 50, 64, 100, 128, 256, 500, 512, 1024))
_TIMEOUT_S = 60


@dataclass(frozen=True)
class _Remote:
    """A file as the bucket has it now."""

    etag: str
    size: int


class Dump:
    """The files of the open data in a local folder.

    Args:
        folder: where they are kept; unfinished ones end in ``.part``.
        url: the bucket's address.
        contact: part of the User-Agent.
        say: takes messages about each thing that happens.
        attempts: how often to go on after an attempt that brought nothing.
        backoff_s: the first wait, which doubles from one to the next.
    """

    def __init__(
        self,
        folder: Path,
        *,
        url: str = OPEN_DATA,
        contact: str = "",
        say: Callable[[list[Message]], object] = list,
        attempts: int = 6,
        backoff_s: float = 2.0,
    ) -> None:
        self._folder = folder
        self._url = url.rstrip("/")
        self._say = say
        self._attempts = attempts
        self._backoff_s = backoff_s
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"{PRODUCT}; contact: {contact}" if contact else PRODUCT

    def load(self, lake: Lake, store: Store) -> IngestReport | None:
        """Fetch what is not here yet and load all of it; None where the lake has it already.

        DataError where a file cannot be had; what was fetched of it stays for the next time.
        """
        remote = {name: self._ask(name) for name in FILES}
        version = json.dumps({name: each.etag for name, each in remote.items()})
        if store.fact("dump") == version:
            return None
        paths = [self.fetch(name, remote[name]) for name in FILES]
        report = ingest(lake, paths)
        store.put_fact("dump", version)
        for path in paths:
            path.unlink()
            _note_path(path).unlink()
        return report

    def fetch(self, name: str, remote: _Remote | None = None) -> Path:
        """Fetch one file, or the rest of it; gives where it lies, whole and checked."""
        selected = remote or self._ask(name)
        path = self._folder / name
        part = path.with_name(f"{name}.part")
        self._folder.mkdir(parents=True, exist_ok=True)
        if path.exists() and _noted(path) == selected:
            return path
        if _noted(path) != selected:
            part.unlink(missing_ok=True)
            _note_path(path).write_text(json.dumps(asdict(selected)))
        self._fill(name, part, selected)
        _check(part, name, selected)
        part.rename(path)
        return path

    def _fill(self, name: str, part: Path, selected: _Remote) -> None:
        """Append to an unfinished file until it is whole."""
        fruitless = 0
        while (had := part.stat().st_size if part.exists() else 0) < selected.size:
            try:
                self._append(name, part, had, selected)
            except (requests.RequestException, HTTPError) as error:
                reason = type(error).__name__
            else:
                reason = "IncompleteRead"
            now = part.stat().st_size if part.exists() else 0
            if now >= selected.size:
                return
            fruitless = 0 if now > had else fruitless + 1
            if fruitless >= self._attempts:
                raise DataError(
                    f"{self._url}/{name}: {reason}, {fruitless} times in a row at {now:,} of"
                    f" {selected.size:,} bytes; run the same again later, it goes on from there"
                )
            wait_s = self._backoff_s * 2 ** min(fruitless, 6)
            stopped = message("dump_stopped", file=name, error=reason, now=now, size=selected.size)
            self._say([stopped, message("dump_again", seconds=round(wait_s))])
            time.sleep(wait_s)

    def _append(self, name: str, part: Path, had: int, selected: _Remote) -> None:
        headers = {"Range": f"bytes={had}-", "If-Match": selected.etag, "Accept-Encoding": "identity"}
        with self._session.get(
            f"{self._url}/{name}", headers=headers, stream=True, timeout=_TIMEOUT_S
        ) as response:
            if response.status_code == requests.codes.precondition_failed:
                raise DataError(f"{self._url}/{name}: a newer one appeared meanwhile; run the same again")
            response.raise_for_status()
            is_rest = response.status_code == requests.codes.partial_content
            begun = had if is_rest else 0
            with (
                part.open("ab" if is_rest else "wb") as stream,
                bar(f"pull {name}", selected.size, unit="B", begun=begun) as shown,
            ):
                for piece in response.raw.stream(_PIECE_BYTES, decode_content=False):
                    stream.write(piece)
                    shown.advance(len(piece))

    def _ask(self, name: str) -> _Remote:
        try:
            response = self._session.head(f"{self._url}/{name}", timeout=_TIMEOUT_S)
            response.raise_for_status()
            return _Remote(response.headers["ETag"], int(response.headers["Content-Length"]))
        except (requests.RequestException, KeyError, ValueError) as error:
            raise DataError(
                f"{self._url}/{name}: cannot be had ({type(error).__name__}); check the address, or try later"
            ) from None


def _note_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _noted(path: Path) -> _Remote | None:
    """Which version of a file is kept or being fetched."""
    try:
        return _Remote(**json.loads(_note_path(path).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def _check(part: Path, name: str, selected: _Remote) -> None:
    """DataError, and the file gone, if its size or digest is not the bucket's.

    An ETag of another kind than the two known ones says nothing; gzip's own checksum is looked at in any
    case when the file is loaded.
    """
    digest, _, parts = selected.etag.strip('"').partition("-")
    result: Iterator[str] = iter([])
    if part.stat().st_size == selected.size and parts.isdigit():
        sizes = [size for size in _PART_SIZES if -(-selected.size // size) == int(parts)]
        result = (_digest_of_parts(part, size) for size in sizes)
        if digest in result or not sizes:
            return
    elif part.stat().st_size == selected.size and (parts or len(digest) != 32 or digest == _digest(part)):
        return
    part.unlink()
    raise DataError(f"{name}: what was fetched is not what the bucket has (size or MD5); run the same again")


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _digest_of_parts(path: Path, size: int) -> str:
    digests = []
    with path.open("rb") as stream:
        while part := stream.read(size):
            digests.append(hashlib.md5(part, usedforsecurity=False).digest())
    return hashlib.md5(b"".join(digests), usedforsecurity=False).hexdigest()
