"""What a lake holds, to tell ids that iNaturalist gave from ids that were made up."""

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from exporter.lake import Lake

_INATURALIST = "www.inaturalist.org"
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_NEGATIVE = re.compile(r"-\d+")
_ID_COLUMN = re.compile(r"(^|_)ids?$")


@dataclass(frozen=True)
class Known:
    """The ids that iNaturalist gave to what a lake holds."""

    observations: frozenset[int]
    uuids: frozenset[str]
    taxa: frozenset[int]
    photos: frozenset[int]

    @classmethod
    def of(cls, lake: Path) -> "Known":
        """Read them from the lake's newest version."""
        with Lake(lake).connect() as con:

            def column(name: str, table: str) -> frozenset:
                rows = con.execute(f"SELECT DISTINCT {name} FROM {table} WHERE {name} IS NOT NULL").fetchall()
                return frozenset(row[0] for row in rows)

            ids = column("observation_id", "observations")
            named = column("taxon_id", "observations") | column("community_taxon_id", "observations")
            above = (int(part) for path in column("ancestry", "taxa") for part in path.split("/") if part)
            return cls(
                observations=frozenset(one for one in ids if one >= 0),
                uuids=column("observation_uuid", "observations"),
                taxa=column("taxon_id", "taxa") | named | column("taxon_id", "identifications") | set(above),
                photos=column("photo_id", "photos"),
            )

    def fault_of(self, address: str) -> str | None:
        """Return what is wrong with an address on iNaturalist or one of its photos; None if nothing is."""
        try:
            parts = urlsplit(address)
        except ValueError:
            return "cannot be read as an address"
        query = parse_qs(parts.query, keep_blank_values=True)
        if fault := _negative(parts.path, query):
            return fault
        if parts.netloc == _INATURALIST:
            return self._fault_on_inaturalist(parts.path, query)
        if photo := re.fullmatch(r"/photos/(\d+)/\w+\.\w+", parts.path):
            return None if int(photo[1]) in self.photos else f"photo {photo[1]} is not in the lake"
        return None

    def _fault_on_inaturalist(self, path: str, query: Mapping[str, list[str]]) -> str | None:
        if result := re.fullmatch(r"/observations/([^/]+)", path):
            one = result[1]
            if one in ("identify", "export"):
                return self._fault_of_search(query)
            is_known = one in self.uuids if re.fullmatch(_UUID, one) else self._has_observation(one)
            return None if is_known else f"observation {one} is not in the lake"
        if result := re.fullmatch(r"/taxa/([^/]+)", path):
            return self._unknown_taxa([result[1]])
        return self._fault_of_search(query)

    def _fault_of_search(self, query: Mapping[str, list[str]]) -> str | None:
        ids = [one for text in query.get("id", []) for one in text.split(",")]
        unknown = [one for one in ids if not self._has_observation(one)]
        if unknown:
            return f"observation {unknown[0]} is not in the lake"
        taxa = [
            one
            for name in ("taxon_id", "taxon_ids")
            for text in query.get(name, [])
            for one in text.split(",")
        ]
        return self._unknown_taxa(taxa)

    def _unknown_taxa(self, taxa: Iterable[str]) -> str | None:
        unknown = [one for one in taxa if not one.isdigit() or int(one) not in self.taxa]
        return f"taxon {unknown[0]} is not in the lake" if unknown else None

    def _has_observation(self, text: str) -> bool:
        return text.isdigit() and int(text) in self.observations


def _negative(path: str, query: Mapping[str, list[str]]) -> str | None:
    """An id below zero: ours, made from a UUID."""
    for part in path.split("/"):
        if _NEGATIVE.fullmatch(part):
            return f"has the id {part}, which iNaturalist never gave"
    for name, texts in query.items():
        for text in texts:
            if _is_id(name) and any(_NEGATIVE.fullmatch(one) for one in text.split(",")):
                return f"has {name}={text}, which iNaturalist never gave"
    return None


def _is_id(name: str) -> bool:
    return name in ("taxon", "clade", "within_taxon") or _ID_COLUMN.search(name) is not None


def faults_of_records(rows: Iterable[Mapping[str, object]], known: Known) -> Iterator[str]:
    """Yield one fault for each column of flat records that has an id or address that was made up."""
    seen = set()
    for row in rows:
        for name, value in row.items():
            if name in seen or value in (None, ""):
                continue
            fault = _fault_of_value(str(name), str(value), known)
            if fault:
                seen.add(name)
                yield f"{name} {value!r}: {fault}"


def _fault_of_value(name: str, text: str, known: Known) -> str | None:
    if text.startswith(("http://", "https://")):
        return known.fault_of(text)
    if _is_id(name) and _NEGATIVE.fullmatch(text):
        return "an id that iNaturalist never gave"
    return None


def csv_rows(text: str) -> list[dict[str, str]]:
    """Return the records of a CSV file."""
    return list(csv.DictReader(text.splitlines(keepends=True)))
