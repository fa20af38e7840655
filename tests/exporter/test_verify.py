"""Verify: every rule shown to be broken by a fault of its own, then a hundred faults at random."""

import json
import random
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import verify as verifying
from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.draw import commitment, draw_key
from exporter.errors import DataError
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.simulation import simulate
from exporter.snapshot import Request, snapshot
from exporter.snapshot_rules import RULES
from exporter.verify import verify
from tests.exporter.exporting import WorldLake, worlds
from tests.exporter.tampering import Parts
from tests.exporter.world import Row, World, day

CRITERIA = replace(
    INAT_2022,
    name="small",
    train_min=5,
    train_max=12,
    val_min=2,
    val_max=4,
    test_min=2,
    test_max=4,
    train_photos_per_observation=3,
)
SEED = "a seed of 16 bytes or more"
NUMBER_OF_FAULTS = 100


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A small simulated world."""
    folder = tmp_path_factory.mktemp("world")
    simulate(folder / "simulated", seed=1, observations=1_500, end=date(2026, 1, 31))
    lake = Lake(folder / "lake")
    ingest(lake, [folder / "simulated" / "observations"])
    return lake


@pytest.fixture(scope="module")
def sound(lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its snapshot, without fault."""
    folder = tmp_path_factory.mktemp("snapshots") / "sound"
    snapshot(lake, Request(CRITERIA, datetime(2026, 1, 20, tzinfo=UTC), SEED), folder)
    return folder


@pytest.fixture
def derived_once(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Deriving the snapshot again gives the sound one, as another test shows; here it is not done anew."""

    def copy(lake: Lake, request: Request, out: Path, **options: object) -> None:
        shutil.copytree(sound, out)

    monkeypatch.setattr(verifying, "snapshot", copy)


@pytest.fixture
def parts(sound: Path) -> Parts:
    return Parts(sound)


def broken(folder: Path, lake: Lake | None = None) -> str:
    """What verify finds: where, and the rule."""
    with pytest.raises(DataError) as caught:
        verify(folder, lake)
    message = str(caught.value)
    assert message.startswith(str(folder))
    assert "\n" not in message
    return message.removeprefix(f"{folder}: ").removesuffix("; do not use this snapshot, write it again")


def test_a_sound_snapshot_passes(sound: Path, lake: Lake) -> None:
    verify(sound)
    verify(sound, lake)


def test_parts_put_together_unchanged_are_the_same_bytes(sound: Path, parts: Parts, tmp_path: Path) -> None:
    parts.write(tmp_path / "same")
    for path in sound.iterdir():
        assert (tmp_path / "same" / path.name).read_bytes() == path.read_bytes(), path.name


@st.composite
def any_criteria(draw: st.DrawFn) -> Criteria:
    """Small numbers, zeros among them."""
    sizes: dict[str, int] = {}
    for name in ("train", "val", "test"):
        sizes[f"{name}_min"] = draw(st.sampled_from([0, 0, 1, 2]))
        sizes[f"{name}_max"] = sizes[f"{name}_min"] + draw(st.integers(0, 3))
    preset = draw(st.sampled_from([INAT_2021, INAT_2022]))
    # A draw needs as many observations as the three sets need photos.
    fewest = sizes["train_min"] + sizes["val_min"] + sizes["test_min"] if preset is INAT_2021 else 0
    return replace(
        preset,
        min_observations=fewest + draw(st.sampled_from([0, 0, 1, 3])),
        min_confirmed=draw(st.sampled_from([0, 0, 1])),
        train_photos_per_observation=draw(st.integers(1, 3)),
        leaves=tuple(draw(st.lists(st.integers(1, 8), max_size=2))),
        **sizes,
    )


@settings(max_examples=30)
@given(worlds(), any_criteria(), st.integers(0, 10))
def test_no_snapshot_of_any_world_raises_a_false_alarm(world: World, criteria: Criteria, days: int) -> None:
    for number, row in enumerate(world.observations):
        row |= {"latitude": number / 7, "longitude": 3.3, "positional_accuracy": [None, 5.0, 1e6][number % 3]}
    lake: Any = WorldLake(world)
    with tempfile.TemporaryDirectory() as parent:
        try:
            snapshot(lake, Request(criteria, day(15), SEED, days), Path(parent) / "export")
        except DataError:
            return  # too little in this world: no class, or nothing as late as the cutoff
        verify(Path(parent) / "export", lake)


# Faults, each of which breaks one rule; digests and counts are made to fit.


def in_set(parts: Parts, name: str) -> dict[int, list[Row]]:
    """A set's rows by class."""
    result = defaultdict(list)
    for row in parts.photos:
        if row["set"] == name:
            result[row["leaf_class_id"]].append(row)
    return result


def extended(parts: Parts) -> int:
    """A class whose test set goes beyond its minimum."""
    return next(class_id for class_id, rows in in_set(parts, "test").items() if len(rows) > CRITERIA.test_min)


def roomy(parts: Parts) -> list[Row]:
    """The training rows of a class that has room and more than it needs, among them a second photo."""
    return next(
        rows
        for rows in in_set(parts, "train").values()
        if CRITERIA.train_min < len(rows) < CRITERIA.train_max and any(row["position"] == 1 for row in rows)
    )


def class_taxa(parts: Parts) -> list[Row]:
    """taxonomy.csv's classes by class id."""
    result = [row for row in parts.tables["taxonomy.csv"] if row["leaf_class_id"]]
    return sorted(result, key=lambda row: int(row["leaf_class_id"]))


def exchange(one: Row, other: Row, *columns: str) -> None:
    for column in columns:
        one[column], other[column] = other[column], one[column]


def repeat_a_taxon(parts: Parts) -> None:
    parts.tables["taxonomy.csv"].append(parts.tables["taxonomy.csv"][-1])


def drop_a_parent(parts: Parts) -> None:
    rows = parts.tables["taxonomy.csv"]
    rows.remove(next(row for row in rows if not row["leaf_class_id"]))


def make_a_circle(parts: Parts) -> None:
    top, below = parts.tables["taxonomy.csv"][:2]
    assert below["parent_taxon_id"] == top["taxon_id"]
    top["parent_taxon_id"] = below["taxon_id"]


def exchange_classes(parts: Parts) -> None:
    one, other = class_taxa(parts)[:2]
    exchange(one, other, "leaf_class_id", "spatial_class_id")


def exchange_classes_in_the_manifest_too(parts: Parts) -> None:
    exchange_classes(parts)
    exchange(*parts.manifest["counts"]["classes"][:2], "taxon_id")


def add_a_taxon(parts: Parts) -> None:
    row = dict.fromkeys(parts.tables["taxonomy.csv"][0], "")
    parts.tables["taxonomy.csv"].append(row | {"taxon_id": "999999999", "name": "New", "rank": "genus"})


def lower_a_rank(parts: Parts) -> None:
    class_taxa(parts)[0].update(rank="subspecies", rank_level="5.0")


def make_a_parent_a_custom_leaf(parts: Parts) -> None:
    parts.manifest["criteria"]["leaves"] = [int(class_taxa(parts)[0]["parent_taxon_id"])]


def exchange_iconic_classes(parts: Parts) -> None:
    exchange(*parts.tables["iconic_taxa.csv"][:2], "iconic_class_id")


def rename_an_iconic_taxon(parts: Parts) -> None:
    parts.tables["iconic_taxa.csv"][0]["name"] += "x"


def change_an_iconic_class(parts: Parts) -> None:
    row = class_taxa(parts)[0]
    row["iconic_class_id"] = str(int(row["iconic_class_id"]) + 1)


def drop_a_spatial_class(parts: Parts) -> None:
    class_taxa(parts)[0]["spatial_class_id"] = ""


def move_the_first_row_last(parts: Parts) -> None:
    parts.photos.append(parts.photos.pop(0))


def change_an_iconic_class_of_a_photo(parts: Parts) -> None:
    parts.photos[0]["iconic_class_id"] += 1


def label_with_another_class(parts: Parts) -> None:
    parts.photos[0]["obs_taxon_id"] = parts.photos[-1]["taxon_id"]


def give_another_photos_address(parts: Parts) -> None:
    parts.photos[0]["photo_url"] = parts.photos[1]["photo_url"]


def use_an_observation_twice(parts: Parts) -> None:
    parts.photos[0]["observation_id"] = parts.photos[-1]["observation_id"]


def use_a_photo_twice(parts: Parts) -> None:
    """A test photo in training too, as that of another observation."""
    first = next(row for row in parts.photos if row["set"] == "test")
    second = next(row for row in parts.photos if row["set"] == "train")
    second.update(photo_id=first["photo_id"], photo_url=first["photo_url"])


def use_a_later_photo(parts: Parts) -> None:
    next(row for row in parts.photos if row["position"] == 1)["position"] = 9


def put_an_unconfirmed_one_in_test(parts: Parts) -> None:
    parts.photos[-1]["community"] = 0


def exchange_places(parts: Parts) -> None:
    parts.photos[-1], parts.photos[-2] = parts.photos[-2], parts.photos[-1]


def lower_the_maximum(parts: Parts) -> None:
    parts.manifest["criteria"]["test_max"] = CRITERIA.test_min


def raise_the_least_observations(parts: Parts) -> None:
    parts.manifest["criteria"]["min_observations"] = 1000


def add_photos_to_an_observation_in_test(parts: Parts) -> None:
    in_set(parts, "test")[0][CRITERIA.test_min - 1]["observation_photos"] = 99


def drop_the_last_of_a_full_train(parts: Parts) -> None:
    parts.photos.remove(in_set(parts, "train")[extended(parts)][-1])


def exchange_a_drawn_one_for_one_left_over(parts: Parts) -> None:
    """The last drawn into train goes to test for the first left over, as if it had as many photos."""
    train, val, test = (in_set(parts, name) for name in ("train", "val", "test"))

    def weight(row: Row, photos: int) -> tuple[int, str]:
        return photos, draw_key(SEED, row["observation_id"])

    for class_id, rows in test.items():
        if len(rows) > CRITERIA.test_min:
            one, other = train[class_id][-1], rows[CRITERIA.test_min]
            photos, last = other["observation_photos"], val[class_id][CRITERIA.val_min - 1]
            if weight(one, photos) > weight(last, last["observation_photos"]):
                exchange(one, other, *(column for column in one if column != "set"))
                other["observation_photos"] = photos
                return
    raise AssertionError("no class where only the draw would tell")


def pass_over_a_photo(parts: Parts) -> None:
    last = [row for row in roomy(parts) if row["position"] == 1][-1]
    of_same = [row for row in parts.photos if row["observation_id"] == last["observation_id"]]
    parts.photos.remove(of_same[-1])


def exchange_spatial_rows(parts: Parts) -> None:
    rows = parts.tables["spatial_data.csv"]
    rows[0], rows[1] = rows[1], rows[0]


def change_an_iconic_class_of_a_spatial_row(parts: Parts) -> None:
    parts.tables["spatial_data.csv"][0]["iconic_class_id"] += "9"


def label_a_spatial_row_with_another_class(parts: Parts) -> None:
    rows = parts.tables["spatial_data.csv"]
    rows[0]["obs_taxon_id"] = rows[-1]["taxon_id"]


def leave_the_earth(parts: Parts) -> None:
    parts.tables["spatial_data.csv"][0]["latitude"] = "90.5"


def confirm_a_spatial_row(parts: Parts) -> None:
    unconfirmed = {str(row["observation_id"]) for row in parts.photos if not row["community"]}
    rows = parts.tables["spatial_data.csv"]
    next(row for row in rows if row["observation_id"] in unconfirmed)["community"] = "1"


FAULTS: dict[str, Callable[[Parts], None]] = {
    "a taxon has one row in taxonomy.csv": repeat_a_taxon,
    "a taxon's parent is in taxonomy.csv": drop_a_parent,
    "no taxon is its own ancestor": make_a_circle,
    "the classes of taxonomy.csv are those of the manifest": exchange_classes,
    "class ids are 0, 1, 2, ... by ascending taxon id": exchange_classes_in_the_manifest_too,
    "a taxon is in taxonomy.csv as a class with none below it": add_a_taxon,
    "a class is of species rank or above": lower_a_rank,
    "no class lies below a custom leaf": make_a_parent_a_custom_leaf,
    "iconic class ids are 0, 1, 2": exchange_iconic_classes,
    "an iconic taxon has one row and its own name": rename_an_iconic_taxon,
    "a class has the iconic class of its iconic taxon": change_an_iconic_class,
    "a class has its class id as spatial class id": drop_a_spatial_class,
    "rows lie by set": move_the_first_row_last,
    "a photo's class ids and taxon are those of a class": change_an_iconic_class_of_a_photo,
    "a photo's own label is the class's taxon or lies below it": label_with_another_class,
    "a photo's address is iNaturalist's": give_another_photos_address,
    "an observation is in one set of one class": use_an_observation_twice,
    "a photo has one place, whatever observations show it": use_a_photo_twice,
    "an observation gives its first photos": use_a_later_photo,
    "test and validation have one photo, the first, of confirmed": put_an_unconfirmed_one_in_test,
    "places are filled in order": exchange_places,
    "each class's sets lie between their minimum and maximum": lower_the_maximum,
    "a class has min_observations": raise_the_least_observations,
    "test, then validation, take the confirmed observations": add_photos_to_an_observation_in_test,
    "test, then validation, go beyond their minimum only when": drop_the_last_of_a_full_train,
    "train takes the confirmed observations that are drawn first": exchange_a_drawn_one_for_one_left_over,
    "no photo is passed over while train has room": pass_over_a_photo,
    "spatial rows lie by class, then as drawn": exchange_spatial_rows,
    "a spatial row's class ids and taxon are those of a class": change_an_iconic_class_of_a_spatial_row,
    "a spatial row's own label": label_a_spatial_row_with_another_class,
    "a spatial row has a public place": leave_the_earth,
    "an observation has the same class and label in spatial_data.csv": confirm_a_spatial_row,
}


@pytest.mark.parametrize("rule", FAULTS)
def test_a_fault_in_the_files_breaks_its_rule(rule: str, parts: Parts, tmp_path: Path) -> None:
    FAULTS[rule](parts)
    parts.write(tmp_path / "tampered")
    assert f"broken rule: {rule}" in broken(tmp_path / "tampered")


def miscount_a_class(manifest: dict) -> None:
    manifest["counts"]["classes"][0]["val"] += 1


def miscount_a_set(manifest: dict) -> None:
    manifest["counts"]["val"]["observations"] += 1


def miscount_a_file(manifest: dict) -> None:
    manifest["files"]["taxonomy.csv"]["rows"] += 1


def change_the_seed(manifest: dict) -> None:
    manifest["seed"] += "!"


def change_the_seed_and_its_commitment(manifest: dict) -> None:
    change_the_seed(manifest)
    manifest["commitment"] = commitment(manifest["seed"])


def change_the_window(manifest: dict) -> None:
    manifest["settle_days"] += 1


def drop_a_key(manifest: dict) -> None:
    del manifest["settling"]


def drop_an_inner_key(manifest: dict) -> None:
    del manifest["counts"]["classes"][0]["taxon_id"]


def add_a_key(manifest: dict) -> None:
    manifest["remark"] = "all is well"


def list_another_file(manifest: dict) -> None:
    manifest["files"]["more.csv"] = manifest["files"]["taxonomy.csv"]


def keep_a_class_below_the_line(manifest: dict) -> None:
    manifest["settling"]["taxa_kept_below_line"] = [manifest["counts"]["classes"][0]["taxon_id"]]


def miscount_the_histogram(manifest: dict) -> None:
    manifest["distribution"]["photos_per_class"][0]["classes"] += 1


def claim_a_new_class(manifest: dict) -> None:
    manifest["distribution"]["changes"] = {"added": [999], "lost": [], "rolled_up": []}


MANIFEST_FAULTS: dict[Callable[[dict], None], str] = {
    miscount_a_class: "each class holds what the manifest counts",
    miscount_a_set: "the manifest counts each set's photos and observations",
    miscount_a_file: "the manifest counts every file's rows",
    change_the_seed: "the commitment is the seed's SHA-256",
    change_the_seed_and_its_commitment: "places are filled in order",
    change_the_window: "the window is settle_days long",
    drop_a_key: "the manifest is whole",
    drop_an_inner_key: "the manifest is whole",
    add_a_key: "the manifest has the keys of its format",
    list_another_file: "the folder holds the manifest's files and no other",
    keep_a_class_below_the_line: "a taxon kept below the line is no class",
    miscount_the_histogram: "the histogram counts the classes",
    claim_a_new_class: "classes added are classes",
}


@pytest.mark.parametrize("fault", MANIFEST_FAULTS)
def test_a_fault_in_the_manifest_breaks_its_rule(
    fault: Callable[[dict], None], sound: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(sound, tmp_path / "tampered")
    rewrite_manifest(folder, fault)
    assert f"broken rule: {MANIFEST_FAULTS[fault]}" in broken(folder)


def rewrite_manifest(folder: Path, change: Callable[[dict], None], **options: object) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    change(manifest)
    text = json.dumps(manifest, sort_keys=True, ensure_ascii=False, **{"indent": 2, **options})
    path.write_text(f"{text}\n")


def test_every_rule_was_shown_to_break() -> None:
    shown = {
        rule.sentence
        for rule in RULES
        for fault in [*FAULTS, *MANIFEST_FAULTS.values()]
        if rule.sentence.startswith(fault)
    }
    assert {rule.sentence for rule in RULES} - shown == {"a class has at most spatial_max spatial rows"}


def test_more_spatial_rows_than_a_class_may_have(sound: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifying, "SPATIAL_MAX", 4)
    assert broken(sound).endswith("broken rule: a class has at most spatial_max spatial rows")


def test_a_manifest_written_otherwise(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "tampered")
    rewrite_manifest(folder, lambda manifest: None, indent=1)
    assert broken(folder).endswith("the manifest's keys are sorted and indented by two spaces")


def test_a_snapshot_by_other_rules_is_left_to_its_own_software(sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "other")
    rewrite_manifest(folder, lambda manifest: manifest.update(code_version=99))
    assert broken(folder) == (
        "made by version 99 of the rules, not 5; verify it with the software that made it"
    )


def test_a_folder_without_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        verify(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path}/manifest.json: No such file or directory; give the folder of a snapshot"
    )


@pytest.mark.parametrize("fault", ["wrong", "more", "less", "header"])
def test_a_set_that_differs_from_the_photos_though_the_digest_fits(
    fault: str, sound: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(sound, tmp_path / "tampered")
    path = folder / "val_data.csv"
    lines = path.read_text().splitlines(keepends=True)
    if fault == "wrong":
        lines[3] = lines[3].replace("medium", "large")
    elif fault == "more":
        lines.append(lines[-1])
    elif fault == "less":
        lines.pop()
    else:
        lines[0] = lines[0].replace("photo_id", "photo")
    path.write_text("".join(lines))
    Parts(sound).write_manifest(folder)
    rule = "every file has its columns" if fault == "header" else "the sets' CSV files have the rows of"
    assert f"broken rule: {rule}" in broken(folder)


@pytest.mark.parametrize("name", ["taxonomy.csv", "photos.parquet"])
def test_a_file_that_cannot_be_read_though_the_digest_fits(name: str, sound: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sound, tmp_path / "tampered")
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[: len(content) // 2] + b'\n"' + content[len(content) // 2 :])
    Parts(sound).write_manifest(folder)
    assert broken(folder).endswith("broken rule: every file can be read")


# A hundred faults at random, each in one row. First by one who leaves the digests as they were.


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def tamper_openly(folder: Path, draw: random.Random) -> None:
    """One fault in one file, of whatever kind."""
    path = draw.choice(sorted(path for path in folder.iterdir() if path.name != "manifest.json"))
    if path.suffix != ".csv":
        content = bytearray(path.read_bytes())
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(content)
        return
    lines = lines_of(path)
    one, other = draw.sample(range(1, len(lines)), 2)
    match draw.choice(["change", "exchange", "drop", "repeat", "move", "remove the file", "add a file"]):
        case "change":
            fields = lines[one].split(b",")
            number = draw.randrange(len(fields))
            fields[number] = b"1" + fields[number]
            lines[one] = b",".join(fields)
        case "exchange":
            lines[one], lines[other] = lines[other], lines[one]
        case "drop":
            del lines[one]
        case "repeat":
            lines.insert(other, lines[one])
        case "move":
            target = draw.choice([name for name in folder.glob("*_data.csv") if name != path])
            target.write_bytes(target.read_bytes() + lines.pop(one))
        case "remove the file":
            path.unlink()
            return
        case "add a file":
            (folder / "more.csv").write_bytes(b"".join(lines))
            return
    path.write_bytes(b"".join(lines))


def changed_files(folder: Path, sound: Path) -> dict[str, str]:
    """The files of a folder that are not as in the sound one, with what verify says of each."""
    result, known = ({path.name for path in each.iterdir()} for each in (folder, sound))
    whole = "broken rule: the folder holds the manifest's files and no other"
    if result != known:
        return {
            name: f"{name} is {'missing' if name in known else 'none of them'}: {whole}"
            for name in result ^ known
        }
    return {
        name: f"{name}: broken rule: every file has the manifest's SHA-256 and size"
        for name in known
        if (folder / name).read_bytes() != (sound / name).read_bytes()
    }


def test_a_hundred_faults_against_the_digests(sound: Path, tmp_path: Path) -> None:
    draw = random.Random(1)
    for number in range(NUMBER_OF_FAULTS):
        folder = shutil.copytree(sound, tmp_path / str(number))
        tamper_openly(folder, draw)
        assert broken(folder) in changed_files(folder, sound).values()


# Then by one who hides it: in every file that tells it, with digests and counts that fit.


def draw_photo(parts: Parts, draw: random.Random) -> Row:
    return draw.choice(parts.photos)


def relabel_photo(parts: Parts, draw: random.Random) -> None:
    one = draw_photo(parts, draw)
    other = draw.choice([row for row in parts.photos if row["taxon_id"] != one["taxon_id"]])
    columns = ("leaf_class_id", "iconic_class_id", "taxon_id", "obs_taxon_id")
    one.update({column: other[column] for column in columns})


def exchange_labels(parts: Parts, draw: random.Random) -> None:
    one = draw_photo(parts, draw)
    other = draw.choice([row for row in parts.photos if row["taxon_id"] != one["taxon_id"]])
    exchange(one, other, "leaf_class_id", "iconic_class_id", "taxon_id", "obs_taxon_id")


def drop_photo(parts: Parts, draw: random.Random) -> None:
    parts.photos.remove(draw_photo(parts, draw))


def repeat_photo(parts: Parts, draw: random.Random) -> None:
    number = draw.randrange(len(parts.photos))
    parts.photos.insert(number, dict(parts.photos[number]))


def move_photo(parts: Parts, draw: random.Random) -> None:
    """Into another set of its class, where the draw would put it there."""
    row = draw_photo(parts, draw)
    parts.photos.remove(row)
    row["set"] = draw.choice([name for name in ("train", "val", "test") if name != row["set"]])

    def place(row: Row) -> tuple:
        weight = 0 if row["set"] == "train" else row["observation_photos"]
        order = 1 - row["community"], row["position"] > 0, weight, draw_key(SEED, row["observation_id"])
        return ["train", "val", "test"].index(row["set"]), row["leaf_class_id"], *order

    later = (number for number, other in enumerate(parts.photos) if place(other) > place(row))
    parts.photos.insert(next(later, len(parts.photos)), row)


def change_photo(parts: Parts, draw: random.Random) -> None:
    """Another photo in its place, with the address that fits."""
    row = draw_photo(parts, draw)
    url = row["photo_url"]
    row["photo_id"] += 1_000_000_000
    row["photo_url"] = url.replace(url.split("/")[4], str(row["photo_id"]))


def change_photo_value(parts: Parts, draw: random.Random) -> None:
    columns = ("observation_id", "leaf_class_id", "iconic_class_id", "taxon_id", "obs_taxon_id", "position")
    column = draw.choice([*columns, "observation_photos"])
    draw_photo(parts, draw)[column] += draw.choice([1, 2])


def unconfirm_photo(parts: Parts, draw: random.Random) -> None:
    row = draw_photo(parts, draw)
    row["community"] = 1 - row["community"]


def change_cell(parts: Parts, draw: random.Random) -> None:
    row = draw.choice(parts.tables[draw.choice(sorted(parts.tables))])
    row[draw.choice(sorted(row))] += "1"


def drop_row(parts: Parts, draw: random.Random) -> None:
    rows = parts.tables[draw.choice(sorted(parts.tables))]
    rows.remove(draw.choice(rows))


def repeat_row(parts: Parts, draw: random.Random) -> None:
    rows = parts.tables[draw.choice(sorted(parts.tables))]
    rows.insert(draw.randrange(len(rows)), draw.choice(rows))


def change_manifest(parts: Parts, draw: random.Random) -> None:
    """A number that only the manifest tells."""
    report = parts.manifest["distribution"]
    row, column = draw.choice(
        [
            (parts.manifest["settling"], "held_back_observations"),
            (parts.manifest["settling"], "accepted_removals"),
            (parts.manifest["settling"], "judged_by_observation_times"),
            (report["unused_beside_classes"], "photos"),
            (draw.choice(report["near_line"]["below"]), "margin"),
            (draw.choice(report["near_line"]["above"]), "taxon_id"),
            (draw.choice(parts.manifest["counts"]["classes"]), "shared_elsewhere"),
        ]
    )
    row[column] += 1


HIDDEN_FAULTS = (
    relabel_photo,
    exchange_labels,
    drop_photo,
    repeat_photo,
    move_photo,
    change_photo,
    change_photo_value,
    unconfirm_photo,
    change_cell,
    drop_row,
    repeat_row,
    change_manifest,
)

#: What a row's neighbours always give away; the others may need the lake.
FOUND_IN_THE_FILES = (relabel_photo, exchange_labels, repeat_photo, repeat_row)


@pytest.mark.usefixtures("derived_once")
def test_a_hundred_hidden_faults(sound: Path, lake: Lake, tmp_path: Path) -> None:
    draw = random.Random(2)
    for number in range(NUMBER_OF_FAULTS):
        tamper = HIDDEN_FAULTS[number % len(HIDDEN_FAULTS)]
        parts = Parts(sound)
        tamper(parts, draw)
        folder = tmp_path / str(number)
        parts.write(folder)
        needs = None if tamper in FOUND_IN_THE_FILES else lake
        assert "broken rule: " in broken(folder, needs), (number, tamper.__name__)


def change_a_name(parts: Parts) -> None:
    class_taxa(parts)[0]["name"] += "x"


def change_a_place(parts: Parts) -> None:
    parts.tables["spatial_data.csv"][0]["longitude"] = "0.5"


def exchange_a_photo(parts: Parts) -> None:
    change_photo(parts, random.Random(3))


def settle_another_number(parts: Parts) -> None:
    parts.manifest["settling"]["held_back_observations"] += 1


NEED_THE_LAKE = {
    change_a_name: "taxonomy.csv line ",
    change_a_place: "spatial_data.csv line 2: ",
    exchange_a_photo: "train_data.csv line ",
    settle_another_number: "manifest.json, settling: ",
}


@pytest.mark.parametrize("fault", NEED_THE_LAKE)
def test_what_the_files_cannot_tell_the_lake_does(
    fault: Callable[[Parts], None], parts: Parts, lake: Lake, tmp_path: Path
) -> None:
    fault(parts)
    parts.write(tmp_path / "tampered")
    verify(tmp_path / "tampered")
    message = broken(tmp_path / "tampered", lake)
    assert message.startswith(NEED_THE_LAKE[fault])
    assert message.endswith(
        "broken rule: the lake's version, the criteria, the cutoff and the seed give the same snapshot again"
    )


def test_a_lake_without_the_pinned_version(sound: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the lake has no version 1"):
        verify(sound, Lake(tmp_path / "empty"))


def test_a_snapshot_compared_with_a_previous_one_is_derived_again_without_it(
    sound: Path, lake: Lake, tmp_path: Path
) -> None:
    request = Request(CRITERIA, datetime(2026, 1, 25, tzinfo=UTC), SEED)
    snapshot(lake, request, tmp_path / "next", previous=sound)
    verify(tmp_path / "next", lake)
