"""The command line: what it prints, its exit codes, and how it takes wrong input."""

import csv
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from exporter.__main__ import main
from exporter.lake import Lake
from exporter.readiness import SCHEMA

OBSERVATION = {
    "id": 7,
    "updated_at": "2026-01-01T00:00:00Z",
    "taxon": {"id": 3, "name": "Aves", "rank": "class", "rank_level": 50, "ancestor_ids": [48460, 1, 2, 3]},
    "photos": [{"id": 1, "url": "https://static.inaturalist.org/photos/1/square.jpg"}],
}


@pytest.fixture(autouse=True)
def _data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAFLINE_DATA", str(tmp_path / "data"))


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"results": [OBSERVATION, {"id": None}]}))
    return path


def test_ingest_reports_what_was_read_and_what_was_refused(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = str(tmp_path / "lake")
    assert main(["ingest", str(page), "--lake", lake]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        f"{page}: API observations (page), 2 read, 1 refused",
        "taxa: 1 rows read, 1 new, 0 changed",
        "observations: 1 rows read, 1 new, 0 changed",
        "photos: 1 rows read, 1 new, 0 changed",
        "identifications: 0 rows read, 0 new, 0 changed",
        "",
        "1 refused, so not loaded:",
        "  1  not an observation: no whole number in its 'id'",
        "",
        "The lake now has 1 observation, 1 photo, 0 identifications and 2 taxa.",
        "It lacks:",
        "  1  observations without identifications (all)",
        "     Hotspots, worklists and guards learn nothing from them.",
        "  1  observations whose community taxon is unknown (all)",
        "     Readiness takes research grade in its place; its counts are lower bounds.",
        "  1  photos whose licence is unknown (all)",
        "     Pages link to them instead of showing them; counts and snapshots are not affected.",
        "For identifications, community taxa:"
        " python -m exporter pull --taxon ID; or load API v1 JSON of these observations",
        "For photo licences: python -m exporter pull --taxon ID; or load photos.csv.gz of the open data",
    ]
    assert printed.err == (f"refused: {page}, results[1]: not an observation: no whole number in its 'id'\n")
    assert main(["--lake", lake, "ingest", str(page)]) == 0
    assert "observations: 1 rows read, 0 new, 0 changed" in capsys.readouterr().out


def test_strict_loads_nothing(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = str(tmp_path / "lake")
    assert main(["--lake", lake, "ingest", "--strict", str(page)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert f"{page}, results[1]: not an observation" in line
    assert main(["--lake", lake, "readiness"]) == 1


def test_readiness_as_csv(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lake = str(tmp_path / "lake")
    main(["--lake", lake, "ingest", str(page)])
    out = tmp_path / "ready.csv"
    assert main(["readiness", "--lake", lake, "--criteria", "inat-2022", "--out", str(out)]) == 0
    with out.open(newline="") as stream:
        rows = {row["taxon_id"]: row for row in csv.DictReader(stream)}
    assert rows["3"] == {
        "taxon_id": "3",
        "name": "Aves",
        "rank": "class",
        "status": "short",
        "leaf_taxon_id": "",
        "observations": "1",
        "community_confirmed": "0",
        "photos": "1",
        "short_observations": "60",
        "short_confirmed": "50",
        "short_photos": "49",
        "margin": "-60",
        "incomplete_observations": "1",
    }
    assert set(rows) == {"1", "2", "3", "48460"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["ingest", "nowhere"], "nowhere: no such file or folder; check the path"),
        (
            ["guard", "--cutoff", "2026-01-01T00:00:00Z"],
            "the lake is empty; load data with `python -m exporter ingest PATH`",
        ),
        (["readiness"], "the lake is empty; load data with `python -m exporter ingest PATH`"),
        (
            ["readiness", "--criteria", "inat-1999"],
            "no criteria 'inat-1999': use one of inat-2021, inat-2022",
        ),
    ],
)
def test_a_wrong_request_is_one_line_and_exit_code_1(
    arguments: list[str], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--lake", str(tmp_path / "lake"), *arguments]) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    [line] = printed.err.splitlines()
    assert line.startswith("exporter: ")
    assert line.endswith(message)


def test_a_file_of_no_known_kind_is_exit_code_1(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "poem.txt").write_text("Shall I compare thee to a summer's day?\n")
    assert main(["--lake", str(tmp_path / "lake"), "ingest", str(tmp_path / "poem.txt")]) == 1
    assert "poem.txt: not a kind" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["readiness", "--at", "2026-01-01T00:00:00"], "has no zone"),
        (["readiness", "--at", "yesterday"], "is not a time like"),
        (["readiness", "--format", "xml"], "'xml' is not one of 'csv', 'json', 'table'."),
        (["simulate", "--out", "w", "--observations", "0"], "0 is not a number above 0"),
        (["fly"], "No such command 'fly'."),
        ([], "Missing command."),
    ],
)
def test_wrong_usage_is_exit_code_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


def test_an_unwritable_output_is_one_line(
    page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lake = str(tmp_path / "lake")
    main(["--lake", lake, "ingest", str(page)])
    capsys.readouterr()
    assert main(["--lake", lake, "readiness", "--out", str(tmp_path / "no" / "folder.csv")]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "No such file or directory; nothing was written" in line


def test_a_reader_that_stops_early_is_no_error(page: Path, tmp_path: Path) -> None:
    lake = str(tmp_path / "lake")
    main(["--lake", lake, "ingest", str(page)])
    command = f"{sys.executable} -m exporter --lake {lake} readiness | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, ",".join(SCHEMA.names), "")


@pytest.fixture
def guarded(tmp_path: Path) -> list[str]:
    """The options of a lake with one observation, last updated on 2026-01-01."""
    path = tmp_path / "page.json"
    path.write_text(json.dumps({"results": [OBSERVATION]}))
    options = ["--lake", str(tmp_path / "lake")]
    assert main([*options, "ingest", str(path)]) == 0
    return [*options, "guard", "--cutoff"]


def test_guard_writes_the_report(
    guarded: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main([*guarded, "2025-12-31T00:00:00+01:00", "--settle-days", "7"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["cutoff"], report["settle_days"]) == ("2025-12-30T23:00:00Z", 7)
    assert (report["fired"], report["lake_version"], report["is_simulated"]) == ([], 1, False)
    out = tmp_path / "report.json"
    assert main([*guarded, "2025-12-31T00:00:00+01:00", "--settle-days", "7", "--out", str(out)]) == 0
    assert json.loads(out.read_text()) == report


def test_guard_as_a_table_has_a_line_a_guard(guarded: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main([*guarded, "2025-12-31T00:00:00Z", "--format", "table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["guard", "fired"],
        ["settle", "no"],
        ["influx", "no"],
        ["bunching", "no"],
        ["drift", "no"],
    ]


def test_guard_refuses_a_cutoff_after_the_data(
    guarded: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main([*guarded, "2026-02-01T00:00:00Z"]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line == (
        "exporter: the cutoff 2026-02-01T00:00:00Z is in the future of the data, whose newest record is of"
        " 2026-01-01T00:00:00Z; load newer data, or give an earlier cutoff"
    )


def test_guard_refuses_a_previous_folder_that_is_no_snapshot(
    guarded: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main([*guarded, "2025-12-31T00:00:00Z", "--previous", str(tmp_path)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("manifest.json: No such file or directory; give the folder of a snapshot")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["guard", "--cutoff", "2026-01-01T00:00:00Z", "--threads", "1000000"],
            "not a number of threads from 1 to",
        ),
        (["hotspots", "--limit", str(10**22)], "is not a number above 0 and below 2^63"),
        (["hotspots", "--memory", "lots"], "'lots' is not a size like 4GB or 512MB"),
        (["hotspots", "--memory", "99999999999999GB"], "is not a size like 4GB or 512MB"),
        (["readiness", "--at", "0001-01-01T00:00:00+14:00"], "is not between the years 1900 and 2999"),
        (["readiness", "--at", "9999-12-31T23:59:59-14:00"], "is not between the years 1900 and 2999"),
        (["simulate", "--out", "w", "--end", "9999-12-31"], "is not between the years 1900 and 2999"),
        (["snapshot", "--seed", "seed \udcff"], "the seed is not UTF-8; `openssl rand -hex 16` makes one"),
        (["ingest", ""], "'' is not a path in UTF-8"),
        (["pull", "--taxon", "-4"], "'-4' is not a taxon's id (not an id: below zero)"),
        (["pull", "--taxon", "0"], "iNaturalist's ids are above 0"),
        (
            ["pull", "--taxon", "4", "--api-url", "ftp://x"],
            "'ftp://x' is not an address that begins with https:// or http://",
        ),
        (["--lake", "lake \udcff", "readiness"], r"'lake \udcff' is not a path in UTF-8"),
    ],
)
def test_values_that_no_command_can_use_are_wrong_usage(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pull", "--watch", sys.executable], "not a text in UTF-8; give a file with one taxon id a line"),
        (["hotspots", "--memory", "1MB"], "allow more with --memory"),
        (
            [
                "snapshot",
                "--lake-version",
                "9",
                "--cutoff",
                "2026-01-01T00:00:00Z",
                "--seed",
                "s",
                "--out",
                "o",
            ],
            "the lake has no version 9; give one that exists",
        ),
    ],
)
def test_requests_that_cannot_be_met_are_one_line(
    page: Path, tmp_path: Path, arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["--lake", str(tmp_path / "lake"), "ingest", str(page)])
    capsys.readouterr()
    assert main(["--lake", str(tmp_path / "lake"), *arguments]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("exporter: ")
    assert message in line


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS, errno.EACCES])
@pytest.mark.parametrize(
    "step",
    ["exporter.storage.local.publish", "exporter.storage.local.sync", "exporter.storage.local.make_folder"],
)
def test_a_disk_that_refuses_at_any_step_of_an_ingest_is_one_line(
    step: str,
    error: int,
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lake = tmp_path / "lake"

    def refuse(*_: object) -> None:
        raise OSError(error, os.strerror(error), str(lake))

    with monkeypatch.context() as patched:
        patched.setattr(step, refuse)
        assert main(["--lake", str(lake), "ingest", str(page)]) == 1
    assert capsys.readouterr().err == f"exporter: {lake}: {os.strerror(error)}; nothing was written\n"
    assert Lake(lake).latest() is None
    assert main(["--lake", str(lake), "ingest", str(page)]) == 0
    assert Lake(lake).require_latest().number == 1


def test_a_full_disk_is_one_line_at_any_size(page: Path, tmp_path: Path) -> None:
    """No file may grow beyond so many bytes: the query engine, Delta and we meet it in turn."""
    code = (
        "import resource, signal, sys; from exporter.__main__ import main;"
        " signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        " resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2); sys.exit(main(sys.argv[2:]))"
    )
    for size in (0, 100, 1_000, 2_000, 4_000):
        lake = tmp_path / f"lake{size}"
        command = [sys.executable, "-c", code, str(size), "--lake", str(lake), "ingest", str(page)]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ended.returncode == 1, size
        errors = [line for line in ended.stderr.splitlines() if not line.startswith("refused: ")]
        assert len(errors) == 1
        assert errors[0].startswith("exporter: ")
        assert Lake(lake).latest() is None
        assert main(["--lake", str(lake), "ingest", str(page)]) == 0


def test_a_warning_is_a_line_on_standard_error(page: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    main(["--lake", str(lake), "ingest", str(page)])
    stray = lake / "versions" / "notes.json"
    stray.touch()
    command = [sys.executable, "-m", "exporter", "--lake", str(lake), "readiness"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stderr == (
        f"exporter: {stray}: not a version file, ignored;"
        " move it elsewhere, or run `python -m exporter doctor`\n"
    )
