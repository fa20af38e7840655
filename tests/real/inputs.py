"""The real files beside the checkout, and the lakes that the tests make of them."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from exporter.errors import DataError
from exporter.sources.files import READ_ERRORS, blocks, open_input
from exporter.sources.kinds import HEAD_BYTES, Kind, recognise

SHARED = Path(__file__).parents[3] / "shared"
DATA, CASES = SHARED / "data", SHARED / "cases"
ABSENT = "the real iNaturalist records in ../shared are not on this machine"

_API_KINDS = (Kind.API_PAGE, Kind.API_LIST, Kind.API_LINES)
_PARKS = DATA / "2_identifications" / "parks_daily_2026"
_PAGE = DATA / "2_identifications" / "observations_page_v1.json.gz"
_CSVS = DATA / "1_observation_csv"
_DUMP = DATA / "4_open_data"

Paths = tuple[Path, ...]

#: Of so many taxa of a lake the full matrix compares page and badge: all of them, but for the largest lakes.
PAGES_COMPARED = 2_000

#: One small lake of each kind, and the one of all kinds together.
SMALL: dict[str, Paths] = {
    "csv": (_CSVS / "vertebrates_howe_sound_2023.csv.gz", _CSVS / "tracheophyta_texada_2024.csv.gz"),
    "open-data": tuple(_DUMP / f"{table}.csv" for table in ("taxa", "observations", "photos", "observers")),
    "api": (_PAGE, _PARKS / "observations_2026-06-29.jsonl.gz"),
    "together": (
        _CSVS / "vertebrates_howe_sound_2023.csv.gz",
        *(_DUMP / f"{table}.csv" for table in ("taxa", "observations", "photos", "observers")),
        _PAGE,
        _PARKS / "observations_2026-06-29.jsonl.gz",
        _PARKS / "taxa.csv.gz",
        DATA / "3_taxonomy" / "dwca_taxonomy_sample.csv",
    ),
}

#: Those that every run of the tests takes through all commands; the full matrix has every file alone.
TAKEN = ("csv", "together")


@cache
def kind_of(path: Path) -> Kind | None:
    """Return the kind of a file as the exporter recognises it, or None if it is no input."""
    try:
        with open_input(path) as stream:
            return recognise(next(blocks(stream, HEAD_BYTES)))
    except (*READ_ERRORS, DataError, ValueError, StopIteration):
        return None


def loadable(folder: Path) -> list[Path]:
    """Return the files in a folder and below that the exporter can load, sorted."""
    result = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in (".jpg", ".png"))
    return sorted(path for path in result if kind_of(path) is not None)


def every_input() -> dict[str, Paths]:
    """Return every real file and every small case alone, and each case of several files as a whole."""
    alone = {_name(path): _with_its_taxa(path) for path in [*loadable(DATA), *loadable(CASES)]}
    cases = {folder: tuple(loadable(folder)) for folder in sorted(CASES.glob("*")) if folder.is_dir()}
    return alone | {_name(folder): paths for folder, paths in cases.items() if len(paths) > 1}


def large() -> dict[str, Paths]:
    """Return the lakes of all real files of one kind, and of all of them."""
    if not DATA.is_dir():
        return {}
    every = loadable(DATA)
    dump = [path for path in every if str(kind_of(path)).startswith("open-data")]
    return {
        "all-csv": tuple(path for path in every if kind_of(path) is Kind.OBSERVATION_CSV),
        "all-open-data": tuple(dump),
        "all-api": tuple(path for path in every if kind_of(path) in _API_KINDS),
        "all-together": tuple(every),
    }


def matrix() -> dict[str, Paths]:
    """Return the lakes of the full matrix."""
    return every_input() | large() if DATA.is_dir() else {}


def names(lakes: Iterable[str]) -> list[str]:
    """Return the lakes' names to parametrise a test by; one that stands for all of them if there are none."""
    return list(lakes) if DATA.is_dir() else ["absent"]


def _name(path: Path) -> str:
    return str(path.relative_to(SHARED)).partition("/")[2]


def _with_its_taxa(path: Path) -> Paths:
    """The days of the parks come with a table of their taxa, without which ranks are unknown."""
    is_day = path.parent == _PARKS and kind_of(path) in _API_KINDS
    return (path, _PARKS / "taxa.csv.gz") if is_day else (path,)
