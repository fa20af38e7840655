"""The files of a table as its log lists them."""

import json
import os
from pathlib import Path

import pytest
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from exporter.errors import DataError
from exporter.schema import TAXA
from exporter.table_files import TableFile, checkpoints_of, commit, create, digest, listed_files, log_fault


def add(folder: Path, bucket: int, name: str) -> None:
    action = AddAction(
        f"bucket={bucket}/{name}", 7, {"bucket": str(bucket)}, 0, True, json.dumps({"numRecords": 3})
    )
    commit(DeltaTable(folder), [action], [bucket])


def test_the_files_of_each_version(tmp_path: Path) -> None:
    create(tmp_path, TAXA)
    add(tmp_path, 1, "a.parquet")
    add(tmp_path, 0, "b.parquet")
    add(tmp_path, 1, "c.parquet")
    of = {
        name: TableFile(tmp_path / f"bucket={bucket}" / f"{name}.parquet", bucket, 7, 3)
        for name, bucket in (("a", 1), ("b", 0), ("c", 1))
    }
    expected = [[], [of["a"]], [of["b"], of["a"]], [of["b"], of["c"]]]
    assert [listed_files(tmp_path, version) for version in range(4)] == expected
    assert len({digest(files) for files in expected}) == 4
    assert digest(reversed(expected[3])) == digest(expected[3])
    with pytest.raises(DataError, match=f"{4:020d}.json: the log entry is missing"):
        listed_files(tmp_path, 4)


def test_old_entries_stay_behind_a_checkpoint(tmp_path: Path) -> None:
    """Delta would remove what is older than 30 days; a version of the lake may be pinned for years."""
    create(tmp_path, TAXA)
    for number in range(1, 102):
        add(tmp_path, 0, f"{number}.parquet")
        for path in (tmp_path / "_delta_log").iterdir():
            os.utime(path, (0, 0))
    assert checkpoints_of(tmp_path, 101) != []
    for version in (1, 50, 100, 101):
        [file] = listed_files(tmp_path, version)
        assert file.path.name == f"{version}.parquet"
    assert log_fault(tmp_path, 101) is None


def test_a_disk_that_takes_no_more_is_one_line(tmp_path: Path) -> None:
    create(tmp_path, TAXA)
    log = tmp_path / "_delta_log"
    table = DeltaTable(tmp_path)
    for path in log.iterdir():
        path.unlink()
    log.rmdir()
    log.touch()
    with pytest.raises(DataError, match="nothing was written"):
        commit(table, [], [0])
