"""The pages about the API."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from portal.languages import feed_query
from portal.links import page_address

#: An example taxon: the common eastern bumble bee.
TAXON_ID = 118970

PYTHON = """\
import requests

answer = requests.get("{root}inclusion/", params={{"taxon_id": "52775,118970"}}, timeout=30)
answer.raise_for_status()
for taxon in answer.json()["results"]:
    print(taxon["name"], taxon["outlook"]["status"], taxon["why"])
"""
R = """\
library(jsonlite)

answer <- fromJSON("{root}inclusion/?taxon_id=52775,118970", flatten = TRUE)
answer$results[, c("name", "outlook.status", "why")]
"""
ETAG = """\
curl --etag-save tag.txt '{root}taxa/{taxon_id}/'
curl --etag-compare tag.txt --write-out '%{{http_code}}' '{root}taxa/{taxon_id}/'
"""
BADGE = '<img src="{badge}" alt="{words}" height="22">'


def use(request: HttpRequest) -> HttpResponse:
    """How to use the API, with examples that work as they stand."""
    root = page_address("api:root")
    badge = page_address("badge", TAXON_ID) + feed_query()
    context = {
        "root": root,
        "python": PYTHON.format(root=root),
        "r": R.format(root=root),
        "etag": ETAG.format(root=root, taxon_id=TAXON_ID),
        "badge": BADGE.format(badge=badge, words=_("iNaturalist model: see the picture")),
        "per_minute": settings.API_PER_MINUTE_ADDRESS,
        "per_minute_token": settings.API_PER_MINUTE_TOKEN,
    }
    return render(request, "api/use.html", context)


def reference(request: HttpRequest) -> HttpResponse:
    """Every address, drawn from the schema by Swagger UI."""
    return render(request, "api/docs.html")
