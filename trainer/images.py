"""Photos on disk: where they lie, which of them can be read, and fetching those that are missing."""

import io
import random
import struct
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np
import pyarrow as pa
import requests
from PIL import Image, ImageFile, UnidentifiedImageError

from terminal.progress import bar
from trainer.budget import DAY_S, MEDIA_LIMITS, Budget, Budgets, Limit, budget_of, days_at
from trainer.errors import DataError
from trainer.files import whole_file, write_csv
from trainer.snapshot import SETS, Snapshot

#: What iNaturalist takes as photos, by Pillow's names.
FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
MISSING_NAME = "missing.csv"

#: What a photo of iNaturalist's medium size takes, where none is there to measure: from, to, in bytes.
MEDIUM_BYTES = (55_000, 100_000)
#: The number of photos whose mean size is taken.
_SAMPLE = 1000
_AGENT = "Leafline trainer (fetches the photos of a vision export, once)"
_TIMEOUT_S = (10, 60)
_TRIES = 5
_LONGEST_WAIT_S = 120.0
_MOST_BYTES = 50 * 2**20
_AHEAD = 64

#: Decoded, about 0.5 GB. Pillow's own bound warns at half of what it refuses; here there is one bound.
MOST_PIXELS = 180_000_000
#: A photo that is smaller, or longer and narrower, shows nothing to learn from; side in pixels.
LEAST_SIDE = 16
MOST_ELONGATED = 20

ImageFile.LOAD_TRUNCATED_IMAGES = False
Image.MAX_IMAGE_PIXELS = None


class ImageError(Exception):
    """A photo that cannot be used; the message says why, in a few words."""


@dataclass(frozen=True)
class Fetched:
    """What a fetch came to: numbers of photos, and why some are missing, by photo id."""

    fetched: int
    present: int
    missing: dict[int, str]


def image_path(folder: Path, photo_id: int) -> Path:
    """Where a photo lies: ``<photo_id>.jpg``, or that in a folder named by its first three digits."""
    flat = folder / f"{photo_id}.jpg"
    return flat if flat.is_file() else folder / str(photo_id)[:3] / f"{photo_id}.jpg"


def open_image(content: bytes, short_side: int | None = None) -> Image.Image:
    """Decode a photo to 8-bit RGB, upright. ImageError if it is none, is not whole, or is too large.

    With ``short_side`` a JPEG may come at half size or less, if its short side stays at least that long.
    """
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MOST_PIXELS:
            raise ImageError("too many pixels")
        if short_side is not None:
            image.draft("RGB", (short_side, short_side))
        # A turned photo is turned back here; Pillow's own function copies photos that are not.
        upright = _to_rgb(image)
        turn = _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except UnidentifiedImageError:
        raise ImageError(f"not an image ({', '.join(FORMATS)})") from None
    except (OSError, SyntaxError, ValueError, struct.error):
        raise ImageError("broken or cut short") from None
    return upright if turn is None else upright.transpose(turn)


def check_shape(image: Image.Image) -> None:
    """Raise ImageError for a photo too small or too narrow to learn from."""
    short, long = sorted(image.size)
    if short < LEAST_SIDE:
        raise ImageError(f"too small ({image.width} x {image.height} pixels)")
    if long > MOST_ELONGATED * short:
        raise ImageError(f"too narrow ({image.width} x {image.height} pixels)")


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert to 8-bit RGB; of grey with 16 bits Pillow would cut off all above 255."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        values = np.asarray(image, dtype=np.float64)
        return Image.fromarray(np.rint(values / 257).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.mode == "P" and "transparency" in image.info:
        return image.convert("RGBA").convert("RGB")
    return image.convert("RGB")


_ORIENTATION = 0x0112
#: What undoes each orientation of the Exif standard (CIPA DC-008, tag 0x0112); 1 is upright.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def fetch(
    snapshot: Snapshot,
    folder: Path,
    *,
    threads: int = 8,
    limits: tuple[Limit, ...] = MEDIA_LIMITS,
    say: Callable[[str], None] = print,
) -> Fetched:
    """Download the photos of a snapshot that are not in the folder yet; ``limits``: of each host.

    Each is decoded before it takes its name, so what is there is whole and a killed fetch goes on where it
    stopped. Those that cannot be had are listed in ``missing.csv``, which each fetch writes anew. DataError
    if none of the missing ones could be had.
    """
    folder.mkdir(parents=True, exist_ok=True)
    selected = _wanted(snapshot)
    absent = [(photo_id, url) for photo_id, url in selected if not image_path(folder, photo_id).is_file()]
    budgets = Budgets(limits)
    _remember(budgets, folder, selected)
    client = _Client(folder, budgets)
    missing: dict[int, str] = {}
    recorded = time.monotonic()
    with ThreadPoolExecutor(threads) as pool, bar("fetch", len(absent), unit="photos") as shown:
        for done, (photo_id, problem) in enumerate(_in_order(pool, client.get, absent), start=1):
            if problem:
                missing[photo_id] = problem
            shown.advance()
            if time.monotonic() - recorded > 10 or done == len(absent):
                recorded = time.monotonic()
                say(f"fetch: {done:,} of {len(absent):,} requested, {len(missing):,} not to be had")
    write_csv(folder / MISSING_NAME, ("photo_id", "reason"), sorted(missing.items()))
    if absent and len(missing) == len(absent):
        [(reason, _)] = Counter(missing.values()).most_common(1)
        raise DataError(
            f"{folder}: none of {len(absent):,} photos could be had ({reason}); see {MISSING_NAME} there"
        )
    return Fetched(len(absent) - len(missing), len(selected) - len(absent), missing)


def _wanted(snapshot: Snapshot) -> list[tuple[int, str]]:
    columns = {"photo_id": pa.int64(), "photo_url": pa.string()}
    tables = [snapshot.table(f"{name}_data.csv", columns) for name in SETS]
    return [
        row
        for table in tables
        for row in zip(table["photo_id"].to_pylist(), table["photo_url"].to_pylist(), strict=True)
    ]


def _in_order(
    pool: ThreadPoolExecutor,
    work: Callable[[int, str], str | None],
    tasks: list[tuple[int, str]],
) -> Iterator[tuple[int, str | None]]:
    """Each task's photo and what came of it; a bounded number of them waits at a time."""
    rest = iter(tasks)
    waiting = deque((task[0], pool.submit(work, *task)) for task in islice(rest, _AHEAD))
    while waiting:
        photo_id, future = waiting.popleft()
        yield photo_id, future.result()
        waiting.extend((task[0], pool.submit(work, *task)) for task in islice(rest, 1))


@dataclass(frozen=True)
class Plan:
    """What a fetch has to do at one host. days: from, to; 0 where nothing is limited. bytes: from, to."""

    host: str
    is_limited: bool
    photos: int
    bytes: tuple[float, float]
    days: tuple[float, float]


def plan(snapshot: Snapshot, folder: Path) -> list[Plan]:
    """What `fetch` would have to do, by host; no host is contacted.

    The size of a photo is the mean of those that are there, or else that of iNaturalist's medium ones.
    """
    absent: Counter[str] = Counter()
    urls: dict[str, str] = {}
    sizes: list[int] = []
    for photo_id, url in _wanted(snapshot):
        path = image_path(folder, photo_id)
        if path.is_file():
            if len(sizes) < _SAMPLE:
                sizes.append(path.stat().st_size)
            continue
        host = (urlsplit(url).hostname or url).lower()
        absent[host] += 1
        urls[host] = url
    mean = (float(np.mean(sizes)),) * 2 if sizes else tuple(map(float, MEDIUM_BYTES))
    plans = []
    for host, photos in absent.most_common():
        limits = MEDIA_LIMITS if budget_of(urls[host]) else ()
        low, high = (photos * size for size in mean)
        days = (days_at(limits, low), days_at(limits, high))
        plans.append(Plan(host, bool(limits), photos, (low, high), days))
    return plans


def _remember(budgets: Budgets, folder: Path, selected: list[tuple[int, str]]) -> None:
    """Count what was fetched in the last day, by the files' own times, to the hosts that it came from."""
    since = time.time() - DAY_S
    spent: dict[Budget, list[tuple[float, int]]] = {}
    for photo_id, url in selected:
        try:
            facts = image_path(folder, photo_id).stat()
        except OSError:
            continue
        if facts.st_mtime > since:
            spent.setdefault(budgets.of(url), []).append((facts.st_mtime, facts.st_size))
    for budget, one in spent.items():
        budget.remember(one)


class _Client:
    """Downloads photos; a session for each thread."""

    def __init__(self, folder: Path, budgets: Budgets) -> None:
        self._folder = folder
        self._budgets = budgets
        self._local = threading.local()

    def get(self, photo_id: int, url: str) -> str | None:
        """Download a photo; gives why it cannot be had, or None."""
        budget = self._budgets.of(url)
        for attempt in range(_TRIES):
            budget.wait()
            try:
                answer = self._session().get(url, timeout=_TIMEOUT_S, stream=True)
                if answer.status_code == 200:
                    return self._keep(photo_id, answer, budget)
                problem, pause = f"HTTP {answer.status_code}", answer.headers.get("Retry-After", "")
                answer.close()
                if answer.status_code != 429 and answer.status_code < 500:
                    return problem
            except (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema):
                return "not an address"
            except requests.RequestException as error:
                problem, pause = type(error).__name__, ""
            if attempt < _TRIES - 1:
                time.sleep(pause_before_retry(attempt, pause))
        return problem

    def _keep(self, photo_id: int, answer: requests.Response, budget: Budget) -> str | None:
        content = bytearray()
        for part in answer.iter_content(2**16):
            content += part
            if len(content) > _MOST_BYTES:
                return f"more than {_MOST_BYTES // 2**20} MiB"
        budget.spend(len(content))
        try:
            open_image(bytes(content))
        except ImageError as error:
            return str(error)
        path = image_path(self._folder, photo_id)
        path.parent.mkdir(exist_ok=True)
        with whole_file(path) as stream:
            stream.write(content)
        return None

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            self._local.session = requests.Session()
            self._local.session.headers["User-Agent"] = _AGENT
        session: requests.Session = self._local.session
        return session


def pause_before_retry(attempt: int, retry_after: str = "") -> float:
    """Seconds to wait after the attempt (from 0): what the server asks for, else doubling, with jitter."""
    if retry_after.isdigit():
        return min(float(retry_after), _LONGEST_WAIT_S)
    return min(2.0**attempt * random.uniform(0.5, 1.0), _LONGEST_WAIT_S)  # noqa: S311 (no secret)
