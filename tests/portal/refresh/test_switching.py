"""A refresh writes unseen and shows all in one step, whatever was there and wherever it is killed."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pyarrow as pa
import pytest
from django.db import connection, transaction
from django.db.models import Model
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import feather

from exporter.current_model import CurrentModel, Standing
from exporter.hotspots.involved import INVOLVED
from exporter.named_clades import NAMED_CLADES
from exporter.versions import LakeVersion
from portal import bulk
from portal.hotspots import queries as hotspot_queries
from portal.hotspots.models import (
    Confusion,
    Hotspot,
    HotspotHistory,
    Involved,
    PlacedLabel,
    WorklistEntry,
)
from portal.lake import contents
from portal.lake.generations import other
from portal.lake.models import Content, Refresh
from portal.refresh import services
from portal.refresh.reading import Reading
from portal.taxa import queries
from portal.taxa.models import Curve, MarginCount, Photo, Readiness, ReadinessHistory, Taxon, TaxonName
from portal.taxa.names import common_names, search_names
from portal.taxa.queries.inclusion import standings
from portal.taxa.services import READINESS_COLUMNS, photos, tree
from portal.taxa.services.photos import PHOTO_COLUMNS
from portal.taxa.services.tree import TAXON_COLUMNS
from portal.versions import services as versions
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
        # A name in Spanish comes, goes and changes with the days.
        "common_name_es": [
            f"{name}{world['day']}".replace(" ", "") if name and (taxon_id + world["day"]) % 3 else ""
            for taxon_id, name in world["names"].items()
        ],
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
        involved={RULE: _involved(result.worklist["observation_id"], world["day"])},
        contradicting=None,
        named_clades=NAMED_CLADES.empty_table(),
        named={},
        photos=pa.table([pa.array(c, kind) for c, kind in zip(cells, kinds, strict=True)], [*PHOTO_COLUMNS]),
        taxa=iter([pa.RecordBatch.from_pydict({name: taxa[name] for name in TAXON_COLUMNS})]),
    )


def _involved(ids: pa.ChunkedArray, day: int) -> pa.Table:
    """Each observation has an observer; a maverick comes and goes with the days."""
    numbers = ids.to_pylist()
    rows = [(number, 70 + number % 2, "observer") for number in numbers]
    rows += [(number, 72, "maverick") for number in numbers if (number + day) % 3 == 0]
    return pa.Table.from_pylist([dict(zip(INVOLVED.names, row, strict=True)) for row in rows], INVOLVED)


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
        "taxa": [(taxon.id, common_names(taxon)) for taxon in taxa],
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
    assert after["taxa"] == [
        (1, {"en": "Big bee", "es": "Bigbee1"}),
        (2, {"en": "Wasp"}),
        (3, {"en": "Bee", "es": "Bee1"}),
        (4, {}),
    ]
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


@settings(max_examples=8)
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


#: Tables of two generations, each with columns that say which row it is and some of what it has.
GENERATIONS = {
    Readiness: ("taxon_id", "status", "observations", "margin", "tree_left", "largest_class_taxon_id"),
    Hotspot: ("taxon_id", "rank", "labels", "expected_wrong", "to_review"),
    Confusion: ("label_taxon_id", "true_taxon_id", "expected"),
    WorklistEntry: ("observation_id", "label_taxon_id", "suspicion", "listed_in", "country"),
    PlacedLabel: ("place", "tree_left", "entries"),
    Involved: ("inat_id", "role", "observation_id"),
}


def _left_over() -> list[str]:
    """What is not as the files say that it is, and names that are not those of their taxa."""
    unfinished = [
        str(row)
        for model in (ReadinessHistory, HotspotHistory)
        for row in model.objects.exclude(refresh__state="done")
    ]
    unfinished += [str(row) for row in Content.objects.filter(is_written=False)]
    for model, columns in GENERATIONS.items():
        for key in (RULE, other(RULE)):
            if (rows := _rows(model, columns, key)) != (kept := _contents(model, columns, key)):
                unfinished.append(f"{model.__name__} {key}: {rows} are not {kept}")
    names = {
        (taxon.id, key, language, taxon.observations.bit_length())
        for taxon in Taxon.objects.all()
        for key, language in search_names(taxon.name, common_names(taxon))
    }
    odd = names ^ set(TaxonName.objects.values_list("taxon_id", "key", "language", "popularity"))
    return [*unfinished, *map(str, odd)]


def _rows(model: type[Model], columns: tuple[str, ...], key: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {model._meta.db_table} WHERE criteria = %s", [key])
        return sorted(cursor.fetchall(), key=repr)


def _contents(model: type[Model], columns: tuple[str, ...], key: str) -> list[tuple]:
    known = contents.known(model._meta.app_label, key)
    if known is None:
        return []
    rows = feather.read_table(known.folder / model._meta.db_table, columns)
    return sorted((tuple(row.values()) for row in rows.to_pylist()), key=repr)


# Incremental refreshes ------------------------------------------------------------------------------


def every_row() -> dict[str, list]:
    """All that a refresh writes and readers see, but for when an entry came onto the worklist."""
    of_taxa = [
        list(rows.order_by("pk").values()) for rows in (Taxon.objects.defer("added_by"), Photo.objects.all())
    ]
    numbered = [
        [
            row | {"id": 0, "listed_in": 0}
            for row in model.objects.filter(criteria=RULE).order_by(*key).values()
        ]
        for model, key in (
            (Readiness, ["taxon_id"]),
            (MarginCount, ["status", "margin"]),
            (Curve, ["taxon_id"]),
            (Hotspot, ["taxon_id"]),
            (Confusion, ["label_taxon_id", "true_taxon_id"]),
            (WorklistEntry, ["observation_id"]),
            (PlacedLabel, ["place", "tree_left"]),
            (Involved, ["inat_id", "role", "observation_id"]),
        )
    ]
    for rows in of_taxa[:1]:
        for row in rows:
            row.pop("added_by")
    names = sorted(TaxonName.objects.values_list("taxon_id", "key", "language", "popularity"))
    first = Refresh.objects.order_by("id").first().pk
    listed = [
        (entry, refresh - first)
        for entry, refresh in WorklistEntry.objects.filter(criteria=RULE)
        .order_by("observation_id")
        .values_list("observation_id", "listed_in")
    ]
    history = [
        (row.taxon_id, row.refresh_id - first, row.status, row.status_before, row.observations, row.margin)
        for row in ReadinessHistory.objects.order_by("refresh_id", "taxon_id")
    ]
    return {"taxa": of_taxa, "rows": numbered, "names": names, "listed": listed, "history": history}


@settings(max_examples=6)
@given(worlds=st.lists(WORLDS, min_size=1, max_size=5))
def test_written_by_what_differs_the_rows_are_those_of_a_full_refresh(refresh, worlds):
    """Whatever comes, goes and comes back, on whichever day."""

    def run(is_full: bool) -> dict[str, list]:
        with transaction.atomic():
            for world in worlds:
                if is_full:
                    Content.objects.all().delete()
                assert refresh(world)
            result = every_row()
            assert _left_over() == []
            transaction.set_rollback(True)
        return result

    assert run(is_full=False) == run(is_full=True)


def test_what_is_the_same_is_not_written_again(refresh):
    """The second refresh writes the other generation; from the third on nothing is left to write."""
    assert refresh(THEN)
    assert refresh(THEN)
    written = []

    def note(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if match := re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)", sql):
            written.append((match[1], context["cursor"].rowcount))
        return result

    with connection.execute_wrapper(note), pytest.MonkeyPatch.context() as patch:
        insert = bulk._insert
        patch.setattr(
            bulk, "_insert", lambda table, *rest: (written.append((table, 1)), insert(table, *rest))
        )
        assert refresh(THEN)
    rewritten = {table for table, count in written if count > 0 and not table.startswith("staged_")}
    assert rewritten == {
        "hotspots_hotspothistory",  # the trend has a row of each refresh
        "lake_content",
        "lake_generation",
        "sync_refresh",
        # Some dozens of rows, which are counted anew.
        "taxa_curve",
        "taxa_margincount",
    }


def test_after_a_worker_of_an_earlier_version_everything_is_written_anew(refresh):
    """It alters rows and knows of no files: what these say would be wrong, though nothing else shows it."""
    for world in (FIRST, THEN, THEN):
        assert refresh(world)
    expected = every_row()
    with transaction.atomic():
        Refresh.objects.create(
            state="failed", started_at=FIRST_DAY, finished_at=FIRST_DAY, keeps_contents=False
        )
        bulk.remove(Readiness.objects.all())
        Taxon.objects.update(name="Genus older")
        assert refresh(THEN)
        assert every_row()["rows"] == expected["rows"]
        assert every_row()["taxa"] == expected["taxa"]
        transaction.set_rollback(True)


def test_without_the_files_everything_is_written_anew(refresh, settings):
    for world in (FIRST, THEN, THEN):
        assert refresh(world)
    expected = every_row()
    shutil.rmtree(settings.DATA_DIR / "shown")
    bulk.remove(Readiness.objects.all())
    assert refresh(THEN)
    assert every_row()["rows"] == expected["rows"]


MANY = {
    "names": {taxon_id: f"Bee {taxon_id}" for taxon_id in range(1, 61)},
    "observations": {taxon_id: 1 + taxon_id % 5 for taxon_id in range(1, 61)},
    "hotspots": set(range(20, 50)),
    "day": 0,
}
OTHERS = MANY | {
    "names": {taxon_id: f"Wasp {taxon_id}" for taxon_id in range(1, 61)},
    "observations": {taxon_id: 1 + (taxon_id + 1) % 5 for taxon_id in range(1, 61)},
    "day": 1,
}
AT_ONCE = 4
#: In one step at most as many taxa, names and photos change as in `AT_ONCE`, each with some rows beside.
MOST_ROWS = 6 * AT_ONCE


def test_no_transaction_writes_more_than_some_rows(refresh, monkeypatch):
    """However much has changed: one that writes by the number of taxa would keep others waiting."""
    for module in (tree, photos, versions):
        monkeypatch.setattr(module, "MOST_AT_ONCE", AT_ONCE)
    monkeypatch.setattr(bulk, "_ROWS_AT_ONCE", AT_ONCE)
    ids = [Standing(taxon_id, True, FIRST_DAY.date(), False) for taxon_id in MANY["names"]]
    monkeypatch.setattr(services, "current_model", lambda _: CurrentModel(ids, None))
    depth, sizes, current = len(connection.savepoint_ids), [], []

    def count(table: str, rows: int) -> None:
        if not table.startswith(("staged_", "history_before_")):
            current.append((table, rows))

    def watch(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if match := re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM) \"?(\w+)", sql):
            count(match[1], context["cursor"].rowcount)
        if len(connection.savepoint_ids) == depth:
            sizes.append((sum(rows for _, rows in current), [*current]))
            current.clear()
        return result

    insert = bulk._insert

    def copy(table: str, columns: object, batch: pa.RecordBatch) -> None:
        insert(table, columns, batch)
        if connection.vendor == "postgresql":  # it goes past what Django lets watch
            count(table, batch.num_rows)

    monkeypatch.setattr(bulk, "_insert", copy)
    with connection.execute_wrapper(watch):
        for world in (MANY, OTHERS, MANY | {"day": 2}, OTHERS | {"day": 3}):
            assert refresh(world)
    assert sum(rows for rows, _ in sizes) > 2_000
    assert [what for rows, what in sizes if rows > MOST_ROWS] == []
