"""Addresses on iNaturalist, where the work is done."""

from collections.abc import Sequence

SITE = "https://www.inaturalist.org"


def observation_address(observation_id: int) -> str:
    """An observation's page."""
    return f"{SITE}/observations/{observation_id}"


def photo_address(photo_id: int) -> str:
    """A photo's page, which names its author."""
    return f"{SITE}/photos/{photo_id}"


def taxon_address(taxon_id: int) -> str:
    """A taxon's page."""
    return f"{SITE}/taxa/{taxon_id}"


def observations_of(taxon_id: int) -> str:
    """The observations of a taxon, from anywhere."""
    return f"{SITE}/observations?taxon_id={taxon_id}&place_id=any"


def to_identify(taxon_id: int) -> str:
    """The Identify page with a taxon's observations, looked at before or not."""
    return f"{SITE}/observations/identify?taxon_id={taxon_id}&quality_grade=needs_id,research&reviewed=any"


def identify_address(observation_ids: Sequence[int]) -> str:
    """The Identify page with just these observations, looked at before or not."""
    ids = ",".join(map(str, observation_ids))
    return f"{SITE}/observations/identify?reviewed=any&quality_grade=needs_id,research&id={ids}"
