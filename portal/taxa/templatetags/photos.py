"""Photos in templates, each with its licence and a link to the page that names its author."""

from typing import Any

from django import template

from portal.taxa import photos
from portal.taxa.models import Photo, Taxon

register = template.Library()

#: The sides of a portrait beside a name and of one at the head of a page, in pixels.
BESIDE, HEAD = 48, 128


@register.inclusion_tag("taxa/_thumbnail.html")
def thumbnail(photo: Photo | None, taxon: Taxon | None) -> dict[str, Any]:
    """An observation's photo, a drawing in its place, or the icon of what it is called."""
    return _shown(photo, "small") | {"taxon": taxon}


@register.inclusion_tag("taxa/_credit.html")
def photo_credit(photo: Photo | None) -> dict[str, Any]:
    """A photo's licence as a link to the page that names its author."""
    return _shown(photo, "small")


@register.inclusion_tag("taxa/_portrait.html")
def portrait(taxon: Taxon, photo: Photo | None, is_large: bool = False) -> dict[str, Any]:
    """A taxon's photo, or its icon."""
    shown = _shown(photo, "small" if is_large else "square")
    return shown | {"taxon": taxon, "is_large": is_large, "side": HEAD if is_large else BESIDE}


def _shown(photo: Photo | None, size: str) -> dict[str, Any]:
    if not photo:
        return {"kind": "none"}
    if photo.license == photos.DRAWING:
        return {"kind": "drawing"}
    if photo.license == photos.UNKNOWN:
        return {"kind": "linked", "page": photos.page(photo)}
    return {
        "kind": "photo",
        "source": photos.address(photo, size),
        "page": photos.page(photo),
        "licence": photos.licence(photo),
    }
