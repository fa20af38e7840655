"""The command ``snapshot``."""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from exporter.commands import options
from exporter.commands.lake import lake_option
from exporter.criteria import load_criteria
from exporter.errors import DataError
from exporter.lake import Lake
from exporter.snapshot import STEPS, Connect, Request, snapshot
from exporter.storage import Address
from terminal.progress import Bar, bar
from terminal.values import FOLDER, is_utf8, positive


def _seed(text: str) -> str:
    if not is_utf8(text):
        raise click.BadParameter("the seed is not UTF-8; `openssl rand -hex 16` makes one")
    return text


def _property(text: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator):
        raise click.BadParameter(f"{text!r} is not a property like spark.executor.memory=8g")
    return key, value


@click.command()
@options.cutoff
@options.criteria
@click.option(
    "--seed",
    type=_seed,
    required=True,
    metavar="TEXT",
    help="Decides the draw; at least 16 bytes, kept secret until now.",
)
@click.option("--out", type=FOLDER, required=True, metavar="DIR", help="A folder that is not there yet.")
@options.settle_days
@click.option("--lake-version", type=positive, metavar="N", help="Default: the newest.")
@options.previous
@options.memory
@options.threads
@click.option(
    "--engine",
    type=click.Choice(("duckdb", "spark")),
    default="duckdb",
    show_default=True,
    help="Both give the same bytes.",
)
@click.option("--spark-master", metavar="URL", help="With Spark; default: by Spark's own configuration.")
@click.option(
    "--spark-lake",
    metavar="URL",
    help="With Spark: where the executors find the lake's folder (default: as --lake).",
)
@click.option(
    "--spark-conf",
    type=_property,
    multiple=True,
    metavar="KEY=VALUE",
    help="With Spark: a property of it; may be given several times.",
)
@click.option(
    "--spark-classes",
    type=FOLDER,
    metavar="DIR",
    help="With Spark: where to keep Java's classes, so that later runs start sooner.",
)
@lake_option
def command(
    lake: Address,
    cutoff: datetime,
    criteria: str,
    seed: str,
    out: Path,
    settle_days: int,
    lake_version: int | None,
    previous: Path | None,
    memory: str,
    threads: int | None,
    engine: str,
    spark_master: str | None,
    spark_lake: str | None,
    spark_conf: tuple[tuple[str, str], ...],
    spark_classes: Path | None,
) -> int:
    """Pin the lake and write the export at a cutoff as a new folder."""
    source = Lake(lake)
    request = Request(load_criteria(criteria), cutoff, seed, settle_days)
    on_spark = {
        "master": spark_master,
        "files_at": spark_lake,
        "settings": dict(spark_conf),
        "classes": spark_classes,
    }
    with bar("snapshot", len(STEPS), unit="steps") as shown:
        manifest = snapshot(
            source,
            request,
            out,
            version=None if lake_version is None else source.at(lake_version),
            previous=previous,
            memory_limit=memory,
            threads=threads,
            connect=_spark(on_spark) if engine == "spark" else None,
            progress=partial(_show, shown),
        )
    counts = manifest["counts"]
    sets = ", ".join(f"{counts[name]['photos']:,} {name}" for name in ("train", "val", "test"))
    simulated = " (simulated data)" if manifest["is_simulated"] else ""
    print(f"{out}: {len(counts['classes']):,} classes; photos: {sets}{simulated}")
    return 0


def _show(shown: Bar, step: str) -> None:
    """Let the bar stand at the beginning of a step."""
    shown.advance(0 if step == STEPS[0] else 1)
    shown.stage(f"snapshot: {step}")


def _spark(properties: dict[str, Any]) -> Connect:
    """How to reach the lake's tables on Spark, which only those who ask for it need to have."""
    try:
        from exporter import spark
    except ImportError as error:
        raise DataError(
            f"--engine spark needs {error.name}: install it with `pip install -r requirements-spark.txt`"
        ) from None
    return partial(spark.connect, **properties)
