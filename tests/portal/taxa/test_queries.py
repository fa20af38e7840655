"""What the pages read, on the small world of tests/portal/world.py."""

from datetime import UTC, datetime

import pytest
from django.db import connection

from portal.lake.queries import current_refresh
from portal.taxa import queries
from portal.taxa.models import Readiness, ReadinessHistory, Taxon
from portal.taxa.queries import DROPPED, INCLUDED, LOSING, NEAR, Change, Selection, searching
from portal.taxa.services import count_margins
from tests.portal.world import FIRST_DAY, LAST_DAY, make_refresh

LIFE, INSECTS, BEES, LADY_BEETLES, HARMONIA = 48460, 47158, 47201, 48486, 48487
TERRESTRIS, IMPATIENS, GRISEOCOLLIS, BOMBUS = 57516, 118970, 120215, 52775


def ids(found):
    return [item.id if isinstance(item, Taxon) else item.taxon_id for item in found]


def get(taxon_id):
    return Taxon.objects.get(id=taxon_id)


# Search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("bumble bee", [BOMBUS, IMPATIENS, GRISEOCOLLIS, TERRESTRIS]),
        ("BUFF", [TERRESTRIS]),
        ("axyr", [48484]),
        ("118970", [IMPATIENS]),
        ("bombus", [BOMBUS, IMPATIENS, GRISEOCOLLIS, TERRESTRIS]),
        ("  Asian  lady ", [48484]),
        ("umble", []),
        ("", []),
        ("×", []),
        ("%", []),
        ("9" * 30, []),
    ],
)
def test_search_finds_words_from_their_start(world, text, found):
    assert ids(searching.search(text, limit=10)) == found


def test_search_gives_the_most_observed_where_there_are_too_many(world):
    assert ids(searching.search("b", limit=3)) == [BOMBUS, BEES, IMPATIENS]


def test_search_puts_what_is_named_exactly_so_before_the_more_observed(
    make_taxa, django_assert_max_num_queries
):
    make_taxa(
        (
            (1, None, "Viola", "genus", 20.0, "Violets"),
            *((number, None, f"Viola sp{number}", "species", 10.0, "") for number in range(2, 60)),
            (900, None, "Viol", "genus", 20.0, ""),
        )
    )
    Taxon.objects.filter(id__lt=900).update(observations=1000)
    assert ids(searching.search("viol", limit=5))[0] == 900
    with django_assert_max_num_queries(searching.MAX_POPULARITY + 3):
        searching.search("viol", limit=5)


@pytest.mark.parametrize(
    ("text", "taxon_id"),
    [
        ("Bombus", BOMBUS),
        ("bumble bees", BOMBUS),
        ("52775", BOMBUS),
        ("bumble", None),
        ("5", None),
        ("", None),
    ],
)
def test_the_taxon_called_so(world, text, taxon_id):
    result = searching.taxon_called(text)
    assert (result and result.id) == taxon_id


# Lists


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"tab": NEAR, "within": 20}, [LADY_BEETLES, HARMONIA, GRISEOCOLLIS, 48484]),
        ({"tab": NEAR}, [LADY_BEETLES, HARMONIA, GRISEOCOLLIS, 48484, 900001]),
        ({"tab": NEAR, "within": 6}, [LADY_BEETLES]),
        ({"tab": NEAR, "status": "rolled_up"}, [900001]),
        ({"tab": NEAR, "sort": "name"}, [GRISEOCOLLIS, LADY_BEETLES, HARMONIA, 48484, 900001]),
        ({"tab": NEAR, "sort": "photos"}, [GRISEOCOLLIS, LADY_BEETLES, HARMONIA, 48484, 900001]),
        ({"tab": LOSING, "within": 5}, [120489, TERRESTRIS]),
        ({"tab": LOSING, "within": 1}, [120489]),
        ({"tab": INCLUDED}, [IMPATIENS, 120489, TERRESTRIS]),
        ({"tab": INCLUDED, "sort": "margin"}, [120489, TERRESTRIS, IMPATIENS]),
        ({"tab": DROPPED}, [GRISEOCOLLIS, LADY_BEETLES]),
        ({"tab": DROPPED, "sort": "margin"}, [LADY_BEETLES, GRISEOCOLLIS]),
    ],
)
def test_a_tab_lists_its_taxa_in_order(world, wanted, found):
    assert ids(queries.readiness_list(Selection("inat-2022", **wanted))) == found


def test_a_list_within_a_clade_holds_the_clade_and_nothing_else(world):
    def within(taxon_id):
        return ids(queries.readiness_list(Selection("inat-2022", INCLUDED, clade=get(taxon_id))))

    assert within(BEES) == [IMPATIENS, TERRESTRIS]
    assert within(TERRESTRIS) == [TERRESTRIS]
    assert within(900003) == []


def test_tabs_count_what_they_list(world):
    reach = {NEAR: 20, LOSING: 5}
    assert queries.tab_counts(Selection("inat-2022"), reach) == {NEAR: 4, LOSING: 2, INCLUDED: 3, DROPPED: 2}
    bees = Selection("inat-2022", clade=get(BEES))
    assert queries.tab_counts(bees, reach) == {NEAR: 1, LOSING: 1, INCLUDED: 2, DROPPED: 1}
    assert queries.tab_counts(Selection("other"), reach) == {NEAR: 0, LOSING: 0, INCLUDED: 0, DROPPED: 0}


def explained(*taxon_ids):
    rows = Readiness.objects.filter(criteria="inat-2022", taxon_id__in=taxon_ids).select_related("taxon")
    return {item.row.taxon_id: item for item in queries.explain(list(rows))}


def test_a_dropped_taxon_is_explained_by_the_classes_beside_it(world):
    cover = explained(GRISEOCOLLIS)[GRISEOCOLLIS].cover
    assert (cover.ancestor.id, cover.leaf.id, cover.leaves, cover.was_class) == (BOMBUS, IMPATIENS, 2, False)


def test_a_covered_taxon_that_was_a_class_is_said_to_have_lost_it(world):
    past = Taxon.objects.get(id=BOMBUS).readiness_history.get(criteria="inat-2022")
    past.status = "leaf"
    past.save()
    assert explained(BOMBUS)[BOMBUS].cover.was_class


def test_a_rolled_up_taxon_is_explained_by_the_class_it_serves(world):
    items = explained(900001, 120489)
    assert (items[900001].leaf.id, items[900001].cover) == (120489, None)
    assert (items[120489].leaf, items[120489].cover) == (None, None)


@pytest.mark.parametrize("taxon_ids", [[GRISEOCOLLIS], [GRISEOCOLLIS, LADY_BEETLES, BOMBUS, 900001]])
def test_explaining_many_rows_takes_no_more_queries_than_one(world, taxon_ids, django_assert_max_num_queries):
    rows = list(
        Readiness.objects.filter(criteria="inat-2022", taxon_id__in=taxon_ids).select_related("taxon")
    )
    with django_assert_max_num_queries(2):
        queries.explain(rows)


# Home


def test_nearest_below_are_species_within_reach(world):
    result = queries.nearest_below("inat-2022", within=20, limit=3)
    assert [item.row.taxon_id for item in result] == [GRISEOCOLLIS, 48484]


def test_recent_changes_are_classes_gained_and_lost(world):
    assert queries.recent_changes("inat-2022", limit=5) == [Change(get(TERRESTRIS), "dropped", "leaf", world)]


def test_a_taxon_that_changed_twice_is_given_as_it_changed_last(world):
    row = ReadinessHistory.objects.get(taxon_id=TERRESTRIS, refresh=world, criteria="inat-2022")
    row.pk = None
    row.refresh = make_refresh(world.finished_at)
    row.status_before, row.status = "leaf", "dropped"
    row.save()
    [change] = queries.recent_changes("inat-2022", limit=5)
    assert (change.before, change.after) == ("leaf", "dropped")


def test_what_a_first_refresh_finds_is_no_change(world):
    ReadinessHistory.objects.filter(taxon_id=TERRESTRIS).update(status_before="gone")
    assert queries.recent_changes("inat-2022", limit=5) == []


def test_a_class_whose_counts_changed_is_no_change(world):
    ReadinessHistory.objects.filter(taxon_id=TERRESTRIS).update(status_before="leaf", status="leaf")
    assert queries.recent_changes("inat-2022", limit=5) == []


def test_the_current_refresh_is_the_latest_done_one_of_the_present(world):
    now = datetime(2026, 11, 5, tzinfo=UTC)
    make_refresh(now, as_of=FIRST_DAY)
    make_refresh(now, state="failed", error="no lake")
    assert current_refresh() == world
    of_one_rule = make_refresh(now, counts={"criteria": {"inat-2022": {}}})
    assert current_refresh("inat-2022") == of_one_rule
    assert current_refresh("inat-2021") == world


# A taxon


def test_ancestors_from_the_root_on(world):
    assert ids(queries.ancestors(get(TERRESTRIS))) == [LIFE, 1, INSECTS, BEES, BOMBUS]
    assert queries.ancestors(get(LIFE)) == []


def test_ancestors_of_which_only_the_id_is_known_are_left_out(world):
    Taxon.objects.filter(id=LIFE).update(name="taxon 48460", rank="", rank_level=None)
    assert ids(queries.ancestors(get(INSECTS))) == [1]


def tree_of(taxon):
    return queries.tree(taxon, queries.ancestors(taxon), "inat-2022")


def test_a_parent_of_which_only_the_id_is_known_is_the_parent_still(world):
    Taxon.objects.filter(id=1).update(name="taxon 1", rank="", rank_level=None)
    assert tree_of(get(INSECTS)).parent.id == 1


def test_a_taxon_among_its_siblings(world):
    tree = tree_of(get(TERRESTRIS))
    assert tree.parent.id == BOMBUS
    assert ids(tree.siblings) == [IMPATIENS, GRISEOCOLLIS, TERRESTRIS]
    assert (tree.other_siblings, tree.children, tree.other_children) == (0, [], 0)
    assert set(tree.explained) == {BOMBUS, IMPATIENS, GRISEOCOLLIS, TERRESTRIS}


def test_a_root_has_itself_and_its_children(world):
    tree = tree_of(get(LIFE))
    assert (tree.parent, ids(tree.siblings), ids(tree.children)) == (None, [LIFE], [1])


def test_a_small_tree_shows_the_most_observed_and_always_itself(make_taxa):
    count = queries.FAMILY_LIMIT + 8
    rows = [(number, 1, f"Bombus sp{number}", "species", 10.0, "") for number in range(2, count + 2)]
    *_, rarest = make_taxa(((1, None, "Bombus", "genus", 20.0, ""), *rows))
    Taxon.objects.exclude(id=rarest.id).update(observations=10)
    tree = tree_of(rarest)
    assert len(tree.siblings) == queries.FAMILY_LIMIT
    assert tree.siblings[-1] == rarest
    assert tree.other_siblings == 8
    assert tree_of(get(1)).other_children == 8


def test_history_is_in_the_order_of_the_times_it_describes(world):
    past = make_refresh(datetime(2026, 11, 20, tzinfo=UTC), as_of=datetime(2026, 10, 1, tzinfo=UTC))
    taxon = get(TERRESTRIS)
    taxon.readiness_history.create(
        criteria="inat-2022", refresh=past, status="short", observations=60, community_confirmed=47, photos=95
    )
    assert [row.observations for row in queries.history(taxon, "inat-2022")] == [58, 60, 62]


def test_a_search_walks_the_index_of_names_and_reads_nothing_else(world):
    values = {"start": "bum%", "most": 20, "everybodys": "", "own": "es"}
    explain = "EXPLAIN QUERY PLAN" if connection.vendor == "sqlite" else "EXPLAIN"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute("SET LOCAL enable_bitmapscan = off")
        cursor.execute(f"{explain} {searching._STARTING_SO}", values)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    levels = searching.MAX_POPULARITY + 1
    if connection.vendor == "sqlite":
        walk = "USING COVERING INDEX name_search (popularity=? AND key>? AND key<?)"
        assert plan.count(walk) == levels
    else:
        assert plan.count("Index Only Scan using name_search") == levels
        assert plan.count("(key >= 'bum'::text) AND (key < 'bun'::text)") == levels
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan


def test_of_several_counts_on_one_day_the_last_stands(world):
    """A lake that was loaded twice in a day has no cliff in its course."""
    taxon = get(TERRESTRIS)
    for hour, observations in ((7, 659), (8, 415)):
        refresh = make_refresh(LAST_DAY.replace(hour=hour))
        taxon.readiness_history.create(
            criteria="inat-2022", refresh=refresh, status="leaf", status_before="leaf",
            observations=observations, community_confirmed=52, photos=110, margin=2,
        )  # fmt: skip
    assert [row.observations for row in queries.history(taxon, "inat-2022")] == [58, 415]


def test_ranks_above_order_are_never_near_the_line(world):
    """Nobody can aim at all of life: neither lists nor counts have it, with a clade or without."""
    wide = Readiness.objects.filter(taxon_id__in=[LIFE, 1, INSECTS])
    wide.update(status="short", margin=-3)
    count_margins("inat-2022")
    near = [LADY_BEETLES, HARMONIA, GRISEOCOLLIS, 48484]
    assert ids(queries.readiness_list(Selection("inat-2022", NEAR, within=20))) == near
    for clade in (None, get(LIFE)):
        counts = queries.tab_counts(Selection("inat-2022", clade=clade), {NEAR: 20, LOSING: 5})
        assert (counts[NEAR], counts[LOSING]) == (4, 2)
    wide.update(status="leaf", margin=2)
    count_margins("inat-2022")
    assert ids(queries.readiness_list(Selection("inat-2022", LOSING, within=5))) == [120489, TERRESTRIS]
    counts = queries.tab_counts(Selection("inat-2022"), {NEAR: 20, LOSING: 5})
    assert (counts[LOSING], counts[INCLUDED]) == (2, 6)


@pytest.mark.parametrize(
    ("observations", "drop"),
    [
        ([], None),
        ([60], None),
        ([58, 60, 62], None),
        ([100, 91], None),  # fewer than a tenth
        ([100, 90], (1, 10)),
        ([659, 415, 430], (1, 244)),
        ([659, 415, 300, 310], (2, 115)),  # the newest of two
        ([3, 0, 0], (1, 3)),
    ],
)
def test_the_newest_drop_of_a_history(observations, drop):
    rows = [ReadinessHistory(observations=number) for number in observations]
    result = queries.newest_drop(rows)
    assert (result and (rows.index(result.row), result.fewer)) == drop
