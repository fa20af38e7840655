"""Addresses on iNaturalist, where the work is done."""

from collections.abc import Sequence

SITE = "https://www.inaturalist.org"


def observation_address(observation_id: int) -> str:
    """An observation's page."""
    return f"{SITE}/observations/{observation_id}"


def identify_address(observation_ids: Sequence[int]) -> str:
    """The Identify page with just these observations, looked at before or not."""
    ids = ",".join(map(str, observation_ids))
    return f"{SITE}/observations/identify?reviewed=any&quality_grade=needs_id,research&id={ids}"
