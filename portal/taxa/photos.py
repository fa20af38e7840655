"""Photos to look at: shown from iNaturalist's open data, never copied."""

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


#: In place of a licence: that of a photo that is not known, and what marks a drawing in a simulated world.
UNKNOWN, DRAWING = "", "drawing"


def notes(shown: Iterable[Photo | None]) -> dict[str, bool]:
    """What a page says once of the photos on it, for `taxa/_photo_note.html`."""
    licences = {photo.license for photo in shown if photo}
    return {
        "has_photos": bool(licences - {UNKNOWN, DRAWING}),
        "has_linked_photos": UNKNOWN in licences,
        "has_drawings": DRAWING in licences,
    }


def address(photo: Photo, size: str) -> str:
    """Where its file lies: "square" is 75 pixels wide and high, "small" at most 240."""
    return f"{settings.PHOTO_URL}/photos/{photo.photo_id}/{size}.{photo.extension}"


def page(photo: Photo) -> str:
    """Its page on iNaturalist, which names the author."""
    return inaturalist.photo_address(photo.photo_id)


def licence(photo: Photo) -> str:
    """Its licence as it is written."""
    return LICENCES.get(photo.license, photo.license.upper())
