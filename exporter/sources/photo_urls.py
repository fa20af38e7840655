"""What the address of a photo says: whose file it is.

iNaturalist keeps photos in the public bucket of the open data, or on its own server, as
``/photos/ID/SIZE.EXTENSION``. A photo on any other host (Flickr, Facebook, Picasa), a placeholder, or an
address without an extension is not a file of iNaturalist's; its exporter takes none of these either.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

_HOSTS = {
    "open-data": re.compile(r"inaturalist-open-data\.s3([.-][a-z0-9-]+)?\.amazonaws\.com"),
    "static": re.compile(r"static\.inaturalist\.org"),
}
_FILE = re.compile(r"/photos/([0-9]{1,15})/(square|thumb|small|medium|large|original)\.([A-Za-z0-9]{1,5})")
_PHOTO = re.compile(r"/photos/([0-9]{1,15})/")


@dataclass(frozen=True)
class PhotoAddress:
    """Where a photo lies, and its id where iNaturalist's address has it."""

    #: open-data, static or elsewhere, as in the lake.
    host: str
    photo_id: int | None = None
    extension: str | None = None


def photo_address(url: object) -> PhotoAddress:
    """Read a photo's URL. ValueError if it is not even text."""
    if not isinstance(url, str):
        raise ValueError("not an address")
    try:
        parts = urlsplit(url.strip())
        name = (parts.hostname or "").lower()
    except ValueError:
        return PhotoAddress("elsewhere")
    host = next((each for each, pattern in _HOSTS.items() if pattern.fullmatch(name)), None)
    if host is None:
        return PhotoAddress("elsewhere")
    if file := _FILE.fullmatch(parts.path):
        return PhotoAddress(host, int(file[1]), file[3])
    photo = _PHOTO.match(parts.path)
    return PhotoAddress("elsewhere", int(photo[1]) if photo else None)
