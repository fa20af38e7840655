"""Darwin Core archives as files: what meta.xml says of their tables, and the tables' rows.

The standard is https://dwc.tdwg.org/text/: meta.xml names a core table and extensions, how each is written,
and which term each column holds. An archive is a zip or an unpacked folder.
"""

import csv
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast
from xml.etree import ElementTree

from exporter.sources.csv_lines import values_of
from exporter.sources.files import READ_ERRORS, ByteStream, FileReport, lines_of, wrong_width
from exporter.sources.kinds import META
from exporter.sources.values import is_missing

OCCURRENCE, MULTIMEDIA, TAXON, VERNACULAR_NAME = "Occurrence", "Multimedia", "Taxon", "VernacularName"
#: A meta.xml has a few hundred columns at most.
_MOST_META_BYTES = 1 << 20
_COMPANIONS = ("eml.xml", "metadata.xml", "citations.txt", "rights.txt")
_NAMESPACE = "{http://rs.tdwg.org/dwc/text/}"
_ESCAPES = {r"\t": "\t", r"\n": "\n", r"\r\n": "\r\n", r"\r": "\r", "&quot;": '"'}

#: Values by the last part of their term's name; what is blank, or stands for a missing value, is left out.
Record = dict[str, str]


@dataclass(frozen=True)
class Table:
    """A table of an archive, as meta.xml describes it."""

    #: The last part of its row type's name.
    row_type: str
    location: str
    encoding: str
    delimiter: str
    quote: str
    header_lines: int
    #: The column of the id that core and extensions share.
    id_column: int
    #: Terms by column, and the values of those that every row has.
    columns: Mapping[int, str]
    constants: Record


@dataclass(frozen=True)
class Archive:
    """An archive: its tables, and how to open them."""

    core: Table
    extensions: tuple[Table, ...]
    path: Path

    @contextmanager
    def open(self, location: str) -> Iterator[ByteStream]:
        """Open a file of the archive by the name that meta.xml gives it."""
        with ExitStack() as opened:
            if self.path.name == META:
                yield opened.enter_context((self.path.parent / location).open("rb"))
            else:
                whole = opened.enter_context(zipfile.ZipFile(self.path))
                yield cast(zipfile.ZipExtFile, opened.enter_context(whole.open(location)))


def read_archive(path: Path) -> Archive:
    """Read the meta.xml of an archive, given by it or by the zip. ValueError if it is none."""
    document = _meta(path)
    if b"<!DOCTYPE" in document:
        raise ValueError("meta.xml has a DOCTYPE, which no archive needs")
    try:
        root = ElementTree.fromstring(document)  # noqa: S314  without a DOCTYPE there are no entities
    except ElementTree.ParseError as error:
        raise ValueError(f"meta.xml is not XML ({error})") from None
    core = root.find(f"{_NAMESPACE}core")
    if core is None:
        raise ValueError("meta.xml names no core table")
    extensions = root.findall(f"{_NAMESPACE}extension")
    tables = [table for each in extensions for table in _tables(each, "coreid")]
    return Archive(_tables(core, "id")[0], tuple(tables), path)


def parts_of(meta: Path) -> set[Path]:
    """What an unpacked archive consists of besides its meta.xml: none of it is loaded by itself.

    Its tables, and the files about it that iNaturalist and GBIF put there. Of a meta.xml that cannot be read,
    whatever lies beside it: nobody knows which files are its tables until it is mended.
    """
    folder = meta.parent
    try:
        archive = read_archive(meta)
    except ValueError:
        return set(folder.iterdir()) - {meta}
    tables = {folder / table.location for table in (archive.core, *archive.extensions)}
    return tables | {folder / name for name in _COMPANIONS} | set((folder / "dataset").glob("*.xml"))


def rows_of(archive: Archive, table: Table, report: FileReport) -> Iterator[tuple[str, str, Record]]:
    """Give the rows of a table: their place ("occurrence.txt, line 3"), the id that tables share, the values.

    What cannot be read as a row is refused.
    """
    selected = max(table.columns, default=0) + 1
    try:
        with archive.open(table.location) as stream:
            for place, values in _values(stream, table, report):
                report.read += 1
                if len(values) < selected or len(values) <= table.id_column:
                    report.refuse(place, *wrong_width(len(values), selected))
                    continue
                row = {term: values[column].strip() for column, term in table.columns.items()}
                recorded = {term: value for term, value in row.items() if not is_missing(value)}
                yield place, values[table.id_column].strip(), {**table.constants, **recorded}
    except (*READ_ERRORS, zipfile.BadZipFile, KeyError) as error:
        report.refuse_rest(table.location, error)


def _values(stream: ByteStream, table: Table, report: FileReport) -> Iterator[tuple[str, list[str]]]:
    lines = (line.decode(table.encoding, "surrogateescape") for _, line in lines_of(stream, report))
    if table.quote:
        reader = csv.reader(lines, delimiter=table.delimiter, quotechar=table.quote, strict=True)
    else:
        reader = csv.reader(lines, delimiter=table.delimiter, quoting=csv.QUOTE_NONE, strict=True)
    for place, values in values_of(reader, report, f"{table.location}, "):
        if reader.line_num > table.header_lines:
            yield place, values


def _meta(path: Path) -> bytes:
    if path.name == META:
        document = path.read_bytes()[: _MOST_META_BYTES + 1]
    else:
        try:
            with zipfile.ZipFile(path) as whole, whole.open(META) as stream:
                document = stream.read(_MOST_META_BYTES + 1)
        except KeyError:
            raise ValueError("a zip archive without meta.xml; unpack it and load what is in it") from None
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise ValueError(f"a zip archive that cannot be read ({error}); fetch it again") from None
    if len(document) > _MOST_META_BYTES:
        raise ValueError("meta.xml has more than 1 MiB")
    return document


def _tables(element: ElementTree.Element, id_name: str) -> list[Table]:
    """What an element describes: a table for each of its files, one at least."""
    locations = element.findall(f"{_NAMESPACE}files/{_NAMESPACE}location")
    return [_table(element, id_name, (each.text or "").strip()) for each in locations] or [
        _table(element, id_name, "")
    ]


def _table(element: ElementTree.Element, id_name: str, location: str) -> Table:
    if not location or location.startswith("/") or ".." in Path(location).parts:
        raise ValueError(f"meta.xml names no file of its own ({location!r})")
    shared = element.find(f"{_NAMESPACE}{id_name}")
    columns: dict[int, str] = {}
    constants: Record = {}
    for field in element.findall(f"{_NAMESPACE}field"):
        term = _last_part(field.get("term", ""))
        if (index := field.get("index")) is not None:
            columns[_number(index)] = term
        elif default := field.get("default", ""):
            constants[term] = default
    delimiter = _unescaped(element.get("fieldsTerminatedBy", ","))
    quote = _unescaped(element.get("fieldsEnclosedBy", '"'))
    if len(delimiter) != 1 or len(quote) > 1:
        raise ValueError("meta.xml separates or encloses values by more than one character")
    return Table(
        row_type=_last_part(element.get("rowType", "")),
        location=location,
        encoding=_encoding(element.get("encoding", "UTF-8")),
        delimiter=delimiter,
        quote=quote,
        header_lines=_number(element.get("ignoreHeaderLines", "0")),
        id_column=_number("0" if shared is None else shared.get("index", "0")),
        columns=columns,
        constants=constants,
    )


def _last_part(name: str) -> str:
    return name.rpartition("/")[2].rpartition("#")[2]


def _unescaped(written: str) -> str:
    return _ESCAPES.get(written, written)


def _number(written: str) -> int:
    if not written.isdecimal() or len(written) > 6:
        raise ValueError(f"meta.xml has {written[:20]!r} where a small number belongs")
    return int(written)


def _encoding(name: str) -> str:
    if name.lower() not in ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"):
        raise ValueError(f"meta.xml names the encoding {name[:20]!r}; write the tables in UTF-8")
    return "utf-8" if name.lower() in ("utf-8", "utf8") else name
