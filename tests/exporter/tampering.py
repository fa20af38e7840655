"""A snapshot taken apart, to be changed and put together again as one who hides the change would."""

import csv
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from exporter.criteria import criteria_from
from exporter.distribution import photos_per_class
from exporter.manifest import digest
from exporter.selection import SETS
from exporter.snapshot_files import PHOTOS, SET_COLUMNS
from tests.exporter.world import Row

TABLES = ("taxonomy.csv", "iconic_taxa.csv", "spatial_data.csv")


class Parts:
    """The rows of a snapshot's files, each as a dict; those of the CSV files hold texts."""

    def __init__(self, folder: Path) -> None:
        self.photos: list[Row] = pq.read_table(folder / "photos.parquet").to_pylist()
        self.tables: dict[str, list[Row]] = {}
        for name in TABLES:
            with (folder / name).open(newline="") as stream:
                self.tables[name] = list(csv.DictReader(stream))
        self.manifest: dict[str, Any] = json.loads((folder / "manifest.json").read_text())

    def write(self, folder: Path) -> None:
        """Write the rows as they are, with counts and digests that fit them."""
        folder.mkdir()
        with pq.ParquetWriter(folder / "photos.parquet", PHOTOS, compression="zstd") as file:
            file.write_table(pa.Table.from_pylist(self.photos, PHOTOS))
        for name in SETS:
            rows = [row for row in self.photos if row["set"] == name]
            _write_csv(folder / f"{name}_data.csv", SET_COLUMNS, rows)
        for name, rows in self.tables.items():
            _write_csv(folder / name, list(rows[0]), rows)
        self.recount()
        self.write_manifest(folder)

    def recount(self) -> None:
        """Count the photos of sets and classes anew."""
        counts = self.manifest["counts"]
        for name in SETS:
            observations = [row["observation_id"] for row in self.photos if row["set"] == name]
            counts[name] = {"photos": len(observations), "observations": len(set(observations))}
        held = Counter((row["leaf_class_id"], row["set"]) for row in self.photos)
        for row in counts["classes"]:
            row.update({name: held[row["leaf_class_id"], name] for name in SETS})
        self.manifest["distribution"]["photos_per_class"] = photos_per_class(
            criteria_from(self.manifest["criteria"]), counts["classes"]
        )

    def write_manifest(self, folder: Path) -> None:
        """Write the manifest with the digests of the files that are there."""
        rows = {name: len(table) for name, table in self.tables.items()}
        rows |= {f"{name}_data.csv": self.manifest["counts"][name]["photos"] for name in SETS}
        for name in self.manifest["files"]:
            path = folder / name
            number = rows.get(name, len(self.photos))
            entry = {"sha256": digest(path), "bytes": path.stat().st_size, "rows": number}
            self.manifest["files"][name] = entry
        text = json.dumps(self.manifest, indent=2, sort_keys=True, ensure_ascii=False)
        (folder / "manifest.json").write_text(f"{text}\n")


def _write_csv(path: Path, columns: list[str], rows: list[Row]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    path.write_text(text.getvalue())
