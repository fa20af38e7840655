"""The server takes the longest address that the API takes."""

import gc
from urllib.parse import urlencode

from django.urls import get_resolver

from portal import gunicorn
from portal.api.parameters import MOST_TAXA


def test_an_address_with_as_many_taxa_as_may_be_fits_in_a_request_line():
    ids = ",".join(["99999999"] * MOST_TAXA)
    query = urlencode({"taxon_id": ids, "criteria": "inat-2022", "format": "csv"})
    assert len(f"GET /api/v1/inclusion/?{query} HTTP/1.1\r\n") < gunicorn.limit_request_line


def test_a_worker_has_every_page_loaded_and_out_of_the_collector_before_it_serves():
    try:
        gunicorn.post_worker_init(object())
        assert "url_patterns" in vars(get_resolver())
        assert gc.get_freeze_count() > 100_000
    finally:
        gunicorn.worker_exit(object(), object())
    assert gc.get_freeze_count() == 0
