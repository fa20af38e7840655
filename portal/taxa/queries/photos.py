"""Reads of photos that pages may show."""

from collections.abc import Iterable

from django.conf import settings

from portal.taxa.models import Photo


def of_observations(observation_ids: Iterable[int]) -> dict[int, Photo]:
    """A photo of each of these observations that has one, by the observation's id."""
    if not settings.PHOTO_URL:
        return {}
    return Photo.objects.in_bulk(list(observation_ids))


def of_taxa(taxon_ids: Iterable[int]) -> dict[int, Photo]:
    """A photo of each of these taxa that has one, by the taxon's id."""
    if not settings.PHOTO_URL:
        return {}
    found = Photo.objects.filter(taxon_id__in=list(taxon_ids))
    return {photo.taxon_id: photo for photo in found if photo.taxon_id is not None}
