"""Java's classes, kept for the next run: a fifth of the time of a small snapshot on Spark is loading them.

A Java machine takes what another of the same version has loaded and checked from an archive
(https://docs.oracle.com/en/java/javase/17/vm/class-data-sharing.html), and does without one that is not there
or that does not fit.
"""

import hashlib
import logging
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyspark
from py4j.java_gateway import JavaObject
from pyspark.sql import SparkSession

from exporter.errors import DataError

_log = logging.getLogger(__name__)
#: Of the driver, which makes the archive, and of the executors, which load mostly the same.
_OPTIONS = ("spark.driver.extraJavaOptions", "spark.executor.extraJavaOptions")
#: What does not fit is not used; to say so would be a line among those that the command prints.
_QUIET = "-Xshare:auto -Xlog:disable -Xlog:all=error:stderr"


def archive_in(folder: Path) -> Path:
    """The file in a folder for this version of Java and of Spark, whether it is there or not.

    DataError if Java does not say its version, or has no `jcmd`, which makes the file; or if the folder
    cannot be made, or has a name that Java's options cannot have.
    """
    if len(str(folder.absolute()).split()) > 1:
        raise DataError(f"--spark-classes {folder}: Java takes no path with a blank in it; give another")
    try:
        said = subprocess.run([_tool("java"), "-version"], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise DataError(f"`java -version` fails: {error}") from error
    if shutil.which(_tool("jcmd")) is None:
        raise DataError("--spark-classes needs `jcmd`, which a JDK has and a JRE has not: install a JDK 17")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DataError(f"--spark-classes {folder}: {error.strerror}; give another folder") from error
    versions = f"{said.stderr}{pyspark.__version__}"
    return folder.absolute() / f"spark-{hashlib.sha256(versions.encode()).hexdigest()[:12]}.jsa"


def with_archive(settings: Mapping[str, Any], archive: Path) -> dict[str, Any]:
    """Spark's properties with which Java uses the archive, or gets ready to make it."""
    classes = f"-XX:SharedArchiveFile={archive}" if archive.is_file() else "-XX:+RecordDynamicDumpInfo"
    more = {name: f"{settings.get(name, '')} {classes} {_QUIET}".strip() for name in _OPTIONS}
    return {**settings, **more}


def make(session: SparkSession, archive: Path) -> None:
    """Make the archive of what the driver has loaded so far, unless it is there.

    Where that fails, a warning says why: what the session was for is done.
    """
    if archive.is_file():
        return
    unfinished = archive.with_suffix(f".{os.getpid()}.part")
    java: JavaObject = session._jvm
    driver = str(java.java.lang.ProcessHandle.current().pid())
    command = [_tool("jcmd"), driver, "VM.cds", "dynamic_dump", str(unfinished)]
    said = subprocess.run(command, check=False, capture_output=True, text=True)
    if unfinished.is_file():
        unfinished.replace(archive)
    else:
        why = " ".join(f"{said.stdout} {said.stderr}".split())
        _log.warning("%s: Java did not keep its classes: %s", archive, why)


def _tool(name: str) -> str:
    """A program of the Java that Spark takes."""
    home = os.environ.get("JAVA_HOME")
    return name if home is None else str(Path(home) / "bin" / name)
