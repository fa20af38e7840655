"""Reads of photos that pages may show."""

from collections.abc import Iterable

from django.conf import settings
from django.db.models import Q

from portal.taxa.models import Photo


def of_either(
    observation_ids: Iterable[int], taxon_ids: Iterable[int]
) -> tuple[dict[int, Photo], dict[int, Photo]]:
    """A photo of each of these observations, and of each of these taxa, that has one, by the id of each."""
    if not settings.PHOTO_URL:
        return {}, {}
    observations, taxa = set(observation_ids), set(taxon_ids)
    result = list(Photo.objects.filter(Q(observation_id__in=observations) | Q(taxon_id__in=taxa)))
    return (
        {photo.observation_id: photo for photo in result if photo.observation_id in observations},
        {photo.taxon_id: photo for photo in result if photo.taxon_id in taxa},
    )


def of_taxa(taxon_ids: Iterable[int]) -> dict[int, Photo]:
    """A photo of each of these taxa that has one, by the taxon's id."""
    if not settings.PHOTO_URL:
        return {}
    result = Photo.objects.filter(taxon_id__in=list(taxon_ids))
    return {photo.taxon_id: photo for photo in result if photo.taxon_id is not None}
