"""What a taxon's page and a search say of a taxon first: is it in the model, will it be, what is wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from portal.hotspots.models import Hotspot
from portal.hotspots.queries import LEAST_SHOWN
from portal.lake.models import Refresh
from portal.taxa.models import Readiness, Taxon
from portal.versions.models import ModelVersion
from portal.versions.queries import classes_of, current_version
from portal.versions.queries.current import Reported, current_standings


@dataclass(frozen=True)
class Answer:
    """What is known of a taxon.

    is_current: whether it is a class of the current model, by iNaturalist's word, else by the version
                released last; None where neither is known.
    row:        how it stands for the next model; None where it has no observations.
    hotspot:    its label, where at least one observation under it is expected to be wrong.
    """

    taxon: Taxon
    is_current: bool | None
    row: Readiness | None
    hotspot: Hotspot | None


def answers(taxa: Iterable[Taxon], criteria: str, refresh: Refresh | None) -> list[Answer]:
    """Return what is known of each of these taxa: four queries, however many they are."""
    taxa = list(taxa)
    ids = [taxon.id for taxon in taxa]
    rows = {row.taxon_id: row for row in Readiness.objects.filter(criteria=criteria, taxon_id__in=ids)}
    wrong = Hotspot.objects.filter(criteria=criteria, taxon_id__in=ids, expected_wrong__gte=LEAST_SHOWN)
    hotspots = {row.taxon_id: row for row in wrong}
    recorded = current_standings(ids, refresh)
    version = current_version() if len(recorded) < len(ids) else None
    return [
        Answer(
            taxon,
            is_current(taxon.id, recorded.get(taxon.id), version),
            rows.get(taxon.id),
            hotspots.get(taxon.id),
        )
        for taxon in taxa
    ]


def is_current(taxon_id: int, recorded: Reported | None, version: ModelVersion | None) -> bool | None:
    """Whether a taxon is a class of the current model: as iNaturalist says, else by a version; or unknown."""
    if recorded is not None:
        return recorded.is_included
    return taxon_id in classes_of(version.run_id) if version else None
