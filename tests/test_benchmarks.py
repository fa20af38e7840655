"""What the benchmarks make up fits what it is measured with: no long run ends in its middle for that."""

import json

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from benchmarks import dumps, generate, portal_hotspots, scale, spark_log, split_models
from exporter.criteria import USABLE_PHOTO, WRITABLE_PHOTO
from exporter.schema import TABLES
from portal.hotspots.models import Confusion, Hotspot, WorklistEntry
from tests.portal.taking_over import take_over_hotspots
from tests.portal.world import TAXA


def test_made_up_hotspots_are_taken_over(world):
    taxa = sorted(taxon_id for taxon_id, *_ in TAXA)[:8]
    labels = pa.table({"taxon_id": taxa, "tree_left": pa.array(range(8), pa.int64())})
    result = portal_hotspots.findings(labels, entries=40)
    assert take_over_hotspots(world, {"inat-2022": result}) == {"inat-2022": 8}
    assert sorted(Hotspot.objects.values_list("taxon_id", flat=True)) == taxa
    assert WorklistEntry.objects.count() == result.worklist.num_rows > 20
    assert Confusion.objects.count() == 8 * portal_hotspots.CONFUSIONS_EACH


def test_generated_photos_can_be_written():
    """Else no taxon of a generated lake passes, and there is no snapshot to measure."""
    with duckdb.connect() as con:
        con.register("photos", generate._photos(np.random.default_rng(1), np.arange(1, 201)))
        usable, writable = (
            con.execute(f"SELECT count(*) FROM photos WHERE {condition}").fetchone()[0]
            for condition in (USABLE_PHOTO, WRITABLE_PHOTO)
        )
    assert writable == usable > 200


def test_a_generated_lake_has_every_table_of_a_lake(tmp_path, monkeypatch):
    few = tuple((rank, level, min(count, 20)) for rank, level, count in generate.RANKS)
    monkeypatch.setattr(generate, "RANKS", few)
    with generate.connect(generate.generate(tmp_path, 500), "1GB", 1) as con:
        rows = {name: con.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in TABLES}
    assert (rows["observations"], rows["common_names"]) == (500, 0)
    assert min(rows["taxa"], rows["photos"], rows["identifications"]) > 100


def test_a_made_up_dump_goes_through_every_step(tmp_path, monkeypatch):
    few = tuple((rank, level, min(count, 20)) for rank, level, count in generate.RANKS)
    monkeypatch.setattr(generate, "RANKS", few)
    monkeypatch.setattr(dumps, "TAXA_TIMES", 1)
    work = scale.Work(6_000, tmp_path, "1GB", 1)
    figures = {step: scale._take(step, work) for step in scale.DUMP_STEPS}
    with work.lake.connect() as con:
        photos, observers = con.execute(
            "SELECT (SELECT count(*) FROM photos), (SELECT count(DISTINCT observer_id) FROM observations)"
        ).fetchone()
    assert figures["ingest"]["rows"] == sum(count for *_, count in few) + 6_000 + photos
    assert figures["snapshot"]["rows"] > 1_000
    assert 1.4 < photos / 6_000 < 1.6
    assert 50 < observers <= 72
    assert not work.dump.exists()


def test_the_exponent_of_what_grows_as_the_data_is_one():
    assert scale.exponent(20, 60, 4.0, 12.0) == 1
    assert scale.exponent(10, 100, 1.0, 1000.0) == pytest.approx(3)


def test_made_up_classes_stand_in_a_tree():
    """Each genus in one clade, and few photos of most classes."""
    made = split_models.synthetic(None)
    genera, clades = made.pool.levels[:2]
    assert (made.pool.classes, len(made.names)) == (2000, 20)
    assert len(np.unique(np.stack([genera, clades]), axis=1).T) == genera.max() + 1 == 500
    counts = np.bincount(made.pool.class_ids)
    assert (counts.min(), counts.max()) == (8, 49)
    assert np.median(counts) < counts.mean()


def test_a_new_comparison_takes_the_place_of_the_old_one_of_its_name(tmp_path):
    page = tmp_path / "comparison.json"
    split_models.put_in_place(page, [{"name": "photographs", "draws": 2}])
    split_models.put_in_place(page, [{"name": "synthetic", "draws": 3}])
    split_models.put_in_place(page, [{"name": "photographs", "draws": 10}])
    assert json.loads(page.read_text()) == [
        {"name": "photographs", "draws": 10},
        {"name": "synthetic", "draws": 3},
    ]


def test_what_an_event_log_says_of_its_stages(tmp_path):
    """Two stages run at once for a second; the second's only task fails once."""
    events = [{"Event": "SparkListenerJobStart"}, {"Unknown": 1}]
    for stage, begin, end in ((0, 1_000, 3_000), (1, 2_000, 6_000)):
        info = {"Stage ID": stage, "Stage Attempt ID": 0, "Stage Name": f"stage {stage}"}
        times = {"Submission Time": begin, "Completion Time": end}
        events.append({"Event": "SparkListenerStageCompleted", "Stage Info": info | times})
    for stage, seconds, metrics in (
        (0, 2, {"Executor CPU Time": 1.5e9, "Executor Deserialize CPU Time": 0.25e9}),
        (1, 1, None),
        (1, 3, {"Executor CPU Time": 2e9}),
    ):
        task = {"Launch Time": 0, "Finish Time": seconds * 1_000}
        place = {"Stage ID": stage, "Stage Attempt ID": 0}
        events.append({"Event": "SparkListenerTaskEnd", **place, "Task Info": task, "Task Metrics": metrics})
    (tmp_path / "events").write_text("".join(f"{json.dumps(event)}\n" for event in events))
    log = spark_log.read_log(tmp_path)
    assert [stage.tasks for stage in log.stages] == [(2.0,), (1.0, 3.0)]
    assert log.summary() == spark_log.Summary(
        jobs=1, stages=2, tasks=3, work=6.0, in_stages=5.0, processor=3.75
    )
