"""Java's classes kept for the next run: which file, which options, what is said where there is none."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from exporter import spark_classes
from exporter.errors import DataError

PROCESS = 4711


@pytest.fixture
def java(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Java whose jcmd writes the arguments that it gets to the file that it is to make."""
    home = tmp_path / "java"
    (home / "bin").mkdir(parents=True)
    write(home / "bin" / "java", "echo 'openjdk version \"17.0.15\"' >&2")
    write(home / "bin" / "jcmd", 'echo "$*" > "$4"')
    monkeypatch.setenv("JAVA_HOME", str(home))
    return home


def write(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def session() -> object:
    process = SimpleNamespace(current=lambda: SimpleNamespace(pid=lambda: PROCESS))
    lang = SimpleNamespace(ProcessHandle=process)
    return SimpleNamespace(_jvm=SimpleNamespace(java=SimpleNamespace(lang=lang)))


def test_it_is_made_once_and_used_from_then_on(java: Path, tmp_path: Path) -> None:
    archive = spark_classes.archive_in(tmp_path / "classes")
    name, other = "spark.driver.extraJavaOptions", "spark.executor.extraJavaOptions"
    quiet = "-Xshare:auto -Xlog:disable -Xlog:all=error:stderr"
    given = {name: "-Xss4m", "spark.cores.max": "1"}
    ready = f"-XX:+RecordDynamicDumpInfo {quiet}"
    assert spark_classes.with_archive(given, archive) == {
        name: f"-Xss4m {ready}",
        other: ready,
        "spark.cores.max": "1",
    }
    spark_classes.make(session(), archive)  # type: ignore[arg-type]
    assert archive.read_text().split()[:3] == [str(PROCESS), "VM.cds", "dynamic_dump"]
    assert [path.name for path in archive.parent.iterdir()] == [archive.name]
    used = f"-XX:SharedArchiveFile={archive} {quiet}"
    assert spark_classes.with_archive({}, archive) == {name: used, other: used}
    write(java / "bin" / "jcmd", "exit 1")
    spark_classes.make(session(), archive)  # type: ignore[arg-type]


def test_another_java_has_another(java: Path, tmp_path: Path) -> None:
    before = spark_classes.archive_in(tmp_path)
    assert spark_classes.archive_in(tmp_path) == before
    write(java / "bin" / "java", "echo 'openjdk version \"17.0.16\"' >&2")
    assert spark_classes.archive_in(tmp_path) != before


def test_what_fails_is_said_in_a_line(java: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    archive = spark_classes.archive_in(tmp_path / "classes")
    write(java / "bin" / "jcmd", "echo 'no room'; exit 1")
    spark_classes.make(session(), archive)  # type: ignore[arg-type]
    assert caplog.messages == [f"{archive}: Java did not keep its classes: no room"]
    with pytest.raises(DataError, match=r"a b: Java takes no path with a blank in it; give another"):
        spark_classes.archive_in(tmp_path / "a b")
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match=r"file: File exists; give another folder"):
        spark_classes.archive_in(tmp_path / "file")
    (java / "bin" / "jcmd").unlink()
    with pytest.raises(DataError, match="--spark-classes needs `jcmd`"):
        spark_classes.archive_in(tmp_path)
    write(java / "bin" / "java", "exit 1")
    with pytest.raises(DataError, match="`java -version` fails"):
        spark_classes.archive_in(tmp_path)
