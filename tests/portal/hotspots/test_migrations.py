"""What an installation has counted survives an upgrade, and the way back."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from portal.hotspots.models import Hotspot
from tests.portal.hotspots.findings import AXYRIDIS, CARNARIA, IMPATIENS

RULES = ("inat-2021", "inat-2022")
#: By taxon: kinds and continents, before and now.
WORDS = {
    IMPATIENS: ("lookalike vision_loop", "north_america"),
    CARNARIA: ("collapse", ""),
    AXYRIDIS: ("out_of_range", ""),
}
JSON = {
    IMPATIENS: ({"lookalike": 1, "vision_loop": 2}, {"north_america": 35}),
    CARNARIA: ({"collapse": 1}, {}),
    AXYRIDIS: ({"out_of_range": 1}, {}),
}


def stored(model):
    """What is shown; the generation before stays beside it."""
    rows = model.objects.filter(criteria__in=RULES)
    return {(row.taxon_id, row.criteria): (row.kinds, row.continents) for row in rows}


def under_both_rules(values):
    return {(taxon_id, rule): found for taxon_id, found in values.items() for rule in RULES}


@pytest.mark.django_db(transaction=True)
def test_kinds_and_continents_become_json_and_words_again(hotspots):
    before = list(Hotspot.objects.order_by("id").values())
    assert stored(Hotspot) == under_both_rules(JSON)
    try:
        executor = MigrationExecutor(connection)
        former = executor.migrate([("hotspots", "0001_initial")]).apps.get_model("hotspots", "Hotspot")
        assert stored(former) == under_both_rules(WORDS)
    finally:
        call_command("migrate", verbosity=0)  # what stands on it went back too
    assert list(Hotspot.objects.order_by("id").values()) == before
