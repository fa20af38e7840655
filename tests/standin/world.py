"""The records that a stand-in answers from. They may change and vanish while it serves."""

import gzip
import re
import threading
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from tests.standin.fields import complete_observation, complete_taxon

Json = dict[str, Any]
#: Taxa with at least this many observations are classes of the stand-in's current model.
VISION_OBSERVATIONS = 60

_RECORDS = re.compile(r"\.(json|jsonl|ndjson)(\.gz)?$")


def read_records(path: Path) -> list[Json]:
    """Observations from NDJSON or an answer's JSON, packed or not, or from every file of a folder."""
    if path.is_dir():
        files = (each for each in sorted(path.rglob("*")) if _RECORDS.search(each.name))
        return [record for each in files for record in read_records(each)]
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if ".ndjson" in path.name or ".jsonl" in path.name:
        return [orjson.loads(line) for line in content.splitlines()]
    return orjson.loads(content)["results"]


class World:
    """Observations by id, and the taxa that they tell of."""

    def __init__(self, records: Iterable[Json]) -> None:
        self.lock = threading.RLock()
        self._records: dict[int, Json] = {}
        self._times: dict[int, float] = {}
        self._lines: dict[int, tuple[int, ...]] = {}
        self.taxa: dict[int, Json] = {}
        self._found: dict[tuple[Any, ...], list[int]] = {}
        self._counts: Counter[int] = Counter()
        for record in records:
            self.put(record)

    def put(self, record: Json, *, at: float | None = None) -> None:
        """Add an observation or replace it; ``at`` is when it was changed, in seconds since 1970."""
        with self.lock:
            if at is not None:
                record = {**record, "updated_at": datetime.fromtimestamp(at, UTC).isoformat()}
            self.remove(record["id"])
            self._records[record["id"]] = record
            self._times[record["id"]] = datetime.fromisoformat(record["updated_at"]).timestamp()
            taxon = record.get("taxon") or {}
            self._lines[record["id"]] = tuple(taxon.get("ancestor_ids") or [])
            self._counts.update(self._lines[record["id"]])
            self._learn_taxa(record)
            self._found.clear()

    def remove(self, observation_id: int) -> None:
        """Delete an observation, as its observer may."""
        with self.lock:
            if self._records.pop(observation_id, None) is not None:
                self._counts.subtract(self._lines.pop(observation_id))
                del self._times[observation_id]
                self._found.clear()

    def __getitem__(self, observation_id: int) -> Json:
        return self._records[observation_id]

    def __len__(self) -> int:
        return len(self._records)

    def ids(
        self,
        taxon_ids: frozenset[int] = frozenset(),
        updated_since: float | None = None,
        only: frozenset[int] | None = None,
        **selected: Any,
    ) -> list[int]:
        """Ids of the observations that match, ascending."""
        with self.lock:
            key = (taxon_ids, updated_since, only, tuple(sorted(selected.items())))
            if key not in self._found:
                self._found[key] = sorted(
                    number
                    for number, record in self._records.items()
                    if (not taxon_ids or not taxon_ids.isdisjoint(self._lines[number]))
                    and (updated_since is None or self._times[number] >= updated_since)
                    and (only is None or number in only)
                    and all(record.get(name) == value for name, value in selected.items())
                )
            return self._found[key]

    def page(self, ids: list[int], id_above: int, size: int) -> list[Json]:
        """The completed observations of the first ``size`` ids above one."""
        with self.lock:
            start = bisect_right(ids, id_above)
            return [
                complete_observation(self._records[number], self.taxon)
                for number in ids[start : start + size]
                if number in self._records
            ]

    def taxon(self, taxon_id: int) -> Json | None:
        """A taxon as lists give it, or None for one that is not there."""
        result = self.taxa.get(taxon_id)
        return None if result is None else complete_taxon(result, self._counts[taxon_id])

    def taxa_named(self, text: str) -> list[int]:
        """Taxa with a name that starts so, or of which a word does, the most observed first."""
        key = text.lower()
        with self.lock:
            result = [
                taxon_id
                for taxon_id, taxon in self.taxa.items()
                for name in ((taxon.get("name") or "").lower(),)
                for common in ((taxon.get("preferred_common_name") or "").lower(),)
                if any(each.startswith(key) for each in (name, common, *name.split(), *common.split()))
            ]
            return sorted(result, key=lambda taxon_id: (-self._counts[taxon_id], taxon_id))

    def is_in_model(self, taxon_id: int) -> bool:
        """Whether it is a class of the stand-in's current model."""
        is_species = (self.taxa[taxon_id].get("rank_level") or 100) <= 10
        return is_species and self._counts[taxon_id] >= VISION_OBSERVATIONS

    def species_counts(self, ids: list[int]) -> list[tuple[int, Json]]:
        """Leaf taxa of these observations with their numbers, the commonest first."""
        with self.lock:
            labels = Counter(self._lines[number][-1] for number in ids if self._lines.get(number))
            inner = {above for number in ids for above in self._lines.get(number, ())[:-1]}
            leaves = [(count, taxon_id) for taxon_id, count in labels.items() if taxon_id not in inner]
            ordered = sorted(leaves, key=lambda each: (-each[0], each[1]))
            return [(count, self.taxon(taxon_id) or {}) for count, taxon_id in ordered]

    def similar_species(self, taxon_id: int) -> list[tuple[int, Json]]:
        """Taxa that stand beside this one among the identifications of one observation, commonest first."""
        beside: Counter[int] = Counter()
        for record in self._records.values():
            named = {each["taxon_id"] for each in record.get("identifications") or []}
            if taxon_id in named:
                beside.update(named - set(self.taxa[taxon_id].get("ancestor_ids") or [taxon_id]))
        ordered = sorted(beside.items(), key=lambda each: (-each[1], each[0]))
        return [(count, self.taxon(other) or {}) for other, count in ordered]

    def _learn_taxa(self, record: Json) -> None:
        recorded = [record.get("taxon"), *(each.get("taxon") for each in record.get("identifications") or [])]
        for taxon in recorded:
            if isinstance(taxon, dict) and taxon.get("name"):
                for each in (*(taxon.get("ancestors") or ()), taxon):
                    self._learn(each)

    def _learn(self, taxon: Json) -> None:
        above = [int(number) for number in (taxon.get("ancestry") or "").split("/") if number]
        known = {name: value for name, value in taxon.items() if name != "ancestors"}
        self.taxa[taxon["id"]] = {
            "ancestor_ids": [*above, taxon["id"]],
            **self.taxa.get(taxon["id"], {}),
            **known,
        }
