"""Records of JSON text, read piece by piece: pages with ``results``, lists, records, in any number and mix.

Documents may follow each other on lines of their own or run into each other, pretty-printed or not. One
record is held at a time, of at most `MOST_BYTES` and `MOST_LEVELS` deep. After a fault in the structure
reading goes on at the next line that begins a document; a fault within a record costs that record alone.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from exporter.sources.files import MOST_BYTES, READ_ERRORS, ByteStream, FileReport, blocks, too_long
from exporter.sources.json_shape import GAP, MOST_LEVELS, RESULTS, START

_BLOCK_BYTES = 1 << 18
#: A line of at most this is tried as a whole first, which is fastest.
_LINE_BYTES = 4 << 20
_BLANK = re.compile(rb"[ \t\r\n]+")
_QUOTE = ord('"')
_CLOSES = {ord("{"): ord("}"), ord("["): ord("]")}


@dataclass(frozen=True)
class Record:
    """A JSON value that stands where a record does: parsed, or why it cannot be."""

    place: str
    value: Any = None
    fault: str | None = None


def records(stream: ByteStream, report: FileReport) -> Iterator[Record]:
    """Give the records of a file. What cannot be read is refused in the report, in words."""
    reader = _Reader(report)
    try:
        for block in blocks(stream, _BLOCK_BYTES):
            yield from reader.feed(block)
    except READ_ERRORS as error:
        yield from reader.read()
        report.refuse_rest(reader.place(), error)
        return
    yield from reader.end()


class _FaultError(Exception):
    """The structure is broken here, in words."""


class _Reader:
    """Takes blocks of bytes and gives the records that became whole."""

    def __init__(self, report: FileReport) -> None:
        self._report = report
        self._buffer = bytearray()
        #: Up to where the buffer was looked at: behind a bracket, or at the start of a line.
        self._position = 0
        #: The line of that position, and of the document or record that began last.
        self._line = 1
        self._first_line = 1
        #: Open brackets, outermost first.
        self._open = bytearray()
        #: How many of them are around a record: none, a list's, or a page's and its results'.
        self._around = 0
        #: Where the record that is open begins in the buffer.
        self._start: int | None = None
        #: Whether a page's results are over and the rest of the page is passed over.
        self._is_tail = False
        #: Whether all up to the next line that begins a document is passed over.
        self._is_lost = False
        self._is_last = False
        self._name = ""
        self._documents = 0
        self._index = 0

    def feed(self, block: bytes) -> Iterator[Record]:
        """Take a block; give the records that are whole."""
        self._buffer += block
        yield from self.read()
        kept_from = self._position if self._start is None else self._start
        del self._buffer[:kept_from]
        self._position -= kept_from
        if self._start is not None:
            self._start = 0

    def end(self) -> Iterator[Record]:
        """Give the last records, and refuse what breaks off at the end."""
        self._is_last = True
        yield from self.read()
        while not self._is_lost and (self._open or self._buffer[self._position :].strip(b", \t\r\n")):
            if self._around or self._is_tail:
                self._report.refuse_rest(self.place(), EOFError("the document does not end"))
                return
            self._lose("not valid JSON (it breaks off)")
            yield from self.read()

    def place(self) -> str:
        """Where the reader is: the line of a record of its own, or the place in a page or list."""
        if not self._around:
            return f"line {self._first_line if self._open else self._line}"
        page = f"page {self._documents}, " if self._documents > 1 else ""
        return f"{page}{self._name}[{self._index}]"

    def read(self) -> Iterator[Record]:
        """Give the records that are whole in the buffer."""
        while self._find_start() if self._is_lost else True:
            result = None if self._open else self._whole_line()
            if result is None:
                try:
                    result = self._step()
                except _FaultError as fault:
                    self._lose(str(fault))
                    continue
            if result is None:
                return
            yield from result

    def _whole_line(self) -> list[Record] | None:
        """The records of the line that begins here, where it is whole and one document."""
        blank = _BLANK.match(self._buffer, self._position)
        if blank is not None:
            self._line += blank[0].count(b"\n")
            self._position = blank.end()
        end = self._buffer.find(b"\n", self._position)
        if end < 0:
            end = len(self._buffer) if self._is_last else self._position
        if not 0 < end - self._position <= _LINE_BYTES:
            return None
        try:
            document = orjson.loads(memoryview(self._buffer)[self._position : end])
        except orjson.JSONDecodeError:
            return None
        result = self._records_of(document)
        self._position = end
        return result

    def _records_of(self, document: Any) -> list[Record]:
        self._first_line = self._line
        if isinstance(document, list):
            self._enter("", 1)
            values = document
        elif isinstance(document, dict) and isinstance(document.get("results"), list):
            self._enter("results", 2)
            values = document["results"]
        else:
            return [self._given(document)]
        result = [self._given(value) for value in values]
        self._around = 0
        return result

    def _given(self, value: Any, fault: str | None = None) -> Record:
        """A record at the present place; the place moves on."""
        self._report.read += 1
        record = Record(self.place(), value, fault)
        self._index += 1
        return record

    def _enter(self, name: str, around: int) -> None:
        """A list or a page begins, whose records have so many brackets around them."""
        self._name, self._around, self._index = name, around, 0
        self._documents += 1

    def _step(self) -> list[Record] | None:
        """Go behind the next bracket and give the records that end there; None if the buffer ends first."""
        match = GAP.match(self._buffer, self._position)
        end = match.end() if match else self._position
        if end == len(self._buffer) or self._buffer[end] == _QUOTE:
            if end < len(self._buffer) and (self._is_last or self._buffer.find(b"\n", end) >= 0):
                raise _FaultError("not valid JSON (a string without an end)")
            self._check_size(len(self._buffer))
            return None
        gap = bytes(self._buffer[self._position : end])
        bracket = self._buffer[end]
        result = self._opened(bracket, gap, end) if bracket in _CLOSES else self._closed(bracket, gap, end)
        self._position = end + 1
        self._line += gap.count(b"\n")
        return result

    def _check_size(self, end: int) -> None:
        if end - (self._position if self._start is None else self._start) > MOST_BYTES:
            raise _FaultError(too_long("a record"))

    def _opened(self, bracket: int, gap: bytes, start: int) -> list[Record]:
        level = len(self._open)
        result: list[Record] = []
        if level == 0:
            self._begin_document(bracket, gap, start)
        elif self._around and level == self._around and self._start is None and not self._is_tail:
            result = self._between(gap)
            self._start = start
        else:
            self._check_before(gap)
            if level == 1 and not self._around and bracket == ord("[") and RESULTS.search(gap):
                self._enter("results", 2)
                self._start = None
        self._open.append(bracket)
        if len(self._open) > MOST_LEVELS:
            raise _FaultError(f"nested deeper than {MOST_LEVELS} levels")
        return result

    def _begin_document(self, bracket: int, gap: bytes, start: int) -> None:
        if gap.strip(b", \t\r\n"):
            raise _FaultError("not valid JSON (text that is no document)")
        self._first_line = self._line + gap.count(b"\n")
        self._around, self._is_tail, self._start = 0, False, start
        if bracket == ord("["):
            self._enter("", 1)
            self._start = None

    def _check_before(self, gap: bytes) -> None:
        """A bracket opens within a record: of an object's value or a list's, or a line was cut off before."""
        before = gap.rstrip()[-1:]
        is_value = before == b":" if self._open[-1] == ord("{") else before in (b"", b",")
        if not is_value:
            raise _FaultError("not valid JSON (a value where none belongs)")

    def _closed(self, bracket: int, gap: bytes, end: int) -> list[Record]:
        if not self._open or _CLOSES[self._open[-1]] != bracket:
            raise _FaultError("not valid JSON (a bracket that closes nothing)")
        result: list[Record] = []
        self._open.pop()
        level = len(self._open)
        if self._start is not None and level == self._around:
            self._check_size(end + 1)
            result = [self._parsed(bytes(self._buffer[self._start : end + 1]))]
            self._start = None
        elif self._start is None and level == self._around - 1 and not self._is_tail:
            result = self._between(gap)
            self._is_tail = True
        if level == 0:
            self._around, self._is_tail = 0, False
        return result

    def _between(self, gap: bytes) -> list[Record]:
        """What is in a list beside objects and lists: given as it is, for each is refused by its place."""
        text = gap.strip(b", \t\r\n")
        if not text:
            return []
        try:
            return [self._given(value) for value in orjson.loads(b"[" + text + b"]")]
        except orjson.JSONDecodeError:
            raise _FaultError("not valid JSON (text between two records)") from None

    def _parsed(self, text: bytes) -> Record:
        try:
            return self._given(orjson.loads(text))
        except orjson.JSONDecodeError as error:
            fault = f"not valid JSON ({error})"
        try:
            # Python and R write NaN for a missing number, which is not JSON.
            return self._given(json.loads(text, parse_constant=lambda _: None))
        except ValueError:
            return self._given(None, fault)

    def _lose(self, fault: str) -> None:
        """Refuse what is broken, and look for the next line that begins a document."""
        self._report.read += 1
        is_within = self._around and not self._is_tail
        self._report.refuse(
            self.place(), f"{fault}; the rest of this page or list is lost" if is_within else fault
        )
        if self._start is not None and not self._around:
            # The record may be a line that was cut off, and have swallowed the lines after it.
            self._position, self._line = self._start, self._first_line
        self._open.clear()
        self._around, self._is_tail, self._start, self._is_lost = 0, False, None, True

    def _find_start(self) -> bool:
        """Go to the next line that begins with a bracket; False if there is none in the buffer."""
        match = START.search(self._buffer, self._position)
        # The last byte may be the line end before it.
        end = match.end() if match else max(len(self._buffer) - 1, self._position)
        self._line += self._buffer.count(b"\n", self._position, end)
        self._position = end
        self._is_lost = match is None
        return match is not None
