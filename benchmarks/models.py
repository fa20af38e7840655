"""Pages of model versions at size: two versions of 100,000 classes, on the database that is configured.

`DATABASE_URL=postgresql://... python -m benchmarks.models` makes a scratch database and drops it afterwards.
The tree and the results are made up: four species a genus, eight genera a family, and so on.
"""

import argparse
import os
import time
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa

from benchmarks.portal_pages import HEAD, print_page

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
os.environ.setdefault("LEAFLINE_DEBUG", "1")

CLASSES = 100_000
#: Rank, rank level and how many children a taxon of the rank above has.
RANKS = (
    ("kingdom", 70.0, 5),
    ("phylum", 60.0, 4),
    ("class", 50.0, 4),
    ("order", 40.0, 10),
    ("family", 30.0, 8),
    ("genus", 20.0, 4),
    ("species", 10.0, 4),
)
#: Classes that a class is confused with.
CONFUSED_WITH = 6
#: Of the classes, those that each version lacks.
LACKED = 0.03


def main() -> None:
    """Make the database, measure, and drop it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--classes", type=int, default=CLASSES)
    options = parser.parse_args()

    import django

    django.setup()
    from django.db import connection

    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        measure(options.classes)
    finally:
        connection.creation.destroy_test_db(connection.settings_dict["NAME"], verbosity=0)


def make_tree(count: int) -> list[int]:
    """Put a tree into the database; gives the ids of ``count`` species."""
    from portal import bulk

    rows = [(1, None, "", "Life", "stateofmatter", 100.0, None)]
    parents = [rows[0]]
    for rank, level, children in RANKS:
        made = []
        for parent in parents:
            for _ in range(children):
                if len(made) == count:
                    break
                number = len(rows) + 1
                ancestry = f"{parent[2]}/{parent[0]}".lstrip("/")
                iconic = number if level == 50.0 and len(made) < 12 else parent[6]
                made.append((number, parent[0], ancestry, f"Taxon {number}", rank, level, iconic))
                rows.append(made[-1])
        parents = made
    names = ("id", "parent_id", "ancestry", "name", "rank", "rank_level", "iconic_taxon_id")
    table = pa.table(dict(zip(names, map(pa.array, zip(*rows, strict=True)), strict=True)))
    for name, value in {"common_name": "", "is_active": True, "is_extinct": False}.items():
        table = table.append_column(name, pa.array([value] * table.num_rows))
    bulk.copy("taxa_taxon", table.column_names, table.to_batches(max_chunksize=50_000))
    return [row[0] for row in parents]


def results(ids: np.ndarray, seed: int) -> Any:
    """Made-up results of a run on these classes."""
    from portal.training.document import Results

    rng = np.random.default_rng(seed)
    skill = 1 / (1 + np.exp(-np.random.default_rng(0).normal(2, 1, ids.max() + 1)[ids]))
    skill = np.clip(skill + rng.normal(0, 0.05, len(ids)), 0, 1)
    images = rng.integers(25, 101, len(ids))
    right = rng.binomial(images, skill)
    taxa = pa.table(
        {
            "taxon_id": ids,
            "images": images,
            "top1": right / images,
            "top5": (right + images) / 2 / images,
            "mean_true_probability": right / images,
        }
    )
    places = np.arange(len(ids))
    steps = np.arange(1, CONFUSED_WITH + 1)
    confusions = pa.table(
        {
            "true_taxon_id": np.tile(ids, CONFUSED_WITH),
            "predicted_taxon_id": np.concatenate([ids[(places + step) % len(ids)] for step in steps]),
            "count": np.ceil(rng.lognormal(0, 1, len(ids) * CONFUSED_WITH)).astype(np.int64),
        }
    )
    issues = {name: [] for name in ("photo_id", "observation_id", "label_taxon_id", "suggested_taxon_id")}
    empty = pa.table({name: pa.array(rows, pa.int64()) for name, rows in issues.items()})
    tables = {
        "taxa": taxa,
        "confusions": confusions,
        "label_issues": empty.append_column("score", pa.array([], pa.float64())),
    }
    return Results({"config": {}}, {"expected_calibration_error": 0.02}, tables, f"{seed:064}")


def measure(count: int) -> None:
    """Print what handing in, comparing and each page take."""
    from django.db import connection
    from django.test import Client

    from portal.accounts.models import Scope
    from portal.accounts.services import make_token
    from portal.training import services
    from portal.training.models import Run
    from portal.versions import services as versions
    from portal.versions.models import CladeStanding

    ids = np.array(make_tree(count))
    token, _ = make_token("a benchmark", Scope.TRAINER)
    rng = np.random.default_rng(5)
    for number in (1, 2):
        run, _ = services.create_run(token.pk, f"run {number}", "digest", {}, is_simulated=True)
        result = results(ids[rng.random(len(ids)) > LACKED], number)
        start = time.perf_counter()
        services.take_results(run, result)
        print(f"{result.tables['taxa'].num_rows:,} classes taken: {time.perf_counter() - start:.1f} s")
        versions.make_version(Run.objects.get(pk=run.pk), f"v{number}", datetime(2026, number, 1, tzinfo=UTC))
        start = time.perf_counter()
        versions.compare_versions()
        print(f"version {number} counted: {time.perf_counter() - start:.1f} s", flush=True)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    genus = (
        CladeStanding.objects.filter(rank_level=20.0)
        .order_by("-stayed")
        .values_list("taxon_id", flat=True)[0]
    )
    clade = (
        CladeStanding.objects.filter(rank_level=70.0)
        .order_by("-classes")
        .values_list("taxon_id", flat=True)[0]
    )
    client = Client(headers={"host": "127.0.0.1"})
    print(HEAD)
    for address in (
        "/models/",
        "/models/v2/",
        "/models/v1/",
        f"/models/v2/?clade={clade}",
        "/models/v2/classes/",
        "/models/v2/classes/?show=gained",
        f"/models/v2/classes/?show=least&clade={clade}",
        "/models/v2/classes/?page=1900",
        f"/models/v2/genera/{genus}/",
        f"/taxa/{ids[500]}/",
    ):
        print_page(client, address)


if __name__ == "__main__":
    main()
