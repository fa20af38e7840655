"""Photos to look at: read from the database, shown from iNaturalist's open data, never copied."""

from collections.abc import Iterable

from django.conf import settings

from portal import inaturalist
from portal.taxa.models import Photo

#: As the lake has them, and as they are written.
LICENCES = {
    "cc0": "CC0",
    "cc-by": "CC BY",
    "cc-by-nc": "CC BY-NC",
    "cc-by-nd": "CC BY-ND",
    "cc-by-sa": "CC BY-SA",
    "cc-by-nc-nd": "CC BY-NC-ND",
    "cc-by-nc-sa": "CC BY-NC-SA",
    "pd": "public domain",
}


def of_observations(observation_ids: Iterable[int]) -> dict[int, Photo]:
    """A photo of each of these observations that has one, by the observation's id."""
    if not settings.PHOTO_URL:
        return {}
    return Photo.objects.in_bulk(list(observation_ids))


def of_taxa(taxon_ids: Iterable[int]) -> dict[int, Photo]:
    """A photo of each of these taxa that has one, by the taxon's id."""
    if not settings.PHOTO_URL:
        return {}
    return {photo.taxon_id: photo for photo in Photo.objects.filter(taxon_id__in=list(taxon_ids))}


def address(photo: Photo, size: str) -> str:
    """Where its file lies: "square" is 75 pixels wide and high, "small" at most 240."""
    return f"{settings.PHOTO_URL}/photos/{photo.photo_id}/{size}.{photo.extension}"


def page(photo: Photo) -> str:
    """Its page on iNaturalist, which names the author."""
    return inaturalist.photo_address(photo.photo_id)


def licence(photo: Photo) -> str:
    """Its licence as it is written."""
    return LICENCES.get(photo.license, photo.license.upper())
