"""Which photo goes into which set of which class: three passes over all classes at once.

For each class, by the rules of `exporter.criteria` on the observations that lie in its clade. An observation
confirmed for one class is that class's alone; a class to which only its taxon points does without it.

Of observations that show the same photo one serves and the others nowhere, or the photo could be in training
and in test: one that is confirmed before one that is not, then the one with the smallest id. All of them
count for their classes' lines, as in iNaturalist's exporter, which may put such a photo into several sets.

1.  Minimum: of the confirmed observations, those with the fewest usable photos (equals by draw key; or all
    by draw key, with ``set_aside_by`` ``draw``) give their first photo to test until it has ``test_min``,
    then to validation until it has ``val_min``.
2.  Training, by draw key, while it has fewer than ``train_max`` photos: the first photo of each other
    confirmed observation; then their further photos, up to ``train_photos_per_observation`` of each; then
    the same for the unconfirmed ones.
3.  Of the confirmed observations left over because training was full, the next in the order of pass 1 give
    their first photo to test until it has ``test_max``, then to validation until it has ``val_max``.

An observation's photos stand in order of position (those without one last), then id. A photo of which no
address is known is as good as none.

Source: ``lookupAndProcessTaxonData``, ``distributeTaxonPhotoFirstPass`` and ``distributeMultiplePhotos`` in
``lib/vision_data_exporter.js`` (inaturalist/iNaturalistAPI), which fills by chunks of 500 shuffled
observations; here a class is filled as one.
"""

import numpy as np
import pyarrow as pa

from exporter.columns import integers
from exporter.criteria import WRITABLE_PHOTO, Criteria
from exporter.draw import DRAW_KEY
from exporter.engine import Engine
from exporter.leaves import leaf_positions
from exporter.ranges import create_by_range, id_ranges, within
from exporter.readiness import Assessment
from exporter.settling import SETTLED
from exporter.tree import NONE, Ints

SETS = ("train", "val", "test")

_BATCH_ROWS = 100_000

#: One row an observation in a class; ``other_class_id`` is a class to which only its taxon points.
_MEMBERS = f"""
CREATE OR REPLACE TEMP TABLE members AS
SELECT observation_id, photos,
    coalesce(c.leaf_class_id, t.leaf_class_id) AS leaf_class_id,
    c.leaf_class_id IS NOT NULL AS is_confirmed,
    CASE WHEN c.leaf_class_id IS NOT NULL THEN s.confirming_id ELSE s.taxon_id END AS obs_taxon_id,
    CASE WHEN t.leaf_class_id <> c.leaf_class_id THEN t.leaf_class_id END AS other_class_id,
    {DRAW_KEY} AS draw_key
FROM {SETTLED} AS s
    LEFT JOIN class_of AS c ON c.taxon_id = s.confirming_id
    LEFT JOIN class_of AS t ON t.taxon_id = s.taxon_id
WHERE c.leaf_class_id IS NOT NULL OR t.leaf_class_id IS NOT NULL
"""

#: Few photos are: made first, so that the claims to them need not look at all members.
_SHARED = f"""
CREATE OR REPLACE TEMP TABLE shared AS
SELECT photo_id FROM photos WHERE {WRITABLE_PHOTO} GROUP BY photo_id HAVING count(*) > 1
"""

#: Observations with a photo of another observation, which serves in their place.
_DISPLACED = f"""
CREATE OR REPLACE TEMP TABLE displaced AS
WITH showing AS (
    SELECT observation_id, photo_id FROM photos SEMI JOIN shared USING (photo_id) WHERE {WRITABLE_PHOTO}
),
claims AS (
    SELECT observation_id, row_number() OVER (
        PARTITION BY photo_id ORDER BY is_confirmed DESC, observation_id
    ) AS turn
    FROM showing JOIN members USING (observation_id)
)
SELECT DISTINCT observation_id FROM claims WHERE turn > 1
"""

#: ``scarcity`` is the place in the order in which test and validation take observations, ``turn`` the one in
#: which training takes those that pass 1 did not.
_RANKED = """
CREATE OR REPLACE TEMP TABLE ranked AS
WITH by_photos AS (
    SELECT leaf_class_id, observation_id, photos, obs_taxon_id, is_confirmed, draw_key, row_number() OVER (
        PARTITION BY leaf_class_id, is_confirmed
        ORDER BY CASE WHEN $by_draw THEN 0 ELSE photos END, draw_key, observation_id
    ) AS scarcity
    FROM members ANTI JOIN displaced USING (observation_id)
),
passed AS (
    SELECT *, is_confirmed AND scarcity <= $set_aside AS is_set_aside FROM by_photos
)
SELECT *, row_number() OVER (
    PARTITION BY leaf_class_id, is_confirmed, is_set_aside ORDER BY draw_key, observation_id
) AS turn
FROM passed
"""

#: With each place what the photo's row says of its observation, so that no join brings it.
_PLACES = """
CREATE OR REPLACE TEMP TABLE places AS
WITH shots AS (
    SELECT leaf_class_id, observation_id, photos, obs_taxon_id, is_confirmed, draw_key,
        unnest(range(CAST(least(photos, $photos_per_observation) AS BIGINT))) AS position
    FROM ranked WHERE NOT is_set_aside AND turn <= $train_max
),
queue AS (
    SELECT leaf_class_id, observation_id, position, photos, obs_taxon_id, is_confirmed, row_number() OVER (
        PARTITION BY leaf_class_id
        ORDER BY is_confirmed DESC, position > 0, draw_key, observation_id, position
    ) - 1 AS place
    FROM shots
),
left_over AS (
    SELECT leaf_class_id, observation_id, photos, obs_taxon_id, is_confirmed,
        row_number() OVER (PARTITION BY leaf_class_id ORDER BY scarcity) - 1 AS place
    FROM ranked WHERE is_confirmed AND NOT is_set_aside AND turn > $train_max
)
SELECT 0 AS set_number, leaf_class_id, place, observation_id, position, photos AS observation_photos,
    obs_taxon_id, is_confirmed
FROM queue WHERE place < $train_max
UNION ALL
SELECT CASE WHEN scarcity <= $test_min THEN 2 ELSE 1 END, leaf_class_id,
    CASE WHEN scarcity <= $test_min THEN scarcity - 1 ELSE scarcity - 1 - $test_min END, observation_id, 0,
    photos, obs_taxon_id, is_confirmed
FROM ranked WHERE is_set_aside
UNION ALL
SELECT CASE WHEN place < $test_room THEN 2 ELSE 1 END, leaf_class_id,
    CASE WHEN place < $test_room THEN $test_min + place ELSE $val_min + place - $test_room END,
    observation_id, 0, photos, obs_taxon_id, is_confirmed
FROM left_over WHERE place < $test_room + $val_room
"""

#: The table that `photo_rows` reads from, of no use once its rows are read.
TAKEN = "taken"

#: Most observations have one photo, which needs no order.
_PHOTOS = f"""
WITH shown AS (
    SELECT observation_id, photo_id, host, extension, license, 0 AS position
    FROM {{photos}} SEMI JOIN (FROM {{places}} WHERE observation_photos = 1) USING (observation_id)
    WHERE {WRITABLE_PHOTO}
    UNION ALL
    SELECT observation_id, photo_id, host, extension, license, row_number() OVER (
        PARTITION BY observation_id ORDER BY position NULLS LAST, photo_id
    ) - 1 AS position
    FROM {{photos}} SEMI JOIN (FROM {{places}} WHERE observation_photos > 1) USING (observation_id)
    WHERE {WRITABLE_PHOTO}
)
SELECT p.set_number, p.leaf_class_id, p.place, s.photo_id, s.host, s.extension, p.observation_id,
    p.obs_taxon_id, p.is_confirmed, p.position, p.observation_photos, s.license
FROM {{places}} AS p JOIN shown AS s ON s.observation_id = p.observation_id AND s.position = p.position
"""
_IN_ORDER = f"""
SELECT set_number, leaf_class_id, photo_id, host, extension, observation_id, obs_taxon_id, is_confirmed,
    position, observation_photos, license
FROM {TAKEN} ORDER BY set_number, leaf_class_id, place
"""

#: Coordinates that round to (0, 0) at four digits say as little as those that are just that.
_PLACED = """
SELECT m.leaf_class_id, m.observation_id, m.obs_taxon_id, m.is_confirmed, m.draw_key, o.latitude,
    o.longitude, o.observed_on, coalesce(o.is_captive, false) AS is_captive, o.positional_accuracy
FROM {members} AS m JOIN {observations} AS o ON o.observation_id = m.observation_id
WHERE o.latitude IS NOT NULL AND o.longitude IS NOT NULL
    AND NOT (abs(o.latitude) <= 0.00005 AND abs(o.longitude) <= 0.00005)
    AND coalesce(o.positional_accuracy <= $accuracy_max, true)
"""
#: Only classes with more places than are taken need counting: all others are merely put in order.
_SPATIAL = """
WITH crowded AS (
    SELECT leaf_class_id FROM placed GROUP BY leaf_class_id HAVING count(*) > $spatial_max
),
turns AS (
    SELECT observation_id, row_number() OVER (
        PARTITION BY leaf_class_id ORDER BY draw_key, observation_id
    ) AS turn
    FROM placed SEMI JOIN crowded USING (leaf_class_id)
)
SELECT observation_id, latitude, longitude, observed_on, leaf_class_id, obs_taxon_id, is_confirmed,
    is_captive, positional_accuracy
FROM placed ANTI JOIN (SELECT observation_id FROM turns WHERE turn > $spatial_max) AS over_the_maximum
    USING (observation_id)
ORDER BY leaf_class_id, draw_key, observation_id
"""

#: About so many photos or places are joined at once.
_ROWS_AT_ONCE = 4_000_000

SPATIAL_MAX = 100_000
ACCURACY_MAX_M = 50_000.0

_SHARED_ELSEWHERE = """
WITH missed AS (
    SELECT other_class_id AS class_id FROM members WHERE other_class_id IS NOT NULL
    UNION ALL
    SELECT leaf_class_id FROM members SEMI JOIN displaced USING (observation_id)
)
SELECT class_id, count(*) AS observations FROM missed GROUP BY class_id
"""


def fill(con: Engine, criteria: Criteria, assessment: Assessment, seed: str) -> Ints:
    """Fill the sets of the classes, from the observations that `exporter.settling` labelled.

    Makes the tables that `photo_rows` and `spatial_rows` read. Gives for each class the number of
    observations that count for it and serve elsewhere: to which its taxon alone lays claim and that another
    class has, or with a photo of another observation that serves in their place.
    """
    con.register("class_of", _class_of(assessment))
    con.execute(_MEMBERS, {"seed": seed})
    con.unregister("class_of")
    con.execute(_SHARED)
    con.execute(_DISPLACED)
    by_draw = criteria.set_aside_by == "draw"
    con.execute(_RANKED, {"set_aside": criteria.set_aside, "by_draw": by_draw})
    con.execute(
        _PLACES,
        {
            "photos_per_observation": criteria.train_photos_per_observation,
            "train_max": criteria.train_max,
            "test_min": criteria.test_min,
            "val_min": criteria.val_min,
            "test_room": criteria.test_max - criteria.test_min,
            "val_room": criteria.val_max - criteria.val_min,
        },
    )
    con.execute("DROP TABLE ranked")
    shared = con.execute(_SHARED_ELSEWHERE).fetchnumpy()
    counts = np.zeros(np.count_nonzero(assessment.leaves), dtype=np.int64)
    counts[integers(shared["class_id"])] = integers(shared["observations"])
    return counts


def photo_rows(con: Engine) -> pa.RecordBatchReader:
    """The selected photos: set (place in SETS), class, then the order in which its places were filled.

    Columns: set_number, leaf_class_id, photo_id, host, extension, observation_id, obs_taxon_id,
    is_confirmed, position (among the observation's usable photos, 0 first), observation_photos, license.
    """
    create_by_range(
        con,
        TAKEN,
        lambda ids: _PHOTOS.format(photos=f"({within('photos', ids)})", places=f"({within('places', ids)})"),
        id_ranges(con, "places", _ROWS_AT_ONCE),
    )
    con.execute("DROP TABLE places")
    # Not con.execute: DuckDB's Arrow output of that loses the order of the rows.
    return con.sql(_IN_ORDER).to_arrow_reader(_BATCH_ROWS)


def spatial_rows(con: Engine) -> pa.RecordBatchReader:
    """Where the classes were seen: by class, in the order of the draw, at most SPATIAL_MAX of each.

    Columns: observation_id, latitude, longitude (public, degrees), observed_on, leaf_class_id, obs_taxon_id,
    is_confirmed, is_captive, positional_accuracy (at most ACCURACY_MAX_M, or null).
    """
    create_by_range(
        con,
        "placed",
        lambda ids: _PLACED.format(
            members=f"({within('members', ids)})", observations=f"({within('observations', ids)})"
        ),
        id_ranges(con, "members", _ROWS_AT_ONCE),
        {"accuracy_max": ACCURACY_MAX_M},
    )
    con.execute("DROP TABLE members")
    return con.sql(_SPATIAL, params={"spatial_max": SPATIAL_MAX}).to_arrow_reader(_BATCH_ROWS)


def class_taxon_ids(assessment: Assessment) -> Ints:
    """The taxon of each class: class ids are 0, 1, ... by ascending taxon id."""
    return np.sort(assessment.tree.taxon_ids[assessment.leaves])


def _class_of(assessment: Assessment) -> pa.Table:
    """The class of every active taxon that has one."""
    tree = assessment.tree
    leaf = leaf_positions(tree, assessment.leaves)
    has_class = (leaf != NONE) & assessment.is_active
    class_ids = np.searchsorted(class_taxon_ids(assessment), tree.taxon_ids[leaf[has_class]])
    return pa.table({"taxon_id": tree.taxon_ids[has_class], "leaf_class_id": class_ids})
