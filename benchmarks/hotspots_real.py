"""Which labels did people change later? Real snapshots of one place at several dates (not in the repository).

python -m benchmarks.hotspots_real FIRST.csv.gz LATER.csv.gz

The first file is loaded and searched; an observation of it counts as changed if the later file shows it under
another taxon (refined, renamed or moved). CSV exports have no identifications, so what the other methods
count (similar species, disagreements, votes, Dawid and Skene) is the same for every observation: their area
under the curve is 0.5 and their precision at 100 the base rate.
"""

import argparse
import csv
import gzip
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.stats import rankdata

from exporter.criteria import INAT_2022
from exporter.hotspots.assembly import gather
from exporter.hotspots.judging import read
from exporter.hotspots.records import Records
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.sources.taxon_facts import LIFE_ID

#: Every taxon a class: the place is too small for the real line.
ALL = replace(INAT_2022, name="all", train_min=0, val_min=0, test_min=0)

#: Ids of genera of which only the name is known start here.
MADE_UP = 1_000_000_000


def main() -> None:
    """Print the area under the curve and the precision at 100."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path)
    parser.add_argument("later", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ids, suspicion = search(options.first, Path(folder))
    before, after = labels(options.first), labels(options.later)
    kept = np.array([number in after and number in before for number in ids.tolist()])
    changed = np.array([before[number] != after[number] for number in ids[kept].tolist()])
    first = np.argsort(-suspicion[kept], kind="stable")[:100]
    print(
        f"{len(changed):,} observations, {changed.sum()} changed ({changed.mean():.2%}): area under the curve"
        f" {area(suspicion[kept], changed):.2f}, precision at 100 {changed[first].mean():.1%}"
    )


def search(path: Path, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Ids and suspicions of the observations in a file."""
    lake = Lake(folder / "lake")
    ingest(lake, [path, write_taxonomy(path, folder / "taxonomy.csv")], strict=False)
    with lake.connect() as con:
        records = Records(con, None)
        drawable, assessment = records.drawable(ALL)
        taxonomy = records.taxonomy(assessment.tree)
        exported = gather(drawable, records.observed, taxonomy, read(records, taxonomy))
    return exported.observation_ids, exported.suspicion


def write_taxonomy(path: Path, target: Path) -> Path:
    """Write a tree for a file that has only ids and names: names of two words under a genus of the first.

    Life is left out: as a genus it would be the root, below itself, and a class of its own above all others.
    """
    with gzip.open(path, "rt", newline="") as stream:
        names = {
            int(row["taxon_id"]): row["scientific_name"]
            for row in csv.DictReader(stream)
            if row["taxon_id"] and int(row["taxon_id"]) != LIFE_ID
        }
    genera = {
        name: MADE_UP + place
        for place, name in enumerate(sorted({name.split()[0] for name in names.values()}))
    }
    with target.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["parent_taxon_id", "taxon_id", "rank_level", "leaf_class_id", "name"])
        writer.writerows([LIFE_ID, number, 20, "", name] for name, number in genera.items())
        for number, name in names.items():
            level = 10 if " " in name else 20
            writer.writerow([genera[name.split()[0]] if level == 10 else LIFE_ID, number, level, "", name])
    return target


def labels(path: Path) -> dict[int, str]:
    """The taxon of each observation in a CSV export."""
    with gzip.open(path, "rt", newline="") as stream:
        return {int(row["id"]): row["taxon_id"] for row in csv.DictReader(stream)}


def area(score: np.ndarray, is_hit: np.ndarray) -> float:
    """Area under the curve: how often a hit scores above another, ties counting half."""
    ranks, hits = rankdata(score), is_hit.sum()
    return float((ranks[is_hit].sum() - hits * (hits + 1) / 2) / (hits * (len(is_hit) - hits)))


if __name__ == "__main__":
    main()
