"""A small lake of three versions, ways to damage it, and a command line whose words can be looked at."""

import io
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exporter.__main__ import main

LAST_DAY = "2026-01-20T00:00:00Z"
FILES = ("first.json", "second.json", "third.json", "fourth.json")
SMALL = """
name = "small"
confirmed_by = "community_taxon"
min_observations = 4
min_confirmed = 4
train_min = 2
train_max = 10
val_min = 1
val_max = 2
test_min = 1
test_max = 2
train_photos_per_observation = 5
"""


@dataclass(frozen=True)
class Ran:
    """What a command gave: its exit code, and the lines of both outputs; warnings are in ``said``."""

    code: int
    printed: list[str]
    said: list[str]


def run(lake: Path, *arguments: object) -> Ran:
    """Run a command of the exporter on a lake, in this process."""
    printed, said = io.StringIO(), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(said):
        code = main(["--lake", str(lake), *map(str, arguments)])
    return Ran(code, printed.getvalue().splitlines(), said.getvalue().splitlines())


def write_inputs(folder: Path) -> None:
    """Write four files of API records, of ids in two buckets, and the criteria ``small.toml``."""
    for number, name in enumerate(FILES):
        first = 1 + 6 * number + (number % 2) * 2**21
        records = [_record(observation_id) for observation_id in range(first, first + 6)]
        (folder / name).write_text(json.dumps({"results": records}))
    (folder / "small.toml").write_text(SMALL)


def _record(observation_id: int) -> dict[str, Any]:
    """An observation that three people agree on, or, of every fourth, two against the first."""
    named = _species(300 + observation_id % 2)
    first = _species(301 - observation_id % 2) if observation_id % 4 == 0 else named
    photo_id = 10 * observation_id
    return {
        "id": observation_id,
        "created_at": "2026-01-01T00:00:00Z",
        "updated_at": LAST_DAY,
        "quality_grade": "research",
        "taxon": named,
        "community_taxon_id": named["id"],
        "photos": [{"id": photo_id, "url": f"https://static.inaturalist.org/photos/{photo_id}/square.jpg"}],
        "identifications": [
            {
                "id": 10 * observation_id + person,
                "user": {"id": person},
                "taxon": taxon,
                "created_at": f"2026-01-0{person}T00:00:00Z",
                "current": True,
                "disagreement": taxon is not first,
            }
            for person, taxon in enumerate((first, named, named), 1)
        ],
    }


def _species(taxon_id: int) -> dict[str, Any]:
    return {
        "id": taxon_id,
        "name": f"Aster {taxon_id}",
        "rank": "species",
        "rank_level": 10,
        "ancestor_ids": [48460, 2, taxon_id],
        "iconic_taxon_id": 2,
        "is_active": True,
    }


def files_of(lake: Path) -> list[Path]:
    """What a lake is made of, in order of name."""
    return sorted(path for path in lake.rglob("*") if path.is_file() and path.name != ".lock")


def contents(lake: Path) -> dict[str, bytes]:
    """Every file of a lake and what is in it."""
    return {str(path.relative_to(lake)): path.read_bytes() for path in files_of(lake)}


def damage(path: Path, how: str, other: Path) -> None:
    """Damage a file of a lake."""
    content = path.read_bytes()
    match how:
        case "delete":
            path.unlink()
        case "truncate":
            path.write_bytes(content[: len(content) // 2])
        case "empty":
            path.write_bytes(b"")
        case "cut a line":
            path.write_bytes(b"".join(content.splitlines(keepends=True)[:-1]))
        case "garbage":
            path.write_bytes(bytes(range(256)))
        case "garbage of its size":
            path.write_bytes((bytes(range(256)) * (len(content) // 256 + 1))[: len(content)])
        case "swap":
            path.write_bytes(other.read_bytes())
            other.write_bytes(content)


DAMAGES = ("delete", "truncate", "empty", "cut a line", "garbage", "garbage of its size", "swap")
