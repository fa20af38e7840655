"""The tables of iNaturalist's open-data dump: what their columns hold and which rows of the lake they make.

Columns are those listed in `Metadata/README.md` of inaturalist/inaturalist-open-data. A column that is
missing from a file counts as empty, one that is not named here is passed over.
"""

from exporter.schema import surrogate_id_sql
from exporter.sources.kinds import Kind
from exporter.sources.text_tables import (
    ANCESTRY,
    ANCESTRY_SQL,
    DAY,
    DISTANCE,
    EXTENSION,
    GRADE,
    ID,
    LATITUDE,
    LICENSE,
    LONGITUDE,
    NUMBER,
    TEXT,
    TRUTH,
    UUID,
    WHOLE,
    TextColumn,
    TextTable,
)  # fmt: skip

_OBSERVATION_UUID = TextColumn("observation_uuid", UUID, is_required=True)
_OBSERVATION_ID = surrogate_id_sql("CAST(observation_uuid AS VARCHAR)")

DUMP_TABLES = {
    Kind.DUMP_TAXA: TextTable(
        (
            TextColumn("taxon_id", ID, is_required=True),
            TextColumn("ancestry", ANCESTRY),
            TextColumn("rank_level", NUMBER),
            TextColumn("rank", TEXT),
            TextColumn("name", TEXT),
            TextColumn("active", TRUTH),
        ),
        "taxa",
        {
            "taxon_id": "taxon_id",
            "ancestry": ANCESTRY_SQL,
            "name": "name",
            "rank": "lower(rank)",
            "rank_level": "rank_level",
            "is_active": "active",
        },
    ),
    Kind.DUMP_OBSERVATIONS: TextTable(
        (
            _OBSERVATION_UUID,
            TextColumn("observer_id", ID),
            TextColumn("latitude", LATITUDE),
            TextColumn("longitude", LONGITUDE),
            TextColumn("positional_accuracy", DISTANCE),
            TextColumn("taxon_id", ID),
            TextColumn("quality_grade", GRADE),
            TextColumn("observed_on", DAY),
            TextColumn("anomaly_score", NUMBER),
        ),
        "observations",
        {
            "observation_id": _OBSERVATION_ID,
            "observation_uuid": "CAST(observation_uuid AS VARCHAR)",
            "taxon_id": "taxon_id",
            "quality_grade": "quality_grade",
            "observer_id": "observer_id",
            "observed_on": "observed_on",
            "latitude": "latitude",
            "longitude": "longitude",
            "positional_accuracy": "positional_accuracy",
            "anomaly_score": "anomaly_score",
        },
    ),
    Kind.DUMP_PHOTOS: TextTable(
        (
            TextColumn("photo_id", ID, is_required=True),
            _OBSERVATION_UUID,
            TextColumn("extension", EXTENSION),
            TextColumn("license", LICENSE),
            TextColumn("width", WHOLE),
            TextColumn("height", WHOLE),
            TextColumn("position", WHOLE),
        ),
        "photos",
        {
            "observation_id": _OBSERVATION_ID,
            "photo_id": "photo_id",
            # The dump counts from 0, as the lake does: of 32 observations in a real sample 26 have a photo 0,
            # and those that have a photo 1 or 2 alone lack the earlier ones for their licences.
            "position": '"position"',
            # Without an extension there is no address.
            "host": "CASE WHEN extension IS NOT NULL THEN 'open-data' END",
            "extension": "extension",
            "license": "lower(license)",
            "width": "width",
            "height": "height",
        },
    ),
    # Names of people are not kept.
    Kind.DUMP_OBSERVERS: TextTable((TextColumn("observer_id", ID, is_required=True),), None, {}),
}
