"""The requests to an object store that a lake needs, each with its condition, and what is said if one fails.

Credentials, region and endpoint are the environment's, by AWS's names; they are in no message.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import obstore
from obstore.exceptions import (
    AlreadyExistsError,
    BaseError,
    PermissionDeniedError,
    PreconditionError,
    UnauthenticatedError,
)
from obstore.store import S3Store

from exporter.errors import DataError
from exporter.storage.interface import LostRaceError

#: Characters that no program along the way takes for anything else.
_ADDRESS = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])((?:/[A-Za-z0-9_.=-]+)*)/?")
_PAGE = 1_000
_MAX_RETRIES, _RETRY_S, _CONNECT_S = 4, 30, 5
#: Where a program on Amazon's machines asks for its credentials; tried last, where there are no others.
_METADATA = "169.254.169.254"
#: What refusals have in them.
_REFUSED = re.compile(r"\b(401 Unauthorized|403 Forbidden)\b")
#: What a store answers where two conditional writes meet.
_CONFLICT = "ConditionalRequestConflict"


class Bucket:
    """A prefix of a bucket. Keys are paths below it, with slashes; those above a key are its folders.

    DataError, from any method, if the store does not answer, or refuses.
    """

    def __init__(self, address: str) -> None:
        match = _ADDRESS.fullmatch(address)
        if match is None or {".", ".."} & set(match[2].split("/")):
            raise DataError(
                f"{address!r}: not an address like s3://BUCKET/PREFIX; a prefix may have the letters A-Z and"
                " a-z, digits, and _ . = - /"
            )
        self.name = match[1]
        self.address = address.rstrip("/")
        #: Whether the endpoint is spoken to without encryption: only if its address says so.
        self.is_plain = _endpoint().startswith("http://")
        self._store = S3Store.from_url(
            self.address,
            client_options={"allow_http": self.is_plain, "connect_timeout": timedelta(seconds=_CONNECT_S)},
            retry_config={"max_retries": _MAX_RETRIES, "retry_timeout": timedelta(seconds=_RETRY_S)},
        )

    @property
    def delta_options(self) -> dict[str, str]:
        """What deltalake needs besides the environment to write by the same rules."""
        return {
            "aws_conditional_put": "etag",
            "allow_http": str(self.is_plain).lower(),
            "connect_timeout": f"{_CONNECT_S}s",
            "max_retries": str(_MAX_RETRIES),
            "retry_timeout": f"{_RETRY_S}s",
        }

    def path(self, key: str) -> str:
        """Return the whole address of a key."""
        return f"{self.address}/{key}" if key else self.address

    def read(self, key: str) -> bytes:
        """Return an object's content. FileNotFoundError if there is none."""
        with self._asking(key):
            return bytes(obstore.get(self._store, key).bytes())

    def read_range(self, key: str, start: int, length: int) -> bytes:
        """Return some bytes of an object. FileNotFoundError if there is none."""
        with self._asking(key):
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def read_tagged(self, key: str) -> tuple[bytes, str] | None:
        """Return an object's content and the tag of this state of it; None if there is none."""
        try:
            with self._asking(key):
                answer = obstore.get(self._store, key)
                return bytes(answer.bytes()), answer.meta["e_tag"] or ""
        except FileNotFoundError:
            return None

    def size(self, key: str) -> int:
        """Return an object's size in bytes. FileNotFoundError if there is none."""
        with self._asking(key):
            return obstore.head(self._store, key)["size"]

    def names(self, folder: str) -> list[str]:
        """Return what lies in a folder: objects, and folders in which any lie."""
        with self._asking(folder):
            listed = obstore.list_with_delimiter(self._store, folder or None)
        paths = [*listed["common_prefixes"], *(one["path"] for one in listed["objects"])]
        return [path.rsplit("/", 1)[-1] for path in paths]

    def listed(self, folder: str) -> list[tuple[str, int, datetime]]:
        """Return the objects in a folder and below: key, size in bytes, and when each was written."""
        with self._asking(folder):
            pages = obstore.list(self._store, folder or None, chunk_size=_PAGE)
            return [(one["path"], one["size"], one["last_modified"]) for page in pages for one in page]

    def has(self, folder: str) -> bool:
        """Return whether anything lies in a folder or below."""
        with self._asking(folder):
            return any(obstore.list(self._store, folder or None, chunk_size=1))

    def create(self, key: str, content: bytes) -> str:
        """Write a new object; gives the tag of its state. LostRaceError if there is one already."""
        return self._put(key, content, None)

    def replace(self, key: str, content: bytes, tag: str) -> str:
        """Write an object anew if its state is still this; gives the new one's tag. Else LostRaceError."""
        return self._put(key, content, tag)

    def upload(self, file: Path, key: str) -> None:
        """Write a file of this machine as an object, in parts if it is large."""
        with self._asking(key):
            obstore.put(self._store, key, file)

    def move(self, key: str, target: str) -> None:
        """Copy an object, then remove it. FileNotFoundError if there is none."""
        with self._asking(key):
            obstore.copy(self._store, key, target)
            obstore.delete(self._store, key)

    def remove(self, key: str) -> None:
        """Remove an object, if it is there."""
        with self._asking(key):
            obstore.delete(self._store, key)

    def _put(self, key: str, content: bytes, tag: str | None) -> str:
        try:
            with self._asking(key):
                mode: obstore.PutMode = "create" if tag is None else {"e_tag": tag}
                return obstore.put(self._store, key, content, mode=mode, use_multipart=False)["e_tag"] or ""
        except (AlreadyExistsError, PreconditionError, FileNotFoundError):
            raise LostRaceError(self.path(key)) from None

    @contextmanager
    def _asking(self, key: str) -> Iterator[None]:
        try:
            yield
        except (AlreadyExistsError, PreconditionError):
            raise
        except (FileNotFoundError, BaseError) as error:
            if _CONFLICT in str(error):
                raise LostRaceError(self.path(key)) from None
            reason = self._reason(error)
            if reason is None:
                raise
            raise DataError(f"{self.path(key)}: {reason}") from None

    def _reason(self, error: Exception) -> str | None:
        """Why the store did not do it; None if it is that there is no such object."""
        text = str(error)  # the only place where a listing says it
        if "NoSuchBucket" in text:
            return f"there is no bucket {self.name!r}; make it, or give another address"
        if isinstance(error, FileNotFoundError):
            return None
        if _METADATA in text:
            return "no credentials; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
        if isinstance(error, PermissionDeniedError | UnauthenticatedError) or _REFUSED.search(text):
            return "the object store refuses access; check AWS_ACCESS_KEY_ID and what its owner may do there"
        return (
            f"the object store at {_endpoint() or 'Amazon'} gives no answer that can be used; check"
            " AWS_ENDPOINT_URL, AWS_REGION and the network"
        )


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""
