"""Writing hotspots: the results of `exporter.hotspots`, unseen first, then in place of the ones before.

And what people write beside them: notes on two taxa, and searches that they keep.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from exporter.boundaries import countries_and_regions
from exporter.continents import continents
from exporter.criteria import PRESETS
from exporter.hotspots import Findings
from exporter.hotspots.involved import INVOLVED
from portal import bulk
from portal.hotspots.models import (
    Confusion,
    Hotspot,
    HotspotHistory,
    Involved,
    NoteState,
    PairNote,
    PlacedLabel,
    SavedSearch,
    WorklistEntry,
)
from portal.lake import contents
from portal.lake.models import Refresh
from portal.lake.queries import shown_key
from portal.lake.services import Rows, clear_unfinished, show_other, write_next

#: Whose generations these are: see `portal.lake.generations`.
SUBJECT = "hotspots"
#: Columns that the tables which are read have not, or no more.
_NOT_READ = ("id", "criteria", "reason")
#: How many searches one person keeps.
MOST_SAVED = 30
_LISTED = pa.schema([("observation_id", pa.int64()), ("listed_in", pa.int64())])
TREND_COLUMNS = ("taxon_id", "labels", "expected_wrong", "expected_wrong_low", "expected_wrong_high")


def write_unseen(
    refresh: Refresh,
    findings: Mapping[str, Findings],
    involved: Mapping[str, pa.Table] = MappingProxyType({}),
) -> dict[str, int]:
    """Write hotspots, confusions and worklists by rule, so that readers see none of it before `show`.

    ``involved``: by rule, who is involved in the worklist (`exporter.hotspots.involved`). The hotspots have
    besides `tree_left`, their numbers in the walk of the tree that readiness has. A refresh of the present
    will replace the former ones; one of the past only adds to the history. It comes after taxa and readiness,
    writes in short transactions, and may be killed anywhere: `tidy` takes away what is left.
    Returns how many hotspots each rule has.
    """
    for criteria, result in findings.items():
        if refresh.as_of is None:
            _write_present(criteria, refresh, result, involved.get(criteria, INVOLVED.empty_table()))
        bulk.append(
            HotspotHistory, result.hotspots.select(TREND_COLUMNS), criteria=criteria, refresh_id=refresh.pk
        )
    return {criteria: result.hotspots.num_rows for criteria, result in findings.items()}


def show(refresh: Refresh, criteria: Iterable[str]) -> None:
    """Let readers see what `write_unseen` has written. It belongs inside a transaction, and is short."""
    if refresh.as_of is None:
        for name in criteria:
            show_other(SUBJECT, name)


def tidy() -> None:
    """Remove what an unfinished refresh left, and trends that a later count of the same moment replaced."""
    _remove_replaced()
    clear_unfinished(SUBJECT, (Hotspot, Confusion, WorklistEntry, PlacedLabel, Involved), HotspotHistory)


def _remove_replaced() -> None:
    """Remove what was counted before the last count of a moment: `queries.trends` reads it no more."""
    done = Refresh.objects.filter(state=Refresh.State.DONE)
    later = done.filter(moment=OuterRef("moment"), pk__gt=OuterRef("pk"))
    rows = HotspotHistory.objects.filter(refresh=OuterRef("pk"))
    for earlier in done.filter(Exists(later), Exists(rows)):
        again = HotspotHistory.objects.filter(
            refresh__moment=earlier.moment, refresh__state=Refresh.State.DONE, refresh__pk__gt=earlier.pk
        )
        for criteria in PRESETS:
            if again.filter(criteria=criteria).exists():
                bulk.clear(HotspotHistory, "criteria = %s AND refresh_id = %s", criteria, earlier.pk)


def _write_present(criteria: str, refresh: Refresh, findings: Findings, involved: pa.Table) -> None:
    """Write the rows of one generation."""
    where = findings.worklist["latitude"], findings.worklist["longitude"]
    country, region = countries_and_regions(*where)
    worklist = _with(
        findings.worklist.rename_columns({"quality_grade": "grade"}),
        continent=continents(*where),
        country=country,
        region=region,
        tree_left=_of_label(findings, "tree_left"),
        observation_uuid=pc.fill_null(findings.worklist["observation_uuid"], ""),
        grade=pc.fill_null(findings.worklist["quality_grade"], ""),
        listed_in=_listed_in(criteria, refresh, findings.worklist["observation_id"]),
    )
    tables = (
        # One label that comes or goes moves the rank of all below it.
        Rows(Hotspot, _summed_up(findings, worklist), ["taxon_id"], shifting="rank"),
        Rows(Confusion, findings.confusions, ["label_taxon_id", "true_taxon_id"]),
        Rows(WorklistEntry, worklist, ["observation_id"]),
        Rows(PlacedLabel, _by_place(worklist), ["place", "tree_left"]),
        Rows(Involved, involved, ["inat_id", "role", "observation_id"]),
    )
    write_next(
        SUBJECT,
        criteria,
        [replace(one, rows=one.rows.select(bulk.columns(one.model, but=_NOT_READ))) for one in tables],
    )


def _listed_in(criteria: str, refresh: Refresh, ids: pa.ChunkedArray) -> pa.Array:
    """With which refresh each observation came onto the worklist: with this one, or with an earlier one."""
    before = _listed_before(criteria)
    places = pc.index_in(ids, before["observation_id"])
    earlier = before["listed_in"].take(places)
    return pc.if_else(pc.is_null(places), pa.scalar(refresh.pk, pa.int64()), earlier)


def _listed_before(criteria: str) -> pa.Table:
    """The observations on the worklist that is shown, each with the refresh that it came with."""
    shown = contents.known(SUBJECT, shown_key(SUBJECT, criteria))
    known = shown.columns(WorklistEntry._meta.db_table, _LISTED) if shown else None
    if known is not None:
        return known
    rows = WorklistEntry.objects.filter(criteria=criteria).order_by()
    pairs = rows.values_list(*_LISTED.names).iterator(chunk_size=50_000)
    listed = np.fromiter(((number, refresh or 0) for number, refresh in pairs), dtype="i8,i8")
    return pa.table([listed["f0"], pa.array(listed["f1"], mask=listed["f1"] == 0)], _LISTED)


def _of_label(findings: Findings, column: str) -> pa.ChunkedArray:
    """For each entry of the worklist, what a column of the hotspots says of its label."""
    places = pc.index_in(findings.worklist["label_taxon_id"], findings.hotspots["taxon_id"])
    return findings.hotspots[column].take(places)


def _summed_up(findings: Findings, worklist: pa.Table) -> pa.Table:
    """The hotspots as their table has them: with what the other two tables say of each."""
    hotspots = findings.hotspots
    worklist = _with(worklist, is_numbered=pc.greater(worklist["observation_id"], 0).cast(pa.int64()))
    by_label = worklist.group_by("label_taxon_id").aggregate([([], "count_all"), ("is_numbered", "sum")])
    places = pc.index_in(hotspots["taxon_id"], by_label["label_taxon_id"])
    on_continents = _on_continents(worklist)
    return _with(
        hotspots,
        confused_with_expected=_confused_with_expected(hotspots, findings.confusions),
        kinds=_as_json(map(_with_places, hotspots["kinds"].to_pylist())),
        to_review=pc.fill_null(by_label["count_all"].take(places), 0),
        to_identify=pc.fill_null(by_label["is_numbered_sum"].take(places), 0),
        continents=_as_json(on_continents.get(taxon_id, {}) for taxon_id in hotspots["taxon_id"].to_pylist()),
    )


def _by_place(worklist: pa.Table) -> pa.Table:
    """How many entries of each label lie in each country and region."""
    names = ["place", "tree_left", "entries"]
    counted = [
        worklist.group_by([column, "tree_left"]).aggregate([([], "count_all")]).rename_columns(names)
        for column in ("country", "region")
    ]
    rows = pa.concat_tables(counted)
    return rows.filter(pc.and_(pc.not_equal(rows["place"], ""), rows["tree_left"].is_valid()))


def _on_continents(worklist: pa.Table) -> dict[int, dict[str, int]]:
    """By label, how many entries lie on each continent, those of known place."""
    counted = worklist.group_by(["label_taxon_id", "continent"]).aggregate([([], "count_all")])
    result: dict[int, dict[str, int]] = defaultdict(dict)
    for label, continent, entries in zip(*(column.to_pylist() for column in counted.columns), strict=True):
        if continent:
            result[label][continent] = entries
    return result


def _with_places(kinds: list[str]) -> dict[str, int]:
    """The kinds with their places, from 1."""
    return {kind: place for place, kind in enumerate(kinds, 1)}


def _as_json(values: Iterable[dict[str, int]]) -> pa.Array:
    """Dictionaries from plain words to numbers as JSON: there are many, and each is small."""
    texts = (", ".join([f'"{word}": {number}' for word, number in value.items()]) for value in values)
    return pa.array([f"{{{text}}}" for text in texts], pa.string())


def _confused_with_expected(hotspots: pa.Table, confusions: pa.Table) -> pa.Array:
    """How many of each hotspot's labels are expected to be the taxon that it is confused with."""
    label, truth, expected = (
        confusions[name].to_pylist() for name in ("label_taxon_id", "true_taxon_id", "expected")
    )
    by_pair = dict(zip(zip(label, truth, strict=True), expected, strict=True))
    pairs = zip(hotspots["taxon_id"].to_pylist(), hotspots["confused_with_taxon_id"].to_pylist(), strict=True)
    return pa.array([by_pair.get(pair, 0.0) for pair in pairs], pa.float64())


def _with(rows: pa.Table, **columns: pa.Array | pa.ChunkedArray) -> pa.Table:
    """The rows with these columns, in the place of those of the same names."""
    for name, column in columns.items():
        rows = rows.drop_columns([name]) if name in rows.column_names else rows
        rows = rows.append_column(name, column)
    return rows


# What people write -------------------------------------------------------------------------------


def write_note(pair: tuple[int, int], text: str, *, by: User) -> PairNote:
    """Keep a note on two taxa; it is shown to others once somebody has approved it."""
    low, high = sorted(pair)
    return PairNote.objects.create(
        low_taxon_id=low, high_taxon_id=high, text=text, author=by, written_at=timezone.now()
    )


def decide_notes(notes: QuerySet[PairNote], state: NoteState, *, by: User) -> int:
    """Approve or decline these; returns how many."""
    return notes.update(state=state, decided_at=timezone.now(), decided_by=by)


def withdraw_note(note_id: int, *, by: User) -> tuple[int, int] | None:
    """Remove a note of one's own; returns its two taxa, None where there is no such note."""
    note = PairNote.objects.filter(pk=note_id, author=by).first()
    if note is None:
        return None
    note.delete()
    return note.low_taxon_id, note.high_taxon_id


def save_search(name: str, query: str, *, by: User) -> bool:
    """Keep a worklist's facets for somebody; returns whether there was room for them."""
    own = SavedSearch.objects.filter(person=by)
    if not own.filter(query=query).exists() and own.count() >= MOST_SAVED:
        return False
    SavedSearch.objects.update_or_create(
        person=by, query=query, defaults={"name": name, "saved_at": timezone.now()}
    )
    return True


def forget_search(search_id: int, *, by: User) -> bool:
    """Remove a saved search of one's own; False if there is none of that id."""
    removed, _ = SavedSearch.objects.filter(pk=search_id, person=by).delete()
    return bool(removed)
