"""A run's results as one HTML file with pictures, to read without a portal."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from trainer.files import write_text
from trainer.results import Document
from trainer.shards import Shards
from trainer.snapshot import Snapshot

NAME = "report.html"
PAIRS = 12
HARDEST = 20

#: Width and height of a chart's plane; the template draws around it.
_WIDTH, _HEIGHT = 320.0, 180.0


def write_page(path: Path, document: Document, snapshot: Snapshot, shards: Shards) -> None:
    """Write the page. ``shards``: the test set's, for example photos.

    Photos link to their pages on iNaturalist, which name author and licence: a snapshot does not.
    """
    names = {taxon_id: taxon.name for taxon_id, taxon in snapshot.taxa.items()}
    history = document["run"]["history"]
    text = (
        _environment()
        .get_template(NAME)
        .render(
            document=document,
            names=names,
            width=_WIDTH,
            height=_HEIGHT,
            loss=_curves(
                history, ("loss", "val_loss"), max(_all(history, ("loss", "val_loss")), default=1.0)
            ),
            accuracy=_curves(history, ("top1", "val_top1"), 1.0),
            reliability=[_point(one["confidence"], one["accuracy"]) for one in document["reliability"]],
            pairs=[
                {**pair, "photos": _photos(pair["photo_ids"], shards)}
                for pair in document["confusions"][:PAIRS]
            ],
            hardest=sorted(document["taxa"], key=lambda row: (row["top1_high"], row["taxon_id"]))[:HARDEST],
        )
    )
    write_text(path, text)


def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _all(history: list[dict[str, Any]], keys: tuple[str, ...]) -> list[float]:
    return [entry[key] for entry in history for key in keys]


def _curves(history: list[dict[str, Any]], keys: tuple[str, ...], top: float) -> dict[str, Any]:
    """The points of a line for each key, over epochs, and the value at the top of the chart."""
    last = max(len(history) - 1, 1)
    lines = [
        " ".join(_point(number / last, entry[key] / top) for number, entry in enumerate(history))
        for key in keys
    ]
    return {"training": lines[0], "validation": lines[1], "top": top, "epochs": len(history)}


def _point(x: float, y: float) -> str:
    """Shares of width and height as SVG coordinates."""
    return f"{x * _WIDTH:.1f},{(1 - y) * _HEIGHT:.1f}"


def _photos(photo_ids: list[int], shards: Shards) -> list[dict[str, Any]]:
    rows = [int(np.flatnonzero(shards.photos.photo_ids == photo_id)[0]) for photo_id in photo_ids]
    return [
        {"photo_id": photo_id, "jpeg": base64.b64encode(shards.read(row)).decode()}
        for photo_id, row in zip(photo_ids, rows, strict=True)
    ]
