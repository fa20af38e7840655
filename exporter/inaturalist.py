"""Where iNaturalist's pages, API, photos and open data are."""

SITE = "https://www.inaturalist.org"
API = "https://api.inaturalist.org/v1"
#: The public bucket of the open data: its tables, and the openly licensed photos.
OPEN_DATA = "https://inaturalist-open-data.s3.amazonaws.com"
#: The server of all other photos.
STATIC = "https://static.inaturalist.org"
