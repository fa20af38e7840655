"""The tables in memory are those that the lake would have: the exporter's own rules agree with them."""

from exporter.community import labels
from exporter.policy.lab import Lab
from exporter.policy.tables import open_tables
from exporter.schema import LATER_TABLES, TABLES


def test_the_columns_are_those_of_the_lake(lab: Lab) -> None:
    with open_tables(lab.world.cases[:20]) as con:
        for name, table in ((name, TABLES[name]) for name in TABLES.keys() - LATER_TABLES):
            rows = con.sql(f"SELECT * FROM {name}").to_arrow_table()
            assert rows.column_names == list(table.names)
            assert len(rows) == len(rows.group_by(list(table.key)).aggregate([]))


def test_the_exporters_rule_gives_the_labels_that_the_world_has(lab: Lab) -> None:
    """Both rules of the community taxon agree on every observation that somebody identified."""
    with open_tables(lab.world.cases) as con:
        labels(con)
        [[differing, labelled]] = con.execute(
            "SELECT count(*) FILTER (o.taxon_id IS DISTINCT FROM l.taxon_id"
            " OR o.community_taxon_id IS DISTINCT FROM l.community_taxon_id), count(*)"
            " FROM labels AS l JOIN observations AS o USING (observation_id)"
        ).fetchall()
    assert (differing, labelled) == (0, sum(bool(history.identifications) for _, history in lab.world.cases))


def test_every_photo_is_there(lab: Lab) -> None:
    with open_tables(lab.world.cases) as con:
        rows = con.execute("SELECT observation_id, count(*) FROM photos GROUP BY ALL ORDER BY ALL").fetchall()
    assert [number for _, number in rows] == [one.photos for one in lab.world.sightings if one.photos]


def test_obscured_places_are_in_no_table(lab: Lab) -> None:
    with open_tables(lab.world.cases) as con:
        rows = con.execute("SELECT latitude FROM observations ORDER BY observation_id").fetchall()
    hidden = [row[0] for row, one in zip(rows, lab.world.sightings, strict=True) if one.is_obscured]
    assert hidden
    assert set(hidden) == {None}
