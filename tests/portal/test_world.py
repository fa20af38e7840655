from portal.taxa.models import Readiness, ReadinessHistory, Status, TaxonName


def test_the_small_world_has_every_status(world):
    assert set(Readiness.objects.values_list("status", flat=True)) == set(Status.values)
    assert ReadinessHistory.objects.filter(refresh=world).count() == 2
    assert set(TaxonName.objects.filter(taxon_id=118970).values_list("key", flat=True)) == {
        "bombus impatiens",
        "impatiens",
        "common eastern bumble bee",
        "eastern bumble bee",
        "bumble bee",
        "bee",
    }
