"""A damaged lake: the right rows, or one line that names a file; never fewer rows in silence."""

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.errors import DataError
from exporter.lake import Lake
from exporter.schema import TABLES
from tests.exporter.damaged import (
    DAMAGES,
    FILES,
    LAST_DAY,
    Ran,
    contents,
    damage,
    files_of,
    run,
    write_inputs,
)

ADVICE = "run `python -m exporter doctor`"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a lake of three versions, its inputs, and ``4.csv``: readiness with a fourth file."""
    folder = tmp_path_factory.mktemp("made")
    write_inputs(folder)
    for number, name in enumerate(FILES, 1):
        if number == 4:
            shutil.copytree(folder / "lake", folder / "more")
        lake = folder / ("lake" if number < 4 else "more")
        assert run(lake, "ingest", folder / name).code == 0
        assert readiness(folder, lake, folder / f"{number}.csv") == Ran(0, [], [])
    return folder


def readiness(made: Path, lake: Path, out: Path) -> Ran:
    return run(lake, "readiness", "--criteria", made / "small.toml", "--out", out)


def snapshot(made: Path, lake: Path, out: Path) -> Ran:
    criteria = ("--criteria", made / "small.toml", "--settle-days", 0)
    return run(
        lake, "snapshot", "--cutoff", LAST_DAY, "--seed", "a seed of sixteen bytes", "--out", out, *criteria
    )


def version_read(ran: Ran, lake: Path) -> int:
    """The version that a command which ended well says it read, with the file that made it an older one."""
    loud = [line for line in ran.said if "is damaged; reading version" in line]
    if not loud:
        return 3
    assert len(loud) == 1
    assert f"{lake}/" in loud[0]
    assert ADVICE in loud[0]
    return int(loud[0].split("reading version ")[1].split(",")[0])


def refused(ran: Ran, lake: Path) -> bool:
    """Whether a command ended with 1, in one line that names a file and says what to do."""
    if ran.code == 0:
        return False
    [line] = [line for line in ran.said if line.startswith("exporter: ")]
    assert ran.code == 1
    assert f"{lake}/" in line
    assert ADVICE in line
    return True


@pytest.mark.parametrize("command", ["readiness", "hotspots", "ingest", "snapshot"])
@settings(max_examples=12)
@given(data=st.data())
def test_damaged_anywhere_no_row_is_lost_in_silence(made: Path, command: str, data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        lake = folder / "lake"
        shutil.copytree(made / "lake", lake)
        files = files_of(lake)
        path, other = (data.draw(st.sampled_from(files)) for _ in range(2))
        damage(path, data.draw(st.sampled_from(DAMAGES)), other)
        before = contents(lake)
        {"readiness": _read, "hotspots": _find, "ingest": _load, "snapshot": _export}[command](
            made, lake, folder
        )
        if command != "ingest":
            assert contents(lake) == before
            _cure(made, lake, folder)


def _read(made: Path, lake: Path, folder: Path) -> None:
    ran = readiness(made, lake, folder / "r.csv")
    if not refused(ran, lake):
        assert (folder / "r.csv").read_text() == (made / f"{version_read(ran, lake)}.csv").read_text()


def _find(made: Path, lake: Path, folder: Path) -> None:
    ran = run(lake, "hotspots", "--criteria", made / "small.toml", "--out", folder / "h.csv")
    if not refused(ran, lake):
        version_read(ran, lake)


def _load(made: Path, lake: Path, folder: Path) -> None:
    before = contents(lake)
    if refused(run(lake, "ingest", made / FILES[3]), lake):
        assert contents(lake) == before
    else:
        assert readiness(made, lake, folder / "r.csv").code == 0
        assert (folder / "r.csv").read_text() == (made / "4.csv").read_text()


def _export(made: Path, lake: Path, folder: Path) -> None:
    ran = snapshot(made, lake, folder / "out")
    if refused(ran, lake):
        assert not (folder / "out").exists()
        return
    again = run(lake, "verify", folder / "out")
    assert again.code == 0
    version = version_read(ran, lake)
    expected = snapshot(made, made / "lake", folder / "expected") if version == 3 else None
    if expected is not None:
        assert contents(folder / "out") == contents(folder / "expected")


def _cure(made: Path, lake: Path, folder: Path) -> None:
    """The doctor restores the newest version that is whole, if one is, and then finds no fault."""
    cured = run(lake, "doctor", "--out", folder / "d.csv")
    ran = readiness(made, lake, folder / "cured.csv")
    if cured.code == 1:
        assert "no version is whole" in cured.said[-1]
        assert refused(ran, lake)
        return
    assert ran == Ran(0, [], [])
    newest = Lake(lake).require_latest()
    assert newest.faults == ()
    assert (folder / "cured.csv").read_text() == (made / f"{newest.number}.csv").read_text()
    assert run(lake, "doctor", "--no-restore", "--out", folder / "d.csv").code == 0
    assert run(lake, "ingest", *(made / name for name in FILES)).code == 0
    assert readiness(made, lake, folder / "all.csv").code == 0
    assert (folder / "all.csv").read_text() == (made / "4.csv").read_text()


@pytest.fixture
def lake(made: Path, tmp_path: Path) -> Path:
    """A copy of the lake to damage."""
    shutil.copytree(made / "lake", tmp_path / "lake")
    return tmp_path / "lake"


def entry(lake: Path, number: int) -> Path:
    return lake / "photos" / "_delta_log" / f"{number:020d}.json"


def newest_photos(lake: Path) -> Path:
    files = Lake(lake).files("photos", Lake(lake).at(3))
    return Path(
        max(
            (path for bucket in files.values() for path in bucket),
            key=lambda path: Path(path).stat().st_mtime,
        )
    )


def _delete_table(lake: Path) -> Path:
    shutil.rmtree(lake / "taxa")
    return lake / "taxa"


def _stand_in(lake: Path) -> Path:
    path = newest_photos(lake)
    shutil.copy(next(lake.glob("taxa/*/*.parquet")), path)
    return path


def _of(how: str, find: str) -> object:
    def act(lake: Path) -> Path:
        path = {"entry": entry(lake, 3), "version": lake / "versions" / "00000003.json"}.get(find)
        path = path or newest_photos(lake)
        damage(path, how, path)
        return path

    return act


def _unreadable(lake: Path) -> Path:
    path = lake / "versions" / "00000003.json"
    path.unlink()
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("act", "words", "falls_back"),
    [
        (_of("delete", "entry"), "the log entry is missing", True),
        (_of("truncate", "entry"), "the log entry is cut off or damaged", True),
        (_of("empty", "entry"), "the log entry is cut off or damaged", True),
        (_of("garbage", "entry"), "the log entry is cut off or damaged", True),
        (_of("cut a line", "entry"), "does not give the files of version 3", True),
        (_of("delete", "file"), "the file is missing", True),
        (_of("truncate", "file"), "bytes in place of", True),
        (_of("garbage of its size", "file"), "the file is damaged, or another in its place", True),
        (_stand_in, "bytes in place of", True),
        (_delete_table, "the folder is missing", False),
        (_of("truncate", "version"), "the version file is damaged", True),
        (_of("delete", "version"), "the version file is missing", True),
        (_unreadable, "cannot be read (Is a directory)", True),
    ],
)
def test_each_damage_is_one_line_that_names_the_file(
    made: Path, lake: Path, tmp_path: Path, act: object, words: str, falls_back: bool
) -> None:
    path = act(lake)  # type: ignore[operator]
    refusal = run(lake, "ingest", made / FILES[3])
    assert refusal.code == 1
    [line] = refusal.said
    assert line.startswith(f"exporter: {path}: ")
    assert words in line
    assert line.endswith(f"; {ADVICE}; nothing was written")
    ran = readiness(made, lake, tmp_path / "r.csv")
    [line] = ran.said
    assert f"{path}: " in line
    assert words in line
    assert ran.code == (0 if falls_back else 1)
    if falls_back:
        assert version_read(ran, lake) == 2
        assert (tmp_path / "r.csv").read_text() == (made / "2.csv").read_text()
        version = Lake(lake).require_latest()
        assert version.number == 2
        [fault] = version.faults
        assert fault.startswith(f"{path}: ")


def test_a_stray_file_among_the_versions_is_named_and_stops_nothing(
    made: Path, lake: Path, tmp_path: Path
) -> None:
    stray = lake / "versions" / "notes.json"
    stray.write_text("{}")
    line = f"exporter: {stray}: not a version file, ignored; move it elsewhere, or {ADVICE}"
    assert readiness(made, lake, tmp_path / "r.csv") == Ran(0, [], [line])
    ran = run(lake, "ingest", made / FILES[3])
    assert (ran.code, ran.said) == (0, [line])
    assert Lake(lake).require_latest().number == 4


def test_a_lake_copied_in_order_of_name_across_an_ingest(made: Path, tmp_path: Path) -> None:
    """The tables of one version, and the version files of the next."""
    lake = tmp_path / "lake"
    shutil.copytree(made / "lake", lake)
    shutil.rmtree(lake / "versions")
    shutil.copytree(made / "more" / "versions", lake / "versions")
    ran = readiness(made, lake, tmp_path / "r.csv")
    assert ran.code == 0
    assert version_read(ran, lake) == 3
    assert (tmp_path / "r.csv").read_text() == (made / "3.csv").read_text()
    refusal = run(lake, "ingest", made / FILES[3])
    assert refusal.code == 1
    assert "the log entry is missing" in refusal.said[-1]
    assert "nothing was written" in refusal.said[-1]


def test_a_pinned_version_that_is_damaged_is_no_other_version(lake: Path) -> None:
    damage(entry(lake, 2), "truncate", entry(lake, 2))
    with pytest.raises(DataError, match="the log entry is cut off or damaged"):
        Lake(lake).connect(Lake(lake).at(2))


def test_lost_version_files_are_no_empty_lake(made: Path, lake: Path) -> None:
    shutil.rmtree(lake / "versions")
    for ran in (run(lake, "ingest", made / FILES[3]), run(lake, "readiness")):
        assert ran.code == 1
        assert f"{lake}/versions: the version files are missing" in ran.said[-1]
    with pytest.raises(DataError, match="the version files are missing"):
        Lake(lake).latest()


def test_a_lake_made_before_digests_were_kept_is_read_and_grows(
    made: Path, lake: Path, tmp_path: Path
) -> None:
    for path in (lake / "versions").glob("*.json"):
        text = path.read_text()
        path.write_text(text[: text.index(', "digests"')] + "}")
    (lake / "versions" / "newest").unlink()
    assert readiness(made, lake, tmp_path / "r.csv") == Ran(0, [], [])
    assert run(lake, "ingest", made / FILES[3]).said == []
    assert Lake(lake).require_latest().number == 4
    assert Lake(lake).require_latest().digests.keys() == TABLES.keys()
