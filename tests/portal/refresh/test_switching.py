"""A refresh writes unseen and shows all in one step, whatever was there and wherever it is killed."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyarrow as pa
import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exporter.named_clades import NAMED_CLADES
from exporter.versions import LakeVersion
from portal.hotspots import queries as hotspot_queries
from portal.hotspots.models import Confusion, Hotspot, HotspotHistory, WorklistEntry
from portal.lake.models import Refresh
from portal.refresh import services
from portal.refresh.reading import Reading
from portal.taxa import queries
from portal.taxa.models import Curve, MarginCount, Photo, Readiness, ReadinessHistory, Taxon, TaxonName
from portal.taxa.names import word_starts
from portal.taxa.queries.inclusion import standings
from portal.taxa.services import READINESS_COLUMNS, photos, tree
from portal.taxa.services.photos import PHOTO_COLUMNS
from portal.taxa.services.tree import TAXON_COLUMNS
from tests.portal.hotspots.findings import IMPATIENS_HOTSPOT, entry, make_found
from tests.portal.world import FIRST_DAY

RULE = "inat-2022"
TAXA = (1, 2, 3, 4)
#: What a lake says: some taxa's common names and, of some of these, observations; those with a hotspot.
WORLDS = st.fixed_dictionaries(
    {
        "names": st.dictionaries(
            st.sampled_from(TAXA), st.sampled_from(["", "Bee", "Big bee", "Wasp"]), min_size=2
        ),
        "observations": st.dictionaries(st.sampled_from(TAXA), st.integers(1, 5)),
        "hotspots": st.sets(st.sampled_from(TAXA), max_size=2),
        "day": st.integers(0, 3),
    }
)
FIRST = {"names": {1: "Bee", 2: "Wasp"}, "observations": {1: 3, 2: 5}, "hotspots": {1}, "day": 0}
THEN = {
    "names": {1: "Big bee", 2: "Wasp", 3: "Bee", 4: ""},
    "observations": {1: 4, 3: 3},
    "hotspots": {2, 3},
    "day": 1,
}


class KilledError(BaseException):
    """Stands for SIGKILL."""


def reading(world: dict) -> Reading:
    """What is read of a lake like that, as `read_lake` gives it."""
    taxa = {
        "id": list(world["names"]),
        "name": [f"Genus species{taxon_id}" for taxon_id in world["names"]],
        "common_name": list(world["names"].values()),
    }
    taxa |= {"parent_id": [None] * len(taxa["id"]), "ancestry": [""] * len(taxa["id"])}
    taxa |= {"rank": ["species"] * len(taxa["id"]), "rank_level": [10.0] * len(taxa["id"])}
    taxa |= {"is_active": [True] * len(taxa["id"]), "is_extinct": [False] * len(taxa["id"])}
    taxa |= {"iconic_taxon_id": [None] * len(taxa["id"])}
    counted = {taxon_id: world["observations"].get(taxon_id) for taxon_id in sorted(world["names"])}
    counted = {taxon_id: number for taxon_id, number in counted.items() if number}
    columns = dict.fromkeys(READINESS_COLUMNS, pa.array([0] * len(counted), pa.int64()))
    columns |= {
        "taxon_id": pa.array(list(counted), pa.int64()),
        "status": pa.array(["leaf" if number >= 3 else "short" for number in counted.values()], pa.string()),
        "observations": pa.array(list(counted.values()), pa.int64()),
        "margin": pa.array([number - 3 for number in counted.values()], pa.int64()),
        "is_partly_loaded": pa.array([number == 4 for number in counted.values()], pa.bool_()),
        "tree_left": pa.array(range(len(counted)), pa.int64()),
        "tree_right": pa.array(range(len(counted)), pa.int64()),
        "rank": pa.array(["species"] * len(counted), pa.string()),
    }
    labels = sorted(world["hotspots"] & world["names"].keys())
    result = make_found(
        [IMPATIENS_HOTSPOT | {"taxon_id": label, "rank": rank} for rank, label in enumerate(labels, 1)],
        [entry(100 * label + number, label, 0.5) for label in labels for number in range(label)],
        tuple((label, 9, 5.0, 1.0, 8.0) for label in labels),
    )
    photos = [(100 * label, None, label, "jpg", "cc0") for label in labels]
    photos += [(100 * label + 50, label, world["day"], "jpg", "cc0") for label in labels]
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.string())
    cells = zip(*photos, strict=True) if photos else [[]] * len(kinds)
    at = FIRST_DAY + timedelta(days=world["day"])
    return Reading(
        version=LakeVersion(1, at, {}, False),
        data_as_of=at,
        sources=[],
        readiness={RULE: pa.table(columns)},
        hotspots={RULE: result},
        contradicting=None,
        named_clades=NAMED_CLADES.empty_table(),
        photos=pa.table([pa.array(c, kind) for c, kind in zip(cells, kinds, strict=True)], [*PHOTO_COLUMNS]),
        taxa=iter([pa.RecordBatch.from_pydict({name: taxa[name] for name in TAXON_COLUMNS})]),
    )


@pytest.fixture
def refresh(db, monkeypatch, settings, tmp_path):
    """Refreshes the database from a world; `kill_at` says at which statement it is killed."""
    settings.DATA_DIR = tmp_path

    def run(world: dict, kill_at: int | None = None) -> bool:
        """Whether it came to its end."""

        @contextmanager
        def read(*_: object) -> Iterator[Reading]:
            yield reading(world)

        monkeypatch.setattr(services, "read_lake", read)
        left = [kill_at]

        def watch(execute, sql, params, many, context):
            if left[0] is not None:
                left[0] -= 1
                if left[0] == 0:
                    left[0] = None
                    raise KilledError
            return execute(sql, params, many, context)

        try:
            with connection.execute_wrapper(watch):
                services.refresh([RULE])
        except KilledError:
            return False
        return True

    return run


def seen() -> dict[str, list]:
    """All that readers see of what a refresh writes."""
    taxa = list(Taxon.objects.order_by("id"))
    of_rule = {"criteria": RULE}
    courses = hotspot_queries.trends(list(TAXA), RULE, 9)
    return {
        "taxa": [(taxon.id, taxon.common_name) for taxon in taxa],
        "standings": standings(TAXA, RULE),
        "readiness": list(
            Readiness.objects.filter(**of_rule)
            .order_by("taxon_id")
            .values_list("taxon_id", "criteria", "status", "observations", "tree_left")
        ),
        "margins": list(
            MarginCount.objects.filter(**of_rule).order_by("margin").values_list("margin", "taxa")
        ),
        "curves": list(Curve.objects.filter(**of_rule).values_list("taxon_id", "steps", "near")),
        "history": [
            [(row.refresh.moment, row.status, row.observations) for row in queries.history(taxon, RULE)]
            for taxon in taxa
        ],
        "changes": [
            (change.taxon.id, change.before, change.after) for change in queries.recent_changes(RULE, 9)
        ],
        "hotspots": list(
            Hotspot.objects.filter(criteria__in=[RULE]).order_by("rank").values_list("taxon_id", "to_review")
        ),
        "confusions": list(Confusion.objects.filter(**of_rule).order_by("id").values_list("label_taxon_id")),
        "worklist": list(
            WorklistEntry.objects.filter(**of_rule).order_by("observation_id").values_list("observation_id")
        ),
        "courses": [courses.get(taxon_id) for taxon_id in TAXA],
        "photos": list(
            Photo.objects.exclude(taxon_id=None).order_by("taxon_id").values_list("taxon_id", "photo_id")
        ),
        "counts": [done.counts for done in Refresh.objects.filter(state="done").order_by("-id")[:1]],
    }


def test_readers_see_the_former_refresh_until_they_see_the_next(refresh):
    """Looked at after each statement that no transaction holds back: all is as it was, until it is new."""
    assert refresh(FIRST)
    before, looks = seen(), []
    depth = len(connection.savepoint_ids)

    def look(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if len(connection.savepoint_ids) == depth and sql.startswith(
            ("INSERT", "UPDATE", "DELETE", "RELEASE")
        ):
            watchers = [*connection.execute_wrappers]
            connection.execute_wrappers.clear()
            looks.append(seen())
            connection.execute_wrappers.extend(watchers)
        return result

    with connection.execute_wrapper(look):
        assert refresh(THEN)
    after = seen()
    assert after != before
    assert looks.count(before) > 10
    place = looks.index(after)
    assert looks == [before] * place + [after] * (len(looks) - place)
    assert after["taxa"] == [(1, "Big bee"), (2, "Wasp"), (3, "Bee"), (4, "")]
    assert after["readiness"] == [(1, RULE, "leaf", 4, 0), (3, RULE, "leaf", 3, 1)]
    assert after["hotspots"] == [(2, 2), (3, 3)]
    assert after["worklist"] == [(200,), (201,), (300,), (301,), (302,)]
    assert after["photos"] == [(2, 1), (3, 1)]


@pytest.fixture
def none_at_once(monkeypatch):
    """What changes of taxa, names and photos is altered after the rest is shown."""
    for module in (tree, photos):
        monkeypatch.setattr(module, "MOST_AT_ONCE", 0)


def test_what_is_much_is_altered_after_the_numbers_are_shown(refresh, none_at_once):
    """All else changes in one step; and in the end nothing is another than in one step."""
    assert refresh(FIRST)
    with transaction.atomic():
        before, looks = seen(), []

        def look(execute, sql, params, many, context):
            result = execute(sql, params, many, context)
            if sql.startswith(("UPDATE taxa_taxon", "DELETE FROM taxa_taxonname", "INSERT INTO taxa_photo")):
                watchers = [*connection.execute_wrappers]
                connection.execute_wrappers.clear()
                looks.append(seen())
                connection.execute_wrappers.extend(watchers)
            return result

        with connection.execute_wrapper(look):
            assert refresh(THEN)
        after = seen()
        transaction.set_rollback(True)
    # What tells of taxa and photos themselves.
    late = {name: after[name] for name in ("taxa", "standings", "changes", "photos")}
    for look in looks:
        assert {name for name in look if look[name] not in (before[name], after[name])} <= late.keys()
    assert any(look != after and look | late == after for look in looks)
    few_apart = [name for name in after if name != "counts"]
    with pytest.MonkeyPatch.context() as patch:
        for module in (tree, photos):
            patch.setattr(module, "MOST_AT_ONCE", 1_000)
        assert refresh(THEN)
    assert [seen()[name] for name in few_apart] == [after[name] for name in few_apart]


@pytest.mark.parametrize("kill_at", range(1, 40, 5))
def test_killed_while_much_is_altered_the_next_one_ends_it(refresh, none_at_once, kill_at):
    """Killed at each of the statements after the switch, counted from its end."""
    assert refresh(FIRST)
    statements = []

    def note(execute, sql, params, many, context):
        statements.append(sql)
        return execute(sql, params, many, context)

    with transaction.atomic():
        with connection.execute_wrapper(note):
            assert refresh(THEN)
        expected = seen()
        transaction.set_rollback(True)
    if kill_at > len(statements):
        pytest.skip("it has no more statements")
    refresh(THEN, kill_at=len(statements) - kill_at)
    assert refresh(THEN)
    now = seen()
    assert now | {"counts": []} == expected | {"counts": []}
    assert _left_over() == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=8)
@given(worlds=st.lists(WORLDS, min_size=1, max_size=2), kills=st.lists(st.integers(1, 120), max_size=2))
def test_killed_anywhere_the_next_one_gives_what_it_would_have_given(refresh, worlds, kills):
    with transaction.atomic():
        expected = [refresh(world) and seen() for world in worlds]
        transaction.set_rollback(True)
    with transaction.atomic():
        kills = list(kills)
        for world, result in zip(worlds, expected, strict=True):
            before = seen()
            while kills and not refresh(world, kills.pop()):
                assert seen() in (before, result)
            assert refresh(world)
            now = seen()
            assert now | {"counts": []} == result | {"counts": []}
            assert now["counts"][0]["hotspots"] == result["counts"][0]["hotspots"]
        assert _left_over() == []
        transaction.set_rollback(True)


def _left_over() -> list[str]:
    """What no reader sees and should not be there, and names that are not those of their taxa."""
    shown = {
        (model, row) for model in (Readiness, Hotspot, Confusion, WorklistEntry, MarginCount)
        for row in model.objects.filter(criteria=RULE).values_list("pk", flat=True)
    }  # fmt: skip
    every = {
        (model, row) for model in (Readiness, Hotspot, Confusion, WorklistEntry, MarginCount)
        for row in model.objects.values_list("pk", flat=True)
    }  # fmt: skip
    unfinished = [
        str(row)
        for model in (ReadinessHistory, HotspotHistory)
        for row in model.objects.exclude(refresh__state="done")
    ]
    names = {
        (taxon.id, key, taxon.observations.bit_length())
        for taxon in Taxon.objects.all()
        for key in word_starts(taxon.name, taxon.common_name)
    }
    odd = names ^ set(TaxonName.objects.values_list("taxon_id", "key", "popularity"))
    return [*map(str, every - shown), *unfinished, *map(str, odd)]
