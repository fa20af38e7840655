"""What a refresh reads: from the lake, through the exporter's public functions; and what a model doubts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
from django.conf import settings
from django.utils import timezone

from exporter.clades import partly_loaded, summed_up
from exporter.columns import Bools, integers
from exporter.common_names import count_named, shown_sql
from exporter.criteria import PRESETS, Criteria
from exporter.errors import DataError
from exporter.hotspots import Findings, find, learned
from exporter.hotspots.involved import involved
from exporter.hotspots.records import Records
from exporter.lake import Lake, LakeVersion
from exporter.named_clades import clades_by_name_alone
from exporter.numbering import numbers
from exporter.photographs import photos
from exporter.present import assess_present
from exporter.readiness import Assessment, assess_then
from exporter.storage import Address
from exporter.tree import NONE, Ints, Tree, iconic_ids, load_tree
from portal.lake.requests import memory
from portal.loads.queries import parts_of_clades
from portal.taxa.names import COLUMNS
from portal.taxa.photos import DRAWING
from portal.taxa.queries import LOSING_WITHIN, NEAR_WITHIN
from portal.taxa.services import shown_numbers
from portal.training.models import Run
from portal.training.queries import contradicting_run, label_issues

_TAXA_AT_ONCE = 100_000
_TAXA = """
    SELECT taxon_id AS id, parent_id, placed.ancestry,
        replace(coalesce(taxa.name, 'taxon ' || taxon_id), chr(0), '') AS name,
        {names},
        replace(coalesce(rank, ''), chr(0), '') AS rank,
        rank_level,
        coalesce(is_active, true) AS is_active,
        coalesce(is_extinct, false) AS is_extinct,
        coalesce(iconic_taxon_id, iconic_id) AS iconic_taxon_id
    FROM placed LEFT JOIN taxa USING (taxon_id) {joins} WHERE taxon_id >= 0
"""
_PLACED = pa.schema(
    [
        ("taxon_id", pa.int64()),
        ("parent_id", pa.int64()),
        ("ancestry", pa.string()),
        ("iconic_id", pa.int64()),
    ]
)
_RANK_LEVELS = "SELECT taxon_id, rank_level FROM taxa"
#: Of each source how old its records are: when they last changed, else when they came or were seen.
_SOURCES = """
    SELECT source, count(*) AS observations, max(dated) AS newest, quantile_disc(dated, 0.5) AS median
    FROM (
        SELECT source, CASE WHEN dated <= $loaded_at THEN dated END AS dated
        FROM (
            SELECT source, coalesce(updated_at, created_at, CAST(observed_on AS TIMESTAMPTZ)) AS dated
            FROM observations
        )
    )
    GROUP BY source ORDER BY observations DESC, source
"""


@dataclass(frozen=True)
class Reading:
    """What one version of the lake says."""

    version: LakeVersion
    #: The newest change that the data contain, but for times after they were loaded, which are mistakes;
    #: where they have none, when they were loaded.
    data_as_of: datetime
    #: The largest first, as `portal.lake.models.Refresh` keeps them.
    sources: list[dict[str, Any]]
    #: By rule, with the columns of `portal.taxa.services.READINESS_COLUMNS`.
    readiness: dict[str, pa.Table]
    #: By rule; the hotspots with the numbers along a walk of the tree that readiness has. Without rows where
    #: the lake lacks the evidence: `Findings.missing` says what it lacks.
    hotspots: dict[str, Findings]
    #: By rule, who is involved in the observations on its worklist (`exporter.hotspots.involved`); of the
    #: present alone.
    involved: dict[str, pa.Table]
    #: The run whose label issues the hotspots know of; none for a past time.
    contradicting: Run | None
    #: Photos that pages may show, with the columns of `portal.taxa.services.photos.PHOTO_COLUMNS`; None for a
    #: past time. A simulated world has drawings: its photos' ids are those of other people's photos.
    photos: pa.Table | None
    #: Those of which the lake knows the name alone: see `exporter.named_clades.clades_by_name_alone`.
    named_clades: pa.Table
    #: How many taxa have a common name in each language that the portal speaks besides English.
    named: dict[str, int]
    #: Every taxon, with the columns of `portal.taxa.services.tree.TAXON_COLUMNS`, to be read once.
    taxa: Iterator[pa.RecordBatch]


@contextmanager
def read_lake(folder: Address, criteria: Sequence[str], as_of: datetime | None) -> Iterator[Reading]:
    """Read the lake's newest version; readiness and hotspots as they were at `as_of`, or as they are.

    Hotspots of the present know what the newest model contradicts. It knew nothing of a past time.

    DataError if the lake is empty, or its data end before the time asked for.
    """
    version = Lake(folder).latest()
    if version is None:
        raise DataError(f"{folder}: the lake is empty; load data with `python -m exporter ingest PATH`")
    lake = Lake(folder)
    with lake.connect(version) as connection:
        sources = connection.sql(_SOURCES, params={"loaded_at": version.created_at}).fetchall()
        data_as_of = max((newest for _, _, newest, _ in sources if newest), default=version.created_at)
        if as_of is not None and as_of > data_as_of:
            raise DataError(f"the data end at {data_as_of:%Y-%m-%d %H:%M} UTC: ask for a time before that")
        assessed = {name: _assess(lake, version, connection, PRESETS[name], as_of) for name in criteria}
        result = {name: assessment.rows for name, assessment in assessed.items()}
        contradicting = contradicting_run(version.is_simulated) if as_of is None else None
        issues = label_issues(contradicting) if contradicting else None
        records = Records(connection, as_of)
        hotspots = {
            name: _find(lake, records, PRESETS[name], issues, assessed[name]).worth_listing()
            for name in criteria
        }
        tree = _one_tree(connection, [assessment.tree for assessment in assessed.values()])
        number = numbers(tree, shown_numbers())
        parts, is_part = _parts(tree, parts_of_clades() if _has_api(sources) else [])
        rank_levels = connection.sql(_RANK_LEVELS).to_arrow_table()
        yield Reading(
            version=version,
            data_as_of=data_as_of,
            sources=[_source(version, parts, *row) for row in sources],
            readiness={
                name: summed_up(
                    tree,
                    rank_levels,
                    _with_parts(tree, is_part, _placed(tree, number, table)),
                    hotspots[name].hotspots,
                )
                for name, table in result.items()
            },
            hotspots={
                name: replace(findings, hotspots=_placed(tree, number, findings.hotspots))
                for name, findings in hotspots.items()
            },
            involved={
                name: involved(connection, findings.worklist["observation_id"])
                for name, findings in hotspots.items()
                if as_of is None
            },
            contradicting=contradicting,
            photos=_photos(connection, version, result, hotspots) if as_of is None else None,
            named_clades=_renumbered(number, clades_by_name_alone(connection, tree)),
            named={
                language: count_named(connection, language)
                for language in COLUMNS
                if language != settings.LANGUAGE_CODE
            },
            taxa=_taxa(connection, tree),
        )


def _assess(
    lake: Lake,
    version: LakeVersion,
    connection: duckdb.DuckDBPyConnection,
    criteria: Criteria,
    as_of: datetime | None,
) -> Assessment:
    """What readiness says: of the present at the cost of what changed since the last refresh."""
    if as_of is None:
        return assess_present(lake, version, connection, criteria)
    return assess_then(connection, criteria, as_of)


def _find(
    lake: Lake, records: Records, criteria: Criteria, issues: pa.Table | None, assessment: Assessment
) -> Findings:
    """The hotspots. Of the present by what was learned before, until it is time to learn anew."""
    con = records.con
    if records.at is not None:
        return find(con, criteria, at=records.at, label_issues=issues, records=records)
    path = learned.path_of(lake, criteria)
    former = learned.read(path)
    if former is not None and former.is_due(timezone.now(), timedelta(days=settings.LEARN_DAYS)):
        former = None
    findings = find(
        con, criteria, label_issues=issues, learned=former, assessment=assessment, records=records
    )
    if findings.learned is not None and findings.learned is not former:
        learned.write(path, findings.learned)
    return findings


def _one_tree(connection: duckdb.DuckDBPyConnection, trees: list[Tree]) -> Tree:
    """The tree that holds the taxa of all of these, which mostly hold the same."""
    first, *others = trees
    if all(first.is_same(other) for other in others):
        return first
    return load_tree(connection, np.concatenate([tree.taxon_ids for tree in trees]))


def _has_api(sources: list[tuple[Any, ...]]) -> bool:
    return any(name == "api" for name, *_ in sources)


def _parts(tree: Tree, parts: list[tuple[str, str, int]]) -> tuple[list[tuple[str, str, int]], Bools]:
    """Which clades were loaded from some places only; which taxa have lower bounds for that."""
    whole = np.array(list(memory().pulled()), dtype=np.int64)
    taxon_ids = np.array([taxon_id for _, _, taxon_id in parts], dtype=np.int64)
    is_part, at = partly_loaded(tree, taxon_ids, whole), tree.positions(taxon_ids)
    return [part for part, place in zip(parts, at, strict=True) if place == NONE or is_part[place]], is_part


def _with_parts(tree: Tree, is_part: Bools, result: pa.Table) -> pa.Table:
    """The rows with whether their counts are lower bounds because only some places were loaded."""
    positions = tree.positions(integers(result["taxon_id"]))
    return result.append_column("is_partly_loaded", pa.array(is_part[positions]))


def _source(
    version: LakeVersion,
    parts: list[tuple[str, str, int]],
    name: str,
    observations: int,
    newest: datetime | None,
    median: datetime | None,
) -> dict[str, Any]:
    times = {"newest": newest, "median": median, "loaded_at": version.loaded_at.get(name)}
    recorded = {key: None if time is None else time.isoformat() for key, time in times.items()}
    told_parts = {"parts": parts} if parts and name == "api" else {}
    return {"source": name, "observations": observations, **recorded, **told_parts}


def _photos(
    connection: duckdb.DuckDBPyConnection,
    version: LakeVersion,
    readiness: dict[str, pa.Table],
    hotspots: dict[str, Findings],
) -> pa.Table:
    result = photos(
        connection,
        readiness.values(),
        [findings.worklist for findings in hotspots.values()],
        short=NEAR_WITHIN,
        spare=LOSING_WITHIN,
    )
    return drawn(result) if version.is_simulated else result


def drawn(photos: pa.Table) -> pa.Table:
    """Drawings in place of the photos."""
    column = photos.schema.get_field_index("license")
    drawings = pa.array([DRAWING] * photos.num_rows, pa.string())
    return photos.set_column(column, "license", drawings)


def _placed(tree: Tree, number: Ints, result: pa.Table) -> pa.Table:
    """The rows with each taxon's number along a walk of the tree, and the last number in its clade."""
    positions = tree.positions(integers(result["taxon_id"]))
    return result.append_column("tree_left", pa.array(number[positions])).append_column(
        "tree_right", pa.array(number[tree.end[positions] - 1])
    )


def _renumbered(number: Ints, clades: pa.Table) -> pa.Table:
    """The clades with these numbers in place of those that count from 1."""
    for name in ("tree_left", "tree_right"):
        places = integers(clades[name]) - 1
        clades = clades.set_column(
            clades.schema.get_field_index(name), clades.schema.field(name), pa.array(number[places])
        )
    return clades


def _taxa(connection: duckdb.DuckDBPyConnection, tree: Tree) -> Iterator[pa.RecordBatch]:
    """Every taxon of the tree, those known by nothing but their id among them, but for provisional ones."""
    ids = tree.taxon_ids.tolist()
    parents = tree.known_parents().tolist()
    paths: list[str] = []
    for position, parent in enumerate(parents):
        paths.append(f"{paths[parent]}/{ids[position]}" if parent >= 0 else str(ids[position]))
    placed = pa.table(
        {
            "taxon_id": ids,
            "parent_id": [ids[parent] if parent >= 0 else None for parent in parents],
            "ancestry": [paths[parent] if parent >= 0 else "" for parent in parents],
            "iconic_id": iconic_ids(tree),
        },
        schema=_PLACED,
    )
    connection.register("placed", placed)
    yield from connection.sql(_taxa_sql()).to_arrow_reader(_TAXA_AT_ONCE)


def _taxa_sql() -> str:
    """The statement for every taxon, with its common name in each language that the portal speaks.

    What iNaturalist shows as the English name goes before the first of those that it has.
    """
    names, joins = [], []
    for language, column in COLUMNS.items():
        known = "taxa.common_name" if language == settings.LANGUAGE_CODE else "NULL"
        names.append(f"replace(coalesce({known}, named_{language}.name, ''), chr(0), '') AS {column}")
        joins.append(f"LEFT JOIN ({shown_sql(language)}) AS named_{language} USING (taxon_id)")
    return _TAXA.format(names=", ".join(names), joins=" ".join(joins))
