"""Reading a results document: a stream from outside, of any size, perhaps hostile.

One pass over its parts. Only what is known is kept, in columns, so memory is bounded by the numbers read;
nesting, the size and how far gzip may blow it up are bounded too.
"""

import gzip
import hashlib
import math
import zlib
from array import array
from dataclasses import dataclass
from dataclasses import field as default
from typing import Any, Protocol

import ijson
import pyarrow as pa
from ijson.common import ObjectBuilder

from exporter.columns import integers
from exporter.errors import DataError
from portal.ids import LARGEST_ID
from portal.training.storable import DEEPEST, check_storable

#: How large a document may be, sent and unpacked, in bytes.
LARGEST_SENT = 64 * 2**20
LARGEST = 256 * 2**20
#: Beyond its first bytes a document may unpack to so many times what was sent. JSON of numbers: about 8.
LARGEST_RATIO = 25
_FREE = 2**20
#: How many values `run` and `overall` may hold together.
_MOST_VALUES = 200_000
_LARGEST_COUNT = 2**31 - 1

#: The tables of the document: what each column is.
TABLES = {
    "taxa": {
        "taxon_id": "id",
        "images": "count",
        "top1": "share",
        "top5": "share",
        "mean_true_probability": "share",
    },
    "confusions": {"true_taxon_id": "id", "predicted_taxon_id": "id", "count": "count"},
    "label_issues": {
        "photo_id": "id",
        "observation_id": "id",
        "label_taxon_id": "id",
        "suggested_taxon_id": "id",
        "score": "share",
    },
}
_KEYS = {
    "taxa": ["taxon_id"],
    "confusions": ["true_taxon_id", "predicted_taxon_id"],
    "label_issues": ["photo_id"],
}
_OBJECTS = ("run", "overall")
_KINDS: dict[str, tuple[str, Any, int, int]] = {
    "id": ("an id", int, 1, LARGEST_ID),
    "count": ("a whole number from 0", int, 0, _LARGEST_COUNT),
    "share": ("a number from 0 to 1", (int, float), 0, 1),
}


class TooLargeError(DataError):
    """The document is larger than is taken."""


class Readable(Protocol):
    """What a document is read from."""

    def read(self, size: int = -1, /) -> bytes:
        """At most so many bytes; none at the end."""


@dataclass
class Results:
    """A document as it was read. ``digest``: SHA-256 of its unpacked bytes."""

    run: dict[str, Any]
    overall: dict[str, Any]
    tables: dict[str, pa.Table]
    digest: str


class Unpacked:
    """The document's bytes, unpacked where they are packed, counted and digested on the way.

    TooLargeError beyond the bounds; DataError if the packing is broken.
    """

    def __init__(self, sent: Readable, is_gzip: bool) -> None:
        self._sent = _Counted(sent)
        self._source: Readable = gzip.GzipFile(fileobj=self._sent) if is_gzip else self._sent  # type: ignore[call-overload]
        self._bytes = 0
        self._digest = hashlib.sha256()

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes, at most 64 KiB of them."""
        try:
            result = self._source.read(min(size, 65536) if size >= 0 else 65536)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            raise DataError("The body is not whole gzip: send it again.") from None
        self._bytes += len(result)
        if self._bytes > LARGEST or self._bytes > _FREE + LARGEST_RATIO * self._sent.bytes:
            raise TooLargeError(f"The document unpacks to more than {LARGEST >> 20} MiB, or far too much.")
        self._digest.update(result)
        return result

    @property
    def digest(self) -> str:
        """SHA-256 of what was read, in hexadecimal."""
        return self._digest.hexdigest()


class _Counted:
    def __init__(self, source: Readable) -> None:
        self._source = source
        self.bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        result = self._source.read(size)
        self.bytes += len(result)
        if self.bytes > LARGEST_SENT:
            raise TooLargeError(f"The body is larger than {LARGEST_SENT >> 20} MiB.")
        return result


@dataclass
class _Columns:
    """A table being read: its columns so far, and the row that is open."""

    name: str
    kinds: dict[str, str]
    values: "dict[str, array[Any]]" = default(default_factory=dict)
    row: dict[str, Any] = default(default_factory=dict)
    field: str = ""
    rows: int = 0

    def __post_init__(self) -> None:
        self.values = {name: array("d" if kind == "share" else "q") for name, kind in self.kinds.items()}

    def take(self, depth: int, event: str, value: Any) -> None:
        """An event within the list, between so many brackets."""
        if depth == 0:
            if event == "end_map":
                self._end_row()
            elif event != "start_map":
                raise DataError(f"{self.name}[{self.rows}]: must be an object.")
        elif depth == 1:
            if event == "map_key":
                self.field = value
            elif self.field in self.kinds:
                self.row[self.field] = value

    def _end_row(self) -> None:
        for name, kind in self.kinds.items():
            words, types, low, high = _KINDS[kind]
            value: Any = self.row.get(name)
            is_fit = isinstance(value, types) and not isinstance(value, bool)
            if not is_fit or not low <= value <= high or not math.isfinite(value):
                raise DataError(f"{self.name}[{self.rows}].{name}: must be {words}.")
            self.values[name].append(value)
        self.row = {}
        self.rows += 1

    def table(self) -> pa.Table:
        result = pa.table(
            {
                name: pa.array(values, pa.float64() if self.kinds[name] == "share" else pa.int64())
                for name, values in self.values.items()
            }
        )
        keys = _KEYS[self.name]
        if result.select(keys).group_by(keys).aggregate([]).num_rows < result.num_rows:
            raise DataError(f"{self.name}: {' and '.join(keys)} must not come twice.")
        return result


def read(sent: Readable, *, is_gzip: bool) -> Results:
    """The document. DataError says what is wrong with it, TooLargeError that it is too large."""
    unpacked = Unpacked(sent, is_gzip)
    reader = _Reader()
    try:
        for event, value in ijson.basic_parse(unpacked, use_float=True):
            reader.take(event, value)
    except (ijson.JSONError, UnicodeDecodeError) as error:
        reason = str(error).partition("\n")[0]
        raise DataError(f"The body is no JSON document: {reason[:100]}.") from None
    return reader.results(unpacked.digest)


class _Reader:
    """Takes the document's events one after the other. ``_depth``: how many brackets are open."""

    def __init__(self) -> None:
        self._tables = {name: _Columns(name, kinds) for name, kinds in TABLES.items()}
        self._builders = {name: ObjectBuilder() for name in _OBJECTS}
        self._seen: set[str] = set()
        self._part = ""
        self._depth = 0
        self._values = 0

    def take(self, event: str, value: Any) -> None:
        if event in ("end_map", "end_array"):
            self._depth -= 1
        self._take_at(self._depth, event, value)
        if event in ("start_map", "start_array"):
            self._depth += 1
            if self._depth > DEEPEST:
                raise DataError(f"The document is nested more than {DEEPEST} deep.")

    def _take_at(self, depth: int, event: str, value: Any) -> None:
        if depth == 0:
            if event not in ("start_map", "end_map"):
                raise DataError("The document must be an object.")
        elif depth == 1 and event == "map_key":
            self._begin(value)
        elif self._part in self._tables:
            if depth > 1:
                self._tables[self._part].take(depth - 2, event, value)
            elif event not in ("start_array", "end_array"):
                raise DataError(f"{self._part}: must be a list.")
        elif self._part in self._builders:
            self._values += 1
            if self._values > _MOST_VALUES:
                raise TooLargeError(f"run and overall hold more than {_MOST_VALUES:,} values.")
            self._builders[self._part].event(event, value)

    def _begin(self, part: str) -> None:
        if part in self._seen:
            raise DataError(f"{part}: comes twice.")
        if part in self._tables or part in self._builders:
            self._seen.add(part)
        self._part = part

    def results(self, digest: str) -> Results:
        for name in (*_OBJECTS, *TABLES):
            if name not in self._seen:
                raise DataError(f"{name}: is missing.")
        objects = {name: self._builders[name].value for name in _OBJECTS}
        for name, result in objects.items():
            if not isinstance(result, dict):
                raise DataError(f"{name}: must be an object.")
            check_storable(name, result)
        tables = {name: columns.table() for name, columns in self._tables.items()}
        true, predicted = (integers(tables["confusions"][name]) for name in _KEYS["confusions"])
        if (true == predicted).any():
            raise DataError("confusions: true_taxon_id and predicted_taxon_id must differ.")
        if not tables["taxa"].num_rows:
            raise DataError("taxa: is empty.")
        return Results(objects["run"], objects["overall"], tables, digest)
