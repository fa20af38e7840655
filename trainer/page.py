"""A run's results as one HTML file with pictures, to read without a portal."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from trainer.credits import credit
from trainer.files import write_text
from trainer.results import Document
from trainer.shards import Shards
from trainer.snapshot import Snapshot

NAME = "report.html"
PAIRS = 12
HARDEST = 20
#: Of the taxa that changed for sure, so many each way; the share of false discoveries among them.
CHANGED = 15
FALSE_DISCOVERIES = 0.05
#: A chart of all taxa is drawn as squares, so many a side.
_SQUARES = 40

#: Width and height of a chart's plane; the template draws around it.
_WIDTH, _HEIGHT = 320.0, 180.0


def write_page(path: Path, document: Document, snapshot: Snapshot, shards: Shards) -> None:
    """Write the page. ``shards``: the test set's, for example photos."""
    names = {taxon_id: taxon.name for taxon_id, taxon in snapshot.taxa.items()}
    history = document["run"]["history"]
    pairs = document["confusions"][:PAIRS]
    licences = snapshot.licences([photo_id for pair in pairs for photo_id in pair["photo_ids"]])
    text = (
        environment()
        .get_template(NAME)
        .render(
            document=document,
            names=names,
            width=_WIDTH,
            square=(_WIDTH / _SQUARES, _HEIGHT / _SQUARES),
            height=_HEIGHT,
            loss=_curves(
                history, ("loss", "val_loss"), max(_all(history, ("loss", "val_loss")), default=1.0)
            ),
            accuracy=_curves(history, ("top1", "val_top1"), 1.0),
            reliability=[_point(one["confidence"], one["accuracy"]) for one in document["reliability"]],
            pairs=[{**pair, "photos": _photos(pair["photo_ids"], shards, licences)} for pair in pairs],
            changes=_changes(document["compared"]),
            rate=FALSE_DISCOVERIES,
            hardest=sorted(document["taxa"], key=lambda row: (row["top1_high"], row["taxon_id"]))[:HARDEST],
        )
    )
    write_text(path, text)


def environment() -> Environment:
    """Return what renders the trainer's pages."""
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


def _photos(photo_ids: list[int], shards: Shards, licences: dict[int, str]) -> list[dict[str, Any]]:
    """Each photo's credit, and the photo itself where its licence lets it be shown."""
    photos = []
    for photo_id in photo_ids:
        row = int(np.flatnonzero(shards.photos.photo_ids == photo_id)[0])
        recorded = credit(photo_id, int(shards.photos.observation_ids[row]), licences.get(photo_id))
        jpeg = base64.b64encode(shards.read(row)).decode() if recorded.may_be_shown else None
        photos.append({"credit": recorded, "jpeg": jpeg})
    return photos


def _changes(compared: dict[str, Any] | None) -> dict[str, Any] | None:
    """The taxa that are known better and worse for sure, and all taxa as a picture; None if not compared."""
    if not compared or not compared["taxa"]:
        return None
    recorded = [row for row in compared["taxa"] if row["q_value"] <= FALSE_DISCOVERIES]
    better = sorted(
        (row for row in recorded if row["difference"] > 0), key=lambda row: -row["difference_low"]
    )
    worse = sorted((row for row in recorded if row["difference"] < 0), key=lambda row: row["difference_high"])
    return {
        "better": better[:CHANGED],
        "worse": worse[:CHANGED],
        "numbers": (len(better), len(worse), len(compared["taxa"])),
        "squares": _squares(compared["taxa"]),
        "points": [
            _point(row["previous_top1"], row["top1"]) for row in (*better[:CHANGED], *worse[:CHANGED])
        ],
    }


def _squares(taxa: list[dict[str, Any]]) -> list[dict[str, float]]:
    """Where the taxa lie by their shares before and now: squares, the darker the more there are."""
    before, now = (np.array([row[name] for row in taxa]) for name in ("previous_top1", "top1"))
    counts, _, _ = np.histogram2d(before, now, bins=_SQUARES, range=[[0, 1], [0, 1]])
    width, height = _WIDTH / _SQUARES, _HEIGHT / _SQUARES
    return [
        {
            "x": round(x * width, 2),
            "y": round(_HEIGHT - (y + 1) * height, 2),
            "opacity": round(0.25 + 0.75 * float(np.sqrt(counts[x, y] / counts.max())), 2),
        }
        for x, y in np.argwhere(counts).tolist()
    ]
