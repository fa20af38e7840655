"""What a version or a snapshot names is on the disk before it is published."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from exporter.durable import files_below, make_folder, publish, sync
from exporter.lake import Lake
from tests.exporter.damaged import FILES, LAST_DAY, run, write_inputs


class Recorder:
    """Notes what is synced, and what is renamed, in order."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, Path]] = []

    def before(self, name: Path) -> set[Path]:
        """What was synced before something took a name."""
        end = self.steps.index(("name", name))
        return {path for step, path in self.steps[:end] if step == "sync"}

    def after(self, name: Path) -> set[Path]:
        """What was synced after something took a name."""
        end = self.steps.index(("name", name))
        return {path for step, path in self.steps[end:] if step == "sync"}


@contextmanager
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recorder = Recorder()
    fsync, rename = os.fsync, Path.rename

    def note_sync(handle: int) -> None:
        recorder.steps.append(("sync", Path(f"/proc/self/fd/{handle}").readlink()))
        fsync(handle)

    def note_rename(self: Path, target: Path) -> Path:
        recorder.steps.append(("name", Path(target)))
        return rename(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", note_sync)
        patched.setattr(Path, "rename", note_rename)
        yield recorder


def test_each_path_is_synced_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths = [tmp_path, *(tmp_path / str(number) for number in range(40))]
    for path in paths[1:]:
        path.touch()
    with recorded(monkeypatch) as recorder:
        sync([*paths, *paths])
    assert sorted(recorder.steps) == sorted(("sync", path) for path in paths)


def test_a_new_folder_is_synced_in_that_above_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with recorded(monkeypatch) as recorder:
        make_folder(tmp_path / "a" / "b")
        make_folder(tmp_path / "a" / "b")
    assert recorder.steps == [("sync", tmp_path), ("sync", tmp_path / "a")]
    assert (tmp_path / "a" / "b").is_dir()


def test_both_folders_of_a_move_are_synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "file").touch()
    with recorded(monkeypatch) as recorder:
        publish(tmp_path / "file", tmp_path / "a" / "file")
    assert recorder.steps == [
        ("name", tmp_path / "a" / "file"),
        ("sync", tmp_path / "a"),
        ("sync", tmp_path),
    ]


def test_a_version_is_published_when_all_that_it_names_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_inputs(tmp_path)
    lake = tmp_path / "lake"
    assert run(lake, "ingest", tmp_path / FILES[0]).code == 0
    earlier = set(lake.rglob("*"))
    with recorded(monkeypatch) as recorder:
        assert run(lake, "ingest", tmp_path / FILES[1]).code == 0
    published = lake / "versions" / "00000002.json"
    synced = recorder.before(published)
    version = Lake(lake).at(2)
    written = {
        Path(path)
        for table in version.tables
        for files in Lake(lake).files(table, version).values()
        for path in files
    } - earlier
    changed = {"observations", "photos", "identifications"}
    assert {path.parent.parent.name for path in written} == changed
    entries = {lake / name / "_delta_log" / f"{2:020d}.json" for name in changed}
    folders = {lake / name for name in changed} | {path.parent for path in written | entries}
    assert synced >= written | entries | folders
    # And the version file itself, under the name that it had until then.
    assert any(
        re.fullmatch(r"\.[0-9a-f]{32}", path.name) for path in synced if path.parent == published.parent
    )
    assert published.parent in recorder.after(published)


def test_of_a_folder_in_use_the_files_that_are_still_there_are_listed(tmp_path: Path) -> None:
    for name in ("a", "b/c", "b/d", "e/f"):
        make_folder((tmp_path / name).parent)
        (tmp_path / name).write_text(name)
    listed = files_below(tmp_path)
    assert next(listed) == tmp_path / "a"
    shutil.rmtree(tmp_path / "b")
    assert list(listed) == [tmp_path / "e" / "f"]
    assert list(files_below(tmp_path / "b")) == []


def test_a_folder_that_cannot_be_read_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(PermissionError):
        list(files_below(tmp_path))


def test_a_snapshot_is_published_when_all_its_files_are_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_inputs(tmp_path)
    lake, out = tmp_path / "lake", tmp_path / "out"
    run(lake, "ingest", *(tmp_path / name for name in FILES))
    criteria = (
        "--criteria",
        tmp_path / "small.toml",
        "--seed",
        "a seed of sixteen bytes",
        "--settle-days",
        0,
    )
    with recorded(monkeypatch) as recorder:
        assert run(lake, "snapshot", "--cutoff", LAST_DAY, *criteria, "--out", out).code == 0
    synced = {path for path in recorder.before(out) if path.parent.name.startswith(".out.")}
    assert {path.name for path in synced} == {path.name for path in out.iterdir()}
    assert {path.parent for path in synced} <= recorder.before(out)
    assert tmp_path in recorder.after(out)
