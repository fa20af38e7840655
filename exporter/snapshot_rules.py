"""The rules of a written snapshot, each a sentence and the query that finds what breaks it.

The queries run over these relations (`exporter.verify` makes them from the folder, no lake needed):

places    photos.parquet, with row (0 first); place, 1 first within a set of a class; draw_key; and stage:
          in train 0 and 1 for the first and the further photos of confirmed observations, 2 and 3 for those
          of the others; in test and validation 0 up to the minimum, 1 beyond it.
filled    one row per class: what its sets hold and where they end.
classes   the manifest's counts of each class.
taxonomy, iconic_taxa, spatial_data   the CSV files, with row (0 first).
lines     each taxon of taxonomy with each of its ancestors, itself included.

What files alone cannot show appears only when the snapshot is derived again from the lake: a photo, a label
below its class, a coordinate or a name exchanged for another that could stand there; an observation left out
of a full class's draw; and the window's effect.
"""

import re
from dataclasses import dataclass

from exporter.inaturalist import OPEN_DATA, STATIC


@dataclass(frozen=True)
class Rule:
    """A rule that holds in every snapshot; ``broken`` selects a text that says where it does not."""

    sentence: str
    broken: str


#: ``scarcity`` orders test and validation before the draw does, ``weight`` each row's own set: in train all
#: observations come as drawn.
_PLACES = """
CREATE TEMP TABLE places AS
WITH numbered AS (
    SELECT file_row_number AS row, "set" AS set_name, photo_id, photo_url, observation_id, leaf_class_id,
        iconic_class_id, taxon_id, obs_taxon_id, community, position, observation_photos,
        substr(sha256(getvariable('seed') || ':' || observation_id), 1, 16) AS draw_key,
        CASE getvariable('set_aside_by') WHEN 'draw' THEN 0 ELSE observation_photos END AS scarcity,
        row_number() OVER (PARTITION BY "set", leaf_class_id ORDER BY file_row_number) AS place
    FROM photos_file
)
SELECT *,
    CASE set_name
        WHEN 'train' THEN 2 * (1 - community) + CAST(position > 0 AS INTEGER)
        WHEN 'val' THEN CAST(place > getvariable('val_min') AS INTEGER)
        ELSE CAST(place > getvariable('test_min') AS INTEGER)
    END AS stage,
    CASE WHEN set_name = 'train' THEN 0 ELSE scarcity END AS weight
FROM numbered
"""

_FILLED = """
CREATE TEMP TABLE filled AS
SELECT leaf_class_id,
    count(*) FILTER (set_name = 'train') AS train,
    count(*) FILTER (set_name = 'val') AS val,
    count(*) FILTER (set_name = 'test') AS test,
    count(DISTINCT observation_id) AS observations,
    count(DISTINCT observation_id) FILTER (community = 1) AS confirmed,
    count(*) FILTER (set_name = 'train' AND stage = 0) AS train_firsts,
    max(row(scarcity, draw_key)) FILTER (set_name = 'test' AND stage = 0) AS test_end,
    min(row(scarcity, draw_key)) FILTER (set_name = 'val' AND stage = 0) AS val_start,
    max(row(scarcity, draw_key)) FILTER (set_name = 'val' AND stage = 0) AS val_end,
    min(row(scarcity, draw_key))
        FILTER (CASE set_name WHEN 'train' THEN stage = 0 ELSE stage = 1 END) AS rest_start,
    max(draw_key) FILTER (set_name = 'train' AND stage = 0) AS train_end,
    min(draw_key) FILTER (set_name <> 'train' AND stage = 1) AS left_start,
    max(row(scarcity, draw_key)) FILTER (set_name = 'test' AND stage = 1) AS test_more_end,
    min(row(scarcity, draw_key)) FILTER (set_name = 'val' AND stage = 1) AS val_more_start,
    arg_max(stage, place) FILTER (set_name = 'train') AS last_stage,
    arg_max(draw_key, place) FILTER (set_name = 'train') AS last_key
FROM places GROUP BY leaf_class_id
"""

_SPATIAL = """
CREATE TEMP VIEW spatial_drawn AS
SELECT row, leaf_class_id, observation_id,
    substr(sha256(getvariable('seed') || ':' || observation_id), 1, 16) AS draw_key
FROM spatial_data
"""

_LINES = """
CREATE TEMP TABLE lines AS
WITH RECURSIVE climbing(taxon_id, above) AS (
    SELECT taxon_id, taxon_id FROM taxonomy
    UNION
    SELECT c.taxon_id, t.parent_taxon_id
    FROM climbing c JOIN taxonomy t ON t.taxon_id = c.above WHERE t.parent_taxon_id IS NOT NULL
)
FROM climbing
"""

#: In the order in which they are made.
DERIVED = (_PLACES, _FILLED, _SPATIAL, _LINES)

_PLACE = "set_name || ' row ' || row || ' (observation ' || observation_id || ')'"
_CLASS = "'class ' || leaf_class_id"

_TAXONOMY_RULES = (
    Rule(
        "a taxon has one row in taxonomy.csv",
        "SELECT 'taxon ' || taxon_id FROM taxonomy GROUP BY taxon_id HAVING count(*) > 1",
    ),
    Rule(
        "a taxon's parent is in taxonomy.csv, or is the root and left empty",
        "SELECT 'taxon ' || taxon_id FROM taxonomy WHERE parent_taxon_id IS NOT NULL"
        " AND parent_taxon_id NOT IN (SELECT taxon_id FROM taxonomy)",
    ),
    Rule(
        "no taxon is its own ancestor",
        "SELECT 'taxon ' || taxon_id FROM taxonomy ANTI JOIN ("
        "   SELECT l.taxon_id FROM lines l JOIN taxonomy t ON t.taxon_id = l.above"
        "   WHERE t.parent_taxon_id IS NULL"
        " ) USING (taxon_id)",
    ),
    Rule(
        "the classes of taxonomy.csv are those of the manifest",
        "SELECT 'taxon ' || coalesce(t.taxon_id, c.taxon_id)"
        " FROM (FROM taxonomy WHERE leaf_class_id IS NOT NULL) t"
        " FULL JOIN classes c ON t.taxon_id = c.taxon_id AND t.leaf_class_id = c.leaf_class_id"
        " WHERE t.taxon_id IS NULL OR c.taxon_id IS NULL",
    ),
    Rule(
        "class ids are 0, 1, 2, ... by ascending taxon id",
        f"SELECT {_CLASS} FROM classes"
        " QUALIFY leaf_class_id <> row_number() OVER (ORDER BY taxon_id) - 1"
        " OR row_number() OVER (ORDER BY taxon_id) <> row_number() OVER (ORDER BY row)",
    ),
    Rule(
        "a taxon is in taxonomy.csv as a class with none below it, or as an ancestor of one",
        "SELECT 'taxon ' || t.taxon_id FROM taxonomy t"
        " WHERE (t.leaf_class_id IS NULL) <> EXISTS (FROM taxonomy b WHERE b.parent_taxon_id = t.taxon_id)",
    ),
    Rule(
        "a class is of species rank or above, and a hybrid only where the criteria let it be one",
        "SELECT 'taxon ' || taxon_id FROM taxonomy WHERE leaf_class_id IS NOT NULL"
        " AND (coalesce(rank_level < getvariable('species_level'), true)"
        "   OR coalesce(list_contains(getvariable('barred_ranks'), rank), false))",
    ),
    Rule(
        "no class lies below a custom leaf",
        "SELECT 'taxon ' || c.taxon_id FROM classes c JOIN lines l USING (taxon_id)"
        " WHERE above <> c.taxon_id AND list_contains(getvariable('leaves'), above)",
    ),
    Rule(
        "iconic class ids are 0, 1, 2, ... by ascending iconic taxon id, of the classes' iconic taxa",
        """
        WITH used AS (
            SELECT DISTINCT iconic_taxon_id FROM taxonomy WHERE leaf_class_id IS NOT NULL
        ),
        numbered AS (
            SELECT iconic_taxon_id, row_number() OVER (ORDER BY iconic_taxon_id) - 1 AS iconic_class_id
            FROM used
        )
        SELECT 'iconic taxon ' || coalesce(i.iconic_taxon_id, n.iconic_taxon_id)
        FROM iconic_taxa i FULL JOIN numbered n
            ON i.iconic_taxon_id = n.iconic_taxon_id AND i.iconic_class_id = n.iconic_class_id
        WHERE i.iconic_taxon_id IS NULL OR n.iconic_taxon_id IS NULL
        """,
    ),
    Rule(
        "an iconic taxon has one row and its own name",
        "SELECT 'iconic taxon ' || i.iconic_taxon_id"
        " FROM iconic_taxa i LEFT JOIN taxonomy t ON t.taxon_id = i.iconic_taxon_id"
        " GROUP BY i.iconic_taxon_id HAVING count(*) > 1 OR bool_or(i.name IS NULL OR i.name <>"
        " CASE i.iconic_taxon_id WHEN 0 THEN 'Unassigned' ELSE coalesce(t.name, i.name) END)",
    ),
    Rule(
        "a class has the iconic class of its iconic taxon, and no other taxon has one",
        "SELECT 'taxon ' || t.taxon_id FROM taxonomy t"
        " LEFT JOIN iconic_taxa i ON i.iconic_taxon_id = t.iconic_taxon_id"
        " WHERE t.iconic_class_id IS DISTINCT FROM"
        "   CASE WHEN t.leaf_class_id IS NOT NULL THEN i.iconic_class_id END",
    ),
    Rule(
        "a class has its class id as spatial class id if it has spatial rows, and no other taxon has one",
        "SELECT 'taxon ' || taxon_id FROM taxonomy WHERE spatial_class_id IS DISTINCT FROM"
        " CASE WHEN leaf_class_id IN (SELECT leaf_class_id FROM spatial_data) THEN leaf_class_id END",
    ),
)

_SHARED_COLUMNS = "leaf_class_id, iconic_class_id, taxon_id"

_PHOTO_RULES = (
    Rule(
        "rows lie by set (train, val, test), then by class",
        "SELECT 'row ' || row FROM places"
        " QUALIFY row(coalesce(list_position(['train', 'val', 'test'], set_name), 0), leaf_class_id)"
        "   < lag(row(coalesce(list_position(['train', 'val', 'test'], set_name), 9), leaf_class_id))"
        "       OVER (ORDER BY row)"
        " OR set_name NOT IN ('train', 'val', 'test')",
    ),
    Rule(
        "a photo's class ids and taxon are those of a class in taxonomy.csv",
        f"SELECT {_PLACE} FROM places ANTI JOIN"
        f" (SELECT {_SHARED_COLUMNS} FROM taxonomy WHERE leaf_class_id IS NOT NULL)"
        f" USING ({_SHARED_COLUMNS})",
    ),
    Rule(
        "a photo's own label is the class's taxon or lies below it",
        f"SELECT {_PLACE} FROM places WHERE obs_taxon_id IS NULL OR (obs_taxon_id <> taxon_id"
        " AND obs_taxon_id IN (SELECT taxon_id FROM taxonomy))",
    ),
    Rule(
        "a photo's address is iNaturalist's, of that photo",
        f"SELECT {_PLACE} FROM places WHERE NOT regexp_full_match(photo_url,"
        f" '({re.escape(OPEN_DATA)}|{re.escape(STATIC)})"
        r"/photos/[0-9]+/medium\.[A-Za-z0-9]+')"
        " OR split_part(photo_url, '/', 5) <> CAST(photo_id AS VARCHAR)",
    ),
    Rule(
        "an observation is in one set of one class, with one label, and confirmed or not",
        "SELECT 'observation ' || observation_id FROM places GROUP BY observation_id"
        " HAVING count(DISTINCT row(set_name, leaf_class_id, obs_taxon_id, community, observation_photos))"
        "   > 1",
    ),
    Rule(
        "a photo has one place, whatever observations show it",
        "SELECT 'photo ' || photo_id FROM places GROUP BY photo_id HAVING count(*) > 1",
    ),
    Rule(
        "an observation gives its first photos, and training at most train_photos_per_observation",
        "SELECT 'observation ' || observation_id FROM places GROUP BY observation_id"
        " HAVING max(position) <> count(*) - 1 OR count(DISTINCT position) <> count(*)"
        "   OR count(*) > least(min(observation_photos), getvariable('train_photos_per_observation'))",
    ),
    Rule(
        "test and validation have one photo, the first, of confirmed observations",
        f"SELECT {_PLACE} FROM places WHERE set_name <> 'train' AND (position <> 0 OR community <> 1)",
    ),
    Rule(
        "places are filled in order: confirmed observations before others, first photos before further ones,"
        " by the draw, in test and validation those with fewer photos first unless all are drawn",
        f"SELECT {_PLACE} FROM places"
        " QUALIFY row(stage, weight, draw_key, observation_id, position) <= lag(row(stage, weight, draw_key,"
        "   observation_id, position)) OVER (PARTITION BY set_name, leaf_class_id ORDER BY row)"
        " OR community NOT IN (0, 1)",
    ),
)

_CLASS_RULES = (
    Rule(
        "each class holds what the manifest counts",
        "SELECT 'class ' || coalesce(c.leaf_class_id, f.leaf_class_id)"
        " FROM classes c FULL JOIN filled f USING (leaf_class_id)"
        " WHERE row(c.train, c.val, c.test)"
        "   IS DISTINCT FROM row(coalesce(f.train, 0), coalesce(f.val, 0), coalesce(f.test, 0))",
    ),
    Rule(
        "each class's sets lie between their minimum and maximum, below a minimum only where observations"
        " serve elsewhere",
        f"SELECT {_CLASS} FROM filled JOIN classes c USING (leaf_class_id)"
        " WHERE filled.test > getvariable('test_max') OR filled.val > getvariable('val_max')"
        "   OR filled.train > getvariable('train_max')"
        "   OR (shared_elsewhere = 0 AND (filled.test < getvariable('test_min')"
        "       OR filled.val < getvariable('val_min') OR filled.train < getvariable('train_min')))",
    ),
    Rule(
        "a class has min_observations, and min_confirmed confirmed ones",
        f"SELECT {_CLASS} FROM filled JOIN classes c USING (leaf_class_id)"
        " WHERE filled.train < getvariable('train_max')"
        "   AND (observations + shared_elsewhere < getvariable('min_observations')"
        "       OR confirmed + shared_elsewhere < getvariable('min_confirmed'))",
    ),
    Rule(
        "test, then validation, take the confirmed observations with the fewest photos, or those drawn first,"
        " up to their minimum",
        f"SELECT {_CLASS} FROM filled WHERE test_end > val_start OR val_end > rest_start"
        "   OR test_end > rest_start",
    ),
    Rule(
        "test, then validation, go beyond their minimum only when train is full of confirmed observations'"
        " first photos",
        f"SELECT {_CLASS} FROM filled"
        " WHERE (test > getvariable('test_min') AND train_firsts < getvariable('train_max'))"
        "   OR (val > getvariable('val_min') AND (train_firsts < getvariable('train_max')"
        "       OR test < getvariable('test_max')))"
        "   OR test_more_end > val_more_start",
    ),
    Rule(
        "train takes the confirmed observations that are drawn first",
        f"SELECT {_CLASS} FROM filled WHERE train_end > left_start",
    ),
    Rule(
        "no photo is passed over while train has room",
        f"""
        WITH training AS (
            SELECT leaf_class_id, observation_id, community, draw_key,
                count(*) < least(observation_photos, getvariable('train_photos_per_observation'))
                    AS is_incomplete
            FROM places WHERE set_name = 'train'
            GROUP BY leaf_class_id, observation_id, community, draw_key, observation_photos
        )
        SELECT {_CLASS} || ', observation ' || observation_id
        FROM training JOIN filled USING (leaf_class_id)
        WHERE is_incomplete AND (
            train < getvariable('train_max')
            OR row(2 * (1 - community) + 1, draw_key) < row(last_stage, last_key)
        )
        """,
    ),
)

_SPATIAL_RULES = (
    Rule(
        "spatial rows lie by class, then as drawn, an observation once",
        "SELECT 'spatial row ' || row FROM spatial_drawn"
        " QUALIFY row(leaf_class_id, draw_key, observation_id) <="
        "   lag(row(leaf_class_id, draw_key, observation_id)) OVER (ORDER BY row)"
        " OR count(*) OVER (PARTITION BY observation_id) > 1",
    ),
    Rule(
        "a class has at most spatial_max spatial rows",
        f"SELECT {_CLASS} FROM spatial_data GROUP BY leaf_class_id"
        " HAVING count(*) > getvariable('spatial_max')",
    ),
    Rule(
        "a spatial row's class ids and taxon are those of a class in taxonomy.csv",
        "SELECT 'spatial row ' || row FROM spatial_data ANTI JOIN"
        f" (SELECT {_SHARED_COLUMNS} FROM taxonomy WHERE leaf_class_id IS NOT NULL)"
        f" USING ({_SHARED_COLUMNS})",
    ),
    Rule(
        "a spatial row's own label is the class's taxon or lies below it",
        "SELECT 'spatial row ' || row FROM spatial_data WHERE obs_taxon_id IS NULL"
        " OR (obs_taxon_id <> taxon_id AND obs_taxon_id IN (SELECT taxon_id FROM taxonomy))",
    ),
    Rule(
        "a spatial row has a public place of four decimals, not 0/0, and not too inaccurate",
        "SELECT 'spatial row ' || row FROM spatial_data WHERE NOT coalesce("
        "   abs(latitude) <= 90 AND abs(longitude) <= 180 AND (latitude <> 0 OR longitude <> 0)"
        "   AND latitude = round(latitude, 4) AND longitude = round(longitude, 4)"
        "   AND community IN (0, 1) AND captive IN (0, 1), false)"
        " OR positional_accuracy > getvariable('accuracy_max_m')",
    ),
    Rule(
        "an observation has the same class and label in spatial_data.csv as in its photos' set",
        "SELECT 'observation ' || observation_id FROM spatial_data s JOIN places p USING (observation_id)"
        " WHERE row(s.leaf_class_id, s.obs_taxon_id, s.community)"
        "   IS DISTINCT FROM row(p.leaf_class_id, p.obs_taxon_id, p.community)",
    ),
)

#: What a rule before has shown, those after it rely on.
RULES = (*_TAXONOMY_RULES, *_PHOTO_RULES, *_CLASS_RULES, *_SPATIAL_RULES)
