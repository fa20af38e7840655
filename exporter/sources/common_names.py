"""Common names in any language: the files beside `taxa.csv` in iNaturalist's taxonomy archive.

https://www.inaturalist.org/taxa/inaturalist-taxonomy.dwca.zip has a file for each lexicon, which is
iNaturalist's word for a language: `VernacularNames-spanish.csv`. They are written by
`lib/darwin_core/extensions/vernacular_names.rb` of inaturalist/inaturalist: a header `id, vernacularName,
language, locality, countryCode, source, lexicon, contributor, created`, and several names a taxon, the oldest
first. `id` is the taxon's; `language` a locale, `und` where iNaturalist has none for the lexicon; `locality`
the places that use the name, empty where no place is named. Only names of active taxa are in it. Contributors
are people, and are not read.
"""

import re
from collections.abc import Iterable
from typing import Any

import pyarrow as pa

from exporter.schema import TIMESTAMP
from exporter.sources.archives import VERNACULAR_NAME, Archive, Record, rows_of
from exporter.sources.fields import BadValueError, Fields, Row
from exporter.sources.files import FileReport
from exporter.sources.filling import Filling, filled_table
from exporter.sources.values import identifier, instant, text
from exporter.staging import Staging

SOURCE = "taxonomy"
#: A language that nobody has named, in BCP 47.
UNDETERMINED = "und"
#: The ``source`` of names that a simulated world has.
SIMULATED = "simulated"
#: The longest name that iNaturalist takes.
LONGEST_NAME = 256

_LOCALE = re.compile(r"[a-z]{2,8}([-_][a-z0-9]{1,8}){0,3}", re.IGNORECASE)
_TABLE = "read_common_names"
_READ = pa.schema(
    [
        ("taxon_id", pa.int64()),
        ("lexicon", pa.string()),
        ("language", pa.string()),
        ("name", pa.string()),
        ("is_local", pa.bool_()),
        ("position", pa.int32()),
        ("created_at", TIMESTAMP),
    ]
)


def read(rows: Iterable[tuple[str, Record]], staging: Staging, report: FileReport) -> None:
    """Stage the names of one file, given as rows with their places."""
    with filled_table(staging, _TABLE, _READ) as filling:
        for position, (place, record) in enumerate(rows, 1):
            _take(place, record, position, filling, report)
            staging.is_simulated |= record.get("source") == SIMULATED
    number = staging.copy(
        "common_names", SOURCE, f"SELECT *, max(created_at) OVER () AS updated_at FROM {_TABLE}"
    )
    if number:
        report.count_rows("common_names", number)
    staging.con.execute(f"DROP TABLE {_TABLE}")


def read_archive(archive: Archive, staging: Staging, report: FileReport) -> None:
    """Stage the names of a taxonomy archive; the tree in it is not read. ValueError if it has no names."""
    tables = [table for table in archive.extensions if table.row_type == VERNACULAR_NAME]
    if not tables:
        raise ValueError("an archive of 'Taxon' without common names, which are all that is read of one")
    for table in tables:
        rows = rows_of(archive, table, report)
        read(((place, {**record, "id": core_id}) for place, core_id, record in rows), staging, report)


def _take(place: str, record: Record, position: int, filling: Filling, report: FileReport) -> None:
    fields = Fields(record)
    try:
        taxon_id = fields.require(("id",), identifier)
        name = fields.require(("vernacularName",), _name)
    except BadValueError as fault:
        report.refuse(place, fault)
        return
    if taxon_id is None or name is None:
        report.refuse(place, "no taxon id" if taxon_id is None else "no name")
        return
    row: Row = {"taxon_id": taxon_id, "name": name, "position": position, "is_local": "locality" in record}
    row["language"] = fields.get(("language",), locale) or UNDETERMINED
    row["lexicon"] = fields.get(("lexicon",), text) or ""
    fields.take(row, "created_at", ("created",), instant)
    filling.add(row)
    for left_out in fields.faults:
        report.leave_out(place, left_out)


def _name(value: Any) -> str:
    name = text(value)
    if len(name) > LONGEST_NAME:
        raise ValueError(f"longer than the {LONGEST_NAME} characters that iNaturalist takes")
    return name


def locale(value: object) -> str:
    """Read a locale, and write it as usual: `es`, `es-MX`, `zh-Hant`. ValueError if it is none."""
    written = str(value)
    if _LOCALE.fullmatch(written) is None:
        raise ValueError("not a locale, as es or es-MX")
    language, *others = written.lower().replace("_", "-").split("-")
    kinds = {2: str.upper, 4: str.title}
    return "-".join([language, *(kinds.get(len(part), str)(part) for part in others)])
