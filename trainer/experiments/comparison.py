"""`trainer.experiments.split_models` on a run's features, with a report to read."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from trainer.config import NAME as CONFIG_NAME
from trainer.config import load_config
from trainer.errors import DataError
from trainer.experiments import split_models
from trainer.experiments.pool import read_pool
from trainer.files import write_summary, write_text
from trainer.page import environment
from trainer.runs import open_run
from trainer.snapshot import Ints, Snapshot

NAME, PAGE_NAME = "comparison.json", "comparison.html"


def compare(
    run_folder: Path,
    rank: tuple[str, float | None],
    draws: int,
    seeds: int,
    changes: tuple[str, ...],
    out: Path,
    say: Callable[[str], None] = print,
) -> dict[str, Any]:
    """Write ``comparison.json`` and ``comparison.html`` into a folder; return the former.

    ``rank``: its name and level; without one, iconic taxa. ``changes``: of the run's config, as ``--set`` has
    them. DataError if the rank does not split the classes into clades of which one has two or more.
    """
    run = open_run(run_folder)
    config = load_config(run.folder / CONFIG_NAME, changes)
    taxon_ids = _clades(run.snapshot, rank)
    clades, groups = np.unique(taxon_ids, return_inverse=True)
    pool = read_pool(run, say)
    summary = split_models.measure(
        pool, groups, config, run.folder / split_models.FOLDER, range(1, draws + 1), seeds, say
    )
    names = {taxon.taxon_id: taxon.name for taxon in run.snapshot.taxa.values()}
    sizes = np.bincount(groups)
    for row, taxon_id, size in zip(summary["groups"], clades.tolist(), sizes.tolist(), strict=True):
        row |= {"taxon_id": taxon_id, "name": names.get(taxon_id, ""), "classes": size}
    changed = "".join(f" --set {change}" for change in changes)
    document = {
        "command": f"python -m trainer compare --run RUN --rank {rank[0]} --draws {draws} --seeds {seeds}"
        f"{changed} --out DIR",
        "made_on": datetime.now(UTC).date().isoformat(),
        "network": config.network.name,
        "snapshot_digest": run.snapshot.digest,
        "is_simulated": run.snapshot.is_simulated,
        "rank": rank[0],
        **summary,
    }
    out.mkdir(parents=True, exist_ok=True)
    write_summary(out / NAME, document)
    write_text(out / PAGE_NAME, environment().get_template(PAGE_NAME).render(document=document))
    say(f"compare: {out / PAGE_NAME}")
    return document


def _clades(snapshot: Snapshot, rank: tuple[str, float | None]) -> Ints:
    """The taxon of each class's clade. DataError if they are no split."""
    name, level = rank
    if level is None:
        result = np.array(
            [snapshot.taxa[taxon_id].iconic_taxon_id for taxon_id in snapshot.class_taxon_ids.tolist()]
        )
    else:
        result = snapshot.groups_at(level)
    sizes = np.unique(result, return_counts=True)[1]
    if len(sizes) < 2 or sizes.max() < 2:
        reason = "all classes are in one" if len(sizes) < 2 else "each class is one by itself"
        raise DataError(f"{snapshot.folder}: no split by {name}: {reason}; give another --rank")
    return result
