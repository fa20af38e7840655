"""Fields that iNaturalist's answers have and a simulated world does not draw."""

from collections.abc import Callable
from typing import Any

Json = dict[str, Any]

_CREATED_AT = "2017-10-06T20:04:47+00:00"
_OBSERVATION: Json = {
    "annotations": [],
    "cached_votes_total": 0,
    "comments_count": 0,
    "description": None,
    "faves_count": 0,
    "non_owner_ids": [],
    "oauth_application_id": None,
    "ofvs": [],
    "place_guess": "somewhere",
    "place_ids": [],
    "project_ids": [],
    "reviewed_by": [],
    "site_id": 1,
}
_USER: Json = {"identifications_count": 0, "observations_count": 0, "species_count": 0}
_TAXON: Json = {"created_at": _CREATED_AT, "current_synonymous_taxon_ids": None}
_PLACE_OF_TAXON: Json = {"endemic": False, "introduced": False, "native": False, "threatened": False}


def complete_taxon(taxon: Json, observations: int) -> Json:
    """A taxon as lists of taxa give it."""
    line = taxon.get("ancestor_ids") or [taxon["id"]]
    return {
        **_TAXON,
        "observations_count": observations,
        "min_species_taxon_id": taxon["id"],
        "min_species_ancestry": ",".join(map(str, line)),
        **taxon,
    }


def complete_observation(record: Json, taxon_of: Callable[[int], Json | None]) -> Json:
    """An observation with every field that recorded answers have; what it has of itself stays."""
    community_id = record.get("community_taxon_id")
    community = taxon_of(community_id) if community_id is not None else None
    filled = {
        **_OBSERVATION,
        **record,
        "user": _complete_user(record.get("user")),
        "identifications": [
            _complete_identification(each, taxon_of) for each in record.get("identifications") or []
        ],
    }
    if isinstance(record.get("taxon"), dict):
        filled["taxon"] = {**_PLACE_OF_TAXON, **(taxon_of(record["taxon"]["id"]) or {}), **record["taxon"]}
    if community is not None and "community_taxon" not in record:
        filled["community_taxon"] = community
    return filled


def _complete_identification(identification: Json, taxon_of: Callable[[int], Json | None]) -> Json:
    previous_id = identification.get("previous_observation_taxon_id")
    filled = {**identification, "user": _complete_user(identification.get("user"))}
    if previous_id is not None and "previous_observation_taxon" not in identification:
        filled["previous_observation_taxon"] = taxon_of(previous_id)
    return filled


def _complete_user(user: Json | None) -> Json | None:
    return None if user is None else {**_USER, **user}
