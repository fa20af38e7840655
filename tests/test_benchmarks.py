"""What the benchmarks make up fits what it is measured with: no long run ends in its middle for that."""

import pyarrow as pa

from benchmarks import portal_hotspots
from portal.hotspots.models import Confusion, Hotspot, WorklistEntry
from tests.portal.taking_over import take_over_hotspots
from tests.portal.world import TAXA


def test_made_up_hotspots_are_taken_over(world):
    taxa = sorted(taxon_id for taxon_id, *_ in TAXA)[:8]
    labels = pa.table({"taxon_id": taxa, "tree_left": pa.array(range(8), pa.int64())})
    result = portal_hotspots.findings(labels, entries=40)
    assert take_over_hotspots(world, {"inat-2022": result}) == {"inat-2022": 8}
    assert sorted(Hotspot.objects.values_list("taxon_id", flat=True)) == taxa
    assert WorklistEntry.objects.count() == result.worklist.num_rows > 20
    assert Confusion.objects.count() == 8 * portal_hotspots.CONFUSIONS_EACH
