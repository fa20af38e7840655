"""Findings on the small world, as `exporter.hotspots` gives them. Every count is made up."""

from datetime import date

import pyarrow as pa

from exporter.hotspots import Findings
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, WORKLIST
from portal.lake.models import Refresh
from tests.portal.taking_over import take_over_hotspots

IMPATIENS, TERRESTRIS, GRISEOCOLLIS, BOMBUS = 118970, 57516, 120215, 52775
CARNARIA, SARCOPHAGA, AXYRIDIS, HARMONIA = 900001, 120489, 48484, 48487

#: A label that is a lookalike's in part, and suggested too often.
IMPATIENS_HOTSPOT = {
    "rank": 1,
    "taxon_id": IMPATIENS,
    "name": "Bombus impatiens",
    "kind": "lookalike",
    "confused_with_taxon_id": GRISEOCOLLIS,
    "confused_with_name": "Bombus griseocollis",
    "labels": 540,
    "expected_wrong": 61.4,
    "expected_wrong_low": 48.2,
    "expected_wrong_high": 77.9,
    "from_vision": 310,
    "reviewed": 120,
    "overturned": 17,
    "exported_photos": 860,
    "leaf_taxon_id": IMPATIENS,
    "kinds": ["lookalike", "vision_loop"],
    "evidence": "identifications",
    "suggested_reviewed": 70,
    "suggested_overturned": 15,
    "unaided_reviewed": 50,
    "unaided_overturned": 2,
    "vision_q_value": 0.004,
    "suggested_share": None,
    "skilled_share": None,
    "collapse_q_value": None,
    "expected_wrong_photos": 88.0,
    "leave_at_taxon_id": None,
    "tree_left": 11,
}
#: A genus collapsed onto one species that photos cannot tell from the others; the genus is the class.
CARNARIA_HOTSPOT = IMPATIENS_HOTSPOT | {
    "rank": 2,
    "taxon_id": CARNARIA,
    "name": "Sarcophaga carnaria",
    "kind": "collapse",
    "confused_with_taxon_id": None,
    "confused_with_name": None,
    "labels": 30,
    "expected_wrong": 2.2,
    "expected_wrong_low": 0.4,
    "expected_wrong_high": 5.3,
    "from_vision": 25,
    "reviewed": 3,
    "overturned": 2,
    "exported_photos": 40,
    "leaf_taxon_id": SARCOPHAGA,
    "kinds": ["collapse"],
    "evidence": "identifications",
    "suggested_reviewed": 2,
    "suggested_overturned": 2,
    "unaided_reviewed": 1,
    "unaided_overturned": 0,
    "vision_q_value": 0.4,
    "suggested_share": 0.92,
    "skilled_share": 0.11,
    "collapse_q_value": 0.0004,
    "expected_wrong_photos": 2.6,
    "leave_at_taxon_id": SARCOPHAGA,
    "tree_left": 15,
}
#: A small one, from open data, with nothing to look at.
AXYRIDIS_HOTSPOT = IMPATIENS_HOTSPOT | {
    "rank": 3,
    "taxon_id": AXYRIDIS,
    "name": "Harmonia axyridis",
    "kind": "out_of_range",
    "confused_with_taxon_id": None,
    "confused_with_name": None,
    "labels": 50,
    "expected_wrong": 0.4,
    "expected_wrong_low": 0.0,
    "expected_wrong_high": 4.2,
    "from_vision": 0,
    "reviewed": 0,
    "overturned": 0,
    "exported_photos": 0,
    "leaf_taxon_id": None,
    "kinds": ["out_of_range"],
    "evidence": "records",
    "suggested_reviewed": 0,
    "suggested_overturned": 0,
    "unaided_reviewed": 0,
    "unaided_overturned": 0,
    "vision_q_value": None,
    "expected_wrong_photos": 0.0,
    "tree_left": 6,
}
#: Label, truth, expected with its interval: both directions between two bumble bees.
CONFUSED = (
    (IMPATIENS, GRISEOCOLLIS, 44.0, 33.0, 57.0),
    (IMPATIENS, TERRESTRIS, 9.5, 4.0, 17.0),
    (GRISEOCOLLIS, IMPATIENS, 3.2, 0.6, 8.0),
    (CARNARIA, SARCOPHAGA, 21.0, 12.5, 26.1),
)


def entry(observation_id: int, label_taxon_id: int, suspicion: float, **values: object) -> dict[str, object]:
    """A worklist entry: by default a bumble bee at Boston in July, with one photo."""
    return {
        "observation_id": observation_id,
        "label_taxon_id": label_taxon_id,
        "suspicion": suspicion,
        "suggested_taxon_id": GRISEOCOLLIS,
        "reasons": '[{"code":"disagree","against":1,"of":3},{"code":"maybe","taxon":"Bombus griseocollis"}]',
        "priority": suspicion,
        "photos": 1,
        "kind": "lookalike",
        "evidence": "identifications",
        "latitude": 42.36,
        "longitude": -71.06,
        "observed_on": date(2026, 7, 4),
        "quality_grade": "research",
        "is_suggested": False,
        "is_disputed": True,
    } | values


def make_found(
    hotspots: list[dict] | None = None, entries: list[dict] | None = None, confused: tuple = CONFUSED
) -> Findings:
    """Findings of these rows: by default three hotspots, 35 entries under the first, one under the second."""
    if hotspots is None:
        hotspots = [IMPATIENS_HOTSPOT, CARNARIA_HOTSPOT, AXYRIDIS_HOTSPOT]
    if entries is None:
        entries = [entry(1000 + number, IMPATIENS, 0.9 - number / 100) for number in range(35)]
        entries.append(
            entry(2000, CARNARIA, 0.8, suggested_taxon_id=None, kind="collapse", latitude=None)
            | {"longitude": None, "observed_on": None}
        )
    return Findings(
        hotspots=pa.Table.from_pylist(hotspots, HOTSPOTS.append(pa.field("tree_left", pa.int64()))),
        worklist=pa.Table.from_pylist(entries, WORKLIST),
        confusions=pa.Table.from_pylist(
            [dict(zip(CONFUSIONS.names, row, strict=True)) for row in confused], CONFUSIONS
        ),
    )


def make_hotspots(last: Refresh) -> None:
    """The findings above at the small world's last refresh, a worse one at its first, under both rules."""
    first = Refresh.objects.exclude(pk=last.pk).get()
    worse = {"expected_wrong": 90.0, "expected_wrong_low": 70.5, "expected_wrong_high": 112.0}
    for refresh, result in (
        (first, make_found([IMPATIENS_HOTSPOT | worse])),
        (last, make_found()),
    ):
        refresh.refresh_from_db()
        refresh.counts["hotspots"] = take_over_hotspots(refresh, {"inat-2021": result, "inat-2022": result})
        refresh.save()
