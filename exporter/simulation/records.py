"""Writes a history as iNaturalist's API v1 would: one JSON object an observation, marked as simulated.

Ids of observations, photos, identifications and people lie far above iNaturalist's, so that no link from a
simulated record leads to a real person's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any
from uuid import UUID

import numpy as np
import orjson

from exporter.inaturalist import OPEN_DATA, SITE, STATIC
from exporter.simulation.histories import Chance, History, Identification
from exporter.simulation.people import People
from exporter.simulation.sightings import DAY, Sighting, obscure
from exporter.simulation.tree import ICONIC_TAXA, SPECIES_LEVEL, Taxon, load_tree

FIRST_ID = 9_000_000_000

_METRICS = ("date", "location", "evidence", "recent", "subject")
_WILD = "wild"
_SHARE_PHOTO_HIDDEN = 0.002
_SHARE_PHOTO_FLAGGED = 0.003
_OBSCURED_ACCURACY = 28_000
_SIZES = ((2048, 1536), (1536, 2048), (1600, 1200), (1024, 768))

Json = dict[str, Any]


@dataclass(frozen=True)
class Verdicts:
    """What iNaturalist works out from a history: the label, how sure it is, what each identification was."""

    taxon_id: int | None
    community_taxon_id: int | None
    quality_grade: str
    agreements: int
    disagreements: int
    categories: list[str]


def reach_verdicts(sighting: Sighting, history: History) -> Verdicts:
    """The verdicts on a history by iNaturalist's rules."""
    community_id, taxon_id = history.consensus
    others = [made for made in history.identifications if made.is_current and not made.is_own]
    agreements = sum(taxon_id is not None and taxon_id in _line(made.taxon_id) for made in others)
    in_line = sum(taxon_id is not None and made.taxon_id in _line(taxon_id)[:-1] for made in others)
    return Verdicts(
        taxon_id=taxon_id,
        community_taxon_id=community_id,
        quality_grade=_quality_grade(sighting, community_id),
        agreements=agreements,
        disagreements=len(others) - agreements - in_line if taxon_id is not None else 0,
        categories=_categories(history, community_id),
    )


def _quality_grade(sighting: Sighting, community_id: int | None) -> str:
    """Casual for want of evidence or wildness; research once the community agrees on a species."""
    is_verifiable = (
        sighting.photos > 0
        and sighting.has_date
        and sighting.has_place
        and not (sighting.is_captive or sighting.fails_metric or sighting.is_flagged)
    )
    if not is_verifiable:
        return "casual"
    is_species = community_id is not None and load_tree()[community_id].rank_level <= SPECIES_LEVEL
    return "research" if is_species else "needs_id"


def _categories(history: History, community_id: int | None) -> list[str]:
    """What each identification did: improving named a taxon first that the community came to share."""
    named: set[int] = set()
    categories = []
    for made in history.identifications:
        categories.append(_category(made.taxon_id, community_id, named))
        if made.is_current:
            named.add(made.taxon_id)
    return categories


def _category(taxon_id: int, community_id: int | None, named: set[int]) -> str:
    if community_id is None or community_id in _line(taxon_id)[:-1]:
        return "leading"
    if taxon_id not in _line(community_id):
        return "maverick"
    return "supporting" if taxon_id in named else "improving"


class Recorder:
    """Turns histories into API v1 JSON. Photos and people are numbered from `FIRST_ID`."""

    def __init__(self, people: People, rng: np.random.Generator, observations: int, end_at: int) -> None:
        self._people = people
        self._rng = rng
        self._chance = Chance(rng)
        self._observations = observations
        self._end_at = end_at
        self._photos = 0

    def record(self, sighting: Sighting, history: History, verdicts: Verdicts) -> Json:
        """One observation as API v1 gives it."""
        photos = [self._photo(sighting) for _ in range(sighting.photos)]
        observation_id = FIRST_ID + sighting.index
        own = next((made for made in history.identifications if made.is_own), None)
        return {
            "id": observation_id,
            "uuid": self._uuid(),
            "simulated": True,
            "uri": f"{SITE}/observations/{observation_id}",
            "quality_grade": verdicts.quality_grade,
            **self._times(sighting, history),
            **self._place(sighting),
            "captive": sighting.is_captive,
            "quality_metrics": self._quality_metrics(sighting),
            "flags": [self._flag()] if sighting.is_flagged else [],
            "license_code": self._people.licences[sighting.observer],
            "user": self._user(sighting.observer),
            "taxon": _as_fragment(verdicts.taxon_id, _plain_taxon),
            "species_guess": load_tree()[own.taxon_id].name if own is not None else None,
            "community_taxon_id": verdicts.community_taxon_id,
            "ident_taxon_ids": sorted({t for made in history.identifications for t in _line(made.taxon_id)}),
            "owners_identification_from_vision": own is not None and own.is_vision,
            "identifications_count": sum(
                made.is_current and not made.is_own for made in history.identifications
            ),
            "num_identification_agreements": verdicts.agreements,
            "num_identification_disagreements": verdicts.disagreements,
            "identifications_most_agree": verdicts.agreements > verdicts.disagreements,
            "identifications_some_agree": verdicts.agreements > 0,
            "identifications_most_disagree": verdicts.agreements < verdicts.disagreements,
            "preferences": {"prefers_community_taxon": None},
            "spam": False,
            "photos": photos,
            "observation_photos": [
                {"id": photo["id"], "position": position, "photo": photo}
                for position, photo in enumerate(photos)
            ],
            "identifications": [
                self._identification(sighting, made, category)
                for made, category in zip(history.identifications, verdicts.categories, strict=True)
            ],
        }

    def _times(self, sighting: Sighting, history: History) -> Json:
        zone = timezone(timedelta(hours=sighting.town.utc_offset))
        seen = datetime.fromtimestamp(sighting.observed_at, zone)
        last = max([sighting.created_at, *(made.made_at for made in history.identifications)])
        updated_at = min(last + int(self._chance.uniform() * 60), self._end_at)
        return {
            "created_at": _iso(sighting.created_at, zone),
            "updated_at": _iso(updated_at, zone),
            "observed_on": seen.date().isoformat() if sighting.has_date else None,
            "time_observed_at": seen.isoformat() if sighting.has_date else None,
            "observed_on_details": _date_details(seen) if sighting.has_date else None,
            "observed_time_zone": sighting.town.time_zone,
            "created_time_zone": sighting.town.time_zone,
            "time_zone_offset": f"{sighting.town.utc_offset:+03d}:00",
        }

    def _place(self, sighting: Sighting) -> Json:
        """The public place only. The true one of an obscured observation is written nowhere."""
        latitude, longitude = sighting.latitude, sighting.longitude
        accuracy = sighting.accuracy
        if sighting.is_obscured:
            latitude, longitude = obscure(
                latitude, longitude, (self._chance.uniform(), self._chance.uniform())
            )
            accuracy = _OBSCURED_ACCURACY
        has_place = sighting.has_place
        return {
            "location": f"{latitude},{longitude}" if has_place else None,
            "geojson": {"type": "Point", "coordinates": [longitude, latitude]} if has_place else None,
            "positional_accuracy": sighting.accuracy if has_place else None,
            "public_positional_accuracy": accuracy if has_place else None,
            "obscured": sighting.is_obscured,
            "geoprivacy": "obscured" if sighting.is_obscured else None,
            "taxon_geoprivacy": None,
            "mappable": has_place,
        }

    def _quality_metrics(self, sighting: Sighting) -> list[Json]:
        """The observer's own vote that it is not wild, and a stranger's that the evidence fails."""
        metrics = []
        if sighting.is_captive:
            metrics.append(self._vote(_WILD, sighting.observer))
        if sighting.fails_metric:
            metric = _METRICS[int(self._chance.uniform() * len(_METRICS))]
            metrics.append(self._vote(metric, self._anybody()))
        return metrics

    def _vote(self, metric: str, person: int) -> Json:
        user = self._user(person)
        return {
            "id": self._number(),
            "user_id": FIRST_ID + person,
            "metric": metric,
            "agree": False,
            "user": user,
        }

    def _flag(self) -> Json:
        person = self._anybody()
        return {
            "id": self._number(),
            "flag": "copyright infringement",
            "resolved": False,
            "user_id": FIRST_ID + person,
            "user": self._user(person),
        }

    def _photo(self, sighting: Sighting) -> Json:
        self._photos += 1
        photo_id = FIRST_ID + self._photos
        licence = self._people.licences[sighting.observer]
        host = OPEN_DATA if licence else STATIC
        width, height = _SIZES[int(self._chance.uniform() * len(_SIZES))]
        return {
            "id": photo_id,
            "license_code": licence,
            "url": f"{host}/photos/{photo_id}/square.jpg",
            "attribution": _attribution(login_of(sighting.observer), licence),
            "original_dimensions": {"width": width, "height": height},
            "flags": [self._flag()] if self._chance.uniform() < _SHARE_PHOTO_FLAGGED else [],
            "hidden": self._chance.uniform() < _SHARE_PHOTO_HIDDEN,
        }

    def _identification(self, sighting: Sighting, made: Identification, category: str) -> Json:
        return {
            "id": FIRST_ID + self._time_ordered(made.made_at, sighting.index),
            "uuid": self._uuid(),
            "user": self._user(made.person),
            "created_at": _iso(made.made_at, UTC),
            "body": None,
            "category": category,
            "current": made.is_current,
            "own_observation": made.is_own,
            "taxon_change": None,
            "vision": made.is_vision,
            "disagreement": made.is_disagreement,
            "previous_observation_taxon_id": made.previous_taxon_id,
            "spam": False,
            "taxon_id": made.taxon_id,
            "hidden": made.is_hidden,
            "taxon": _as_fragment(made.taxon_id, _taxon_with_ancestors),
        }

    def _time_ordered(self, at: int, index: int) -> int:
        """A number that grows with time and is nobody else's."""
        years_covered = 5
        return (at - self._end_at + years_covered * 365 * DAY) * self._observations + index

    def _user(self, person: int) -> Json:
        joined = self._end_at - int(self._people.days_since_joining[person]) * DAY
        return {
            "id": FIRST_ID + person,
            "login": login_of(person),
            "created_at": _iso(joined, UTC),
            "spam": False,
            "suspended": False,
            "roles": [],
        }

    def _anybody(self) -> int:
        return int(self._chance.uniform() * len(self._people))

    def _number(self) -> int:
        return FIRST_ID + int(self._chance.uniform() * 1_000_000_000)

    def _uuid(self) -> str:
        return str(UUID(bytes=self._rng.bytes(16), version=4))


def login_of(person: int) -> str:
    """The login of a simulated person."""
    return f"sim_{person + 1:04d}"


def _attribution(login: str, licence: str | None) -> str:
    if licence is None:
        return f"(c) {login}, all rights reserved"
    if licence == "cc0":
        return f"{login}, no rights reserved (CC0)"
    return f"(c) {login}, some rights reserved ({licence.upper().replace('-', ' ', 1)})"


def _date_details(seen: datetime) -> dict[str, int | str]:
    return {
        "date": seen.date().isoformat(),
        "week": seen.isocalendar().week,
        "month": seen.month,
        "hour": seen.hour,
        "year": seen.year,
        "day": seen.day,
    }


def _iso(at: int, zone: timezone) -> str:
    return datetime.fromtimestamp(at, zone).isoformat()


def _line(taxon_id: int) -> tuple[int, ...]:
    return load_tree()[taxon_id].line


def _as_fragment(taxon_id: int | None, describe: Callable[[Taxon], Json]) -> orjson.Fragment | None:
    return None if taxon_id is None else _fragment(taxon_id, describe)


@cache
def _fragment(taxon_id: int, describe: Callable[[Taxon], Json]) -> orjson.Fragment:
    """A taxon's JSON, made once and then only copied: most of what is written is taxa."""
    return orjson.Fragment(orjson.dumps(describe(load_tree()[taxon_id])))


def _taxon_with_ancestors(taxon: Taxon) -> Json:
    """As in identifications: with its ancestors but for the root, and theirs given by ``ancestry`` alone."""
    tree = load_tree()
    ancestors = [_plain_taxon(tree[above]) for above in taxon.line[1:-1]]
    for ancestor in ancestors:
        del ancestor["ancestor_ids"]
    return {**_plain_taxon(taxon), "ancestors": ancestors}


def _plain_taxon(taxon: Taxon) -> Json:
    iconic = taxon.iconic_taxon_id
    described = {
        "id": taxon.taxon_id,
        "name": taxon.name,
        "rank": taxon.rank,
        "rank_level": int(taxon.rank_level) if taxon.rank_level.is_integer() else taxon.rank_level,
        "parent_id": taxon.parent_id,
        "ancestry": "/".join(map(str, taxon.line[:-1])) or None,
        "ancestor_ids": list(taxon.line),
        "iconic_taxon_id": iconic,
        "iconic_taxon_name": ICONIC_TAXA[iconic] if iconic is not None else None,
        "is_active": taxon.is_active,
        "extinct": False,
    }
    return described | ({"preferred_common_name": taxon.common_name} if taxon.common_name else {})
