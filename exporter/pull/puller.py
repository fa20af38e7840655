"""Bringing what iNaturalist has into the lake, and keeping it so."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

from exporter.lake import Lake
from exporter.merge import Changes
from exporter.pull import walk as pages
from exporter.pull.client import Client
from exporter.pull.regions import Region, walk_of
from exporter.pull.store import Store, Walk
from exporter.pull.writer import BATCH_RECORDS, LakeWriter
from exporter.schema import LATER_TABLES, TABLES
from exporter.sources.values import json_objects
from terminal.progress import Bar, bar

#: iNaturalist's search index lags behind its database; changes are requested from that much earlier.
OVERLAP = timedelta(minutes=30)
#: The memory of pulls, in the lake's folder on this machine.
MEMORY = "pull.sqlite3"
#: Taxa that share a walk: one request lists the changes of all of them.
TAXA_A_WALK = 100


@dataclass
class PullReport:
    """What a pull did."""

    #: Rows read, new and changed, by table of the lake.
    tables: dict[str, Changes] = field(
        default_factory=lambda: {name: Changes(0, 0, 0) for name in TABLES if name not in LATER_TABLES}
    )
    #: What could not be stored, in words.
    refusals: list[str] = field(default_factory=list)

    def add(self, writer: LakeWriter) -> None:
        """Count what a writer wrote."""
        for name, each in writer.tables.items():
            had = self.tables[name]
            self.tables[name] = Changes(had.read + each.read, had.new + each.new, had.changed + each.changed)
        self.refusals += map(str, writer.refusals)


class Puller:
    """Pulls into one lake, from where the last pull stopped."""

    def __init__(
        self, lake: Lake, client: Client, store: Store | None = None, *, batch_records: int = BATCH_RECORDS
    ) -> None:
        self.lake = lake
        self.client = client
        self.store = store or store_of(lake)
        self.report = PullReport()
        self._batch_records = batch_records

    def pull_clade(self, taxon_id: int, since: datetime | None = None) -> PullReport:
        """Pull a taxon and all below it: taxa, then observations with their identifications.

        The first time everything; afterwards what changed since the last time, or since ``since``.
        """
        self._pull_taxa(taxon_id)
        self.pull([taxon_id], since)
        return self.report

    def _pull_taxa(self, taxon_id: int) -> None:
        cursor = f"taxa of {taxon_id} up to id"
        with self.writing() as writer, bar("pull taxa", unit="taxa") as shown:
            for page in pages.ahead(pages.taxa(self.client, taxon_id, int(self.store.fact(cursor) or 0))):
                _show(shown, page)
                writer.add_taxa(page.records, page.server_time)
                writer.then(partial(self.store.put_fact, cursor, str(page.last_id)))
        self.store.put_fact(cursor, "0")

    def pull(self, taxon_ids: Iterable[int], since: datetime | None = None) -> None:
        """Pull the observations of taxa and all below them: first what was begun, then what is new."""
        selected = set(taxon_ids)
        for walk in self.store.walks():
            if walk.place_id is None and not selected.isdisjoint(walk.taxon_ids):
                self.finish(walk)
                if since is None:
                    selected.difference_update(walk.taxon_ids)
        for walk in self.plan_walks(selected, since):
            self.finish(walk)

    def pull_region(self, region: Region) -> None:
        """Pull the observations of a taxon from a place, or from everywhere, with all that lies below it.

        The first time everything; from a place afterwards what changed since the last time.
        """
        begun = walk_of(self.store, region)
        if begun is None and region.since(self.store) is None:
            self._pull_lineage(region.taxon_id)
        if region.place_id is not None:
            since = region.since(self.store)
            self.finish(begun or self.store.start_walk([region.taxon_id], since, region.place_id))
        elif begun is None:
            self.pull_clade(region.taxon_id)
        else:
            self.pull([region.taxon_id])

    def _pull_lineage(self, taxon_id: int) -> None:
        """Pull the names of a taxon and of what is above it, which observations do not always give."""
        answer = self.client.get(f"taxa/{taxon_id}")
        with self.writing() as writer:
            for taxon in answer.results:
                writer.add_taxa([taxon, *json_objects(taxon.get("ancestors"))], answer.server_time)

    def plan_walks(self, taxon_ids: Iterable[int], since: datetime | None = None) -> list[Walk]:
        """Walks that bring these taxa up to date, many taxa to a walk: a request lists the changes of all."""
        pulled = self.store.pulled()
        selected = sorted(set(taxon_ids))
        if since is not None:
            return self._walks(selected, lambda _: since)
        old = sorted((taxon_id for taxon_id in selected if taxon_id in pulled), key=lambda each: pulled[each])
        new = [taxon_id for taxon_id in selected if taxon_id not in pulled]
        return [
            *self._walks(old, lambda group: min(pulled[taxon_id] for taxon_id in group)),
            *self._walks(new, lambda _: None),
        ]

    def _walks(self, taxon_ids: list[int], from_when: Callable[[list[int]], datetime | None]) -> list[Walk]:
        groups = [taxon_ids[start : start + TAXA_A_WALK] for start in range(0, len(taxon_ids), TAXA_A_WALK)]
        return [self.store.start_walk(group, from_when(group)) for group in groups]

    def finish(self, walk: Walk) -> None:
        """Go to the end of a walk. Stopped anywhere, it goes on from there the next time."""
        requested: dict[str, str | int] = {}
        if walk.updated_since is not None:
            requested["updated_since"] = walk.updated_since.isoformat()
        if walk.place_id is not None:
            requested["place_id"] = walk.place_id
        began_at, fetched = walk.began_at, walk.records
        with self.writing() as writer, bar("pull observations", unit="observations") as shown:
            result = pages.observations(self.client, walk.taxon_ids, walk.id_above, **requested)
            for page in pages.ahead(result):
                _show(shown, page)
                if began_at is None:
                    # Without the server's time, a day before ours stands in: clocks are not wrong by more.
                    began_at = page.server_time or datetime.now(UTC) - timedelta(days=1)
                    self.store.began(walk, began_at)
                fetched += len(page.records)
                self.store.note_fetched(walk, fetched)
                writer.add_observations(page.records, f"observations up to id {page.last_id}")
                writer.then(partial(self.store.advance, walk, page.last_id, len(page.records)))
        if began_at is not None:
            self.store.finish(walk, began_at - OVERLAP)

    def writing(self) -> LakeWriter:
        """A writer into the lake whose work is counted in the report."""
        return _Counted(self)


def _show(shown: Bar, page: pages.Page) -> None:
    """Let a bar go on by a page."""
    if page.left is not None:
        shown.expect(page.left)
    shown.advance(len(page.records))


class _Counted(LakeWriter):
    """A writer whose work is counted in its puller's report."""

    def __init__(self, puller: Puller) -> None:
        super().__init__(puller.lake, batch_records=puller._batch_records)
        self._puller = puller

    def __exit__(self, *reason: object) -> None:
        super().__exit__(*reason)  # type: ignore[arg-type]
        self._puller.report.add(self)


def store_of(lake: Lake) -> Store:
    """The memory of the pulls into a lake."""
    return Store(lake.local / MEMORY)
