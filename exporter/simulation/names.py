"""The world's common names in Spanish, as a file of iNaturalist's taxonomy archive."""

import csv
from pathlib import Path

from exporter.sources.common_names import SIMULATED

_TABLE = Path(__file__).with_name("spanish_names.csv")
_HEADER = (
    "id", "vernacularName", "language", "locality", "countryCode", "source", "lexicon", "contributor",
    "created",
)  # fmt: skip
#: The names are real, and made by nobody at any time.
_CREATED = "2020-01-01T00:00:00Z"


def write_names(folder: Path) -> None:
    """Write the file into a folder; loaded, it marks the lake as simulated."""
    with (
        _TABLE.open(encoding="utf-8", newline="") as table,
        (folder / "VernacularNames-spanish.csv").open("w", encoding="utf-8", newline="") as file,
    ):
        lines = csv.writer(file, lineterminator="\n")
        lines.writerow(_HEADER)
        for row in csv.DictReader(table):
            lines.writerow((row["taxon_id"], row["name"], "es", "", "", SIMULATED, "Spanish", "", _CREATED))
