"""Photos on disk, and fetching them."""

import csv
import io
import re
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.trainer.portal import Answer, Request, serve
from tests.trainer.world import World, jpeg, write_world
from trainer import images
from trainer.budget import MEDIA_LIMITS, Budget, Budgets, budget_of, days_at
from trainer.errors import DataError
from trainer.images import (
    ImageError,
    Plan,
    check_shape,
    fetch,
    image_path,
    open_image,
    pause_before_retry,
    plan,
)

SIZES = {"train": 8, "val": 4, "test": 4}


def photo(request: Request) -> Answer:
    photo_id = int(request.path.split("/")[2])
    return 200, {"Content-Type": "image/jpeg"}, jpeg(photo_id % 4, photo_id)


def small_world(folder: Path, url: str) -> World:
    return write_world(folder, url=f"{url}/photos/{{}}/medium.jpg", sizes=SIZES, with_images=False)


def fetch_all(world: World, **options: object) -> images.Fetched:
    return fetch(world.snapshot(), world.images, say=lambda message: None, **options)


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "pause_before_retry", lambda attempt, retry_after="": 0.0)


def test_every_photo_is_fetched_whole_and_only_once(tmp_path: Path) -> None:
    with serve(photo) as server:
        world = small_world(tmp_path / "world", server.url)
        first = fetch_all(world)
        assert (first.fetched, first.present, first.missing) == (16, 0, {})
        assert image_path(world.images, 9).read_bytes() == jpeg(1, 9)
        assert image_path(world.images, 9) == world.images / "9" / "9.jpg"
        image_path(world.images, 9).unlink()
        again = fetch_all(world)
        assert (again.fetched, again.present) == (1, 15)
    assert len(server.requests) == 17
    assert "Leafline" in server.requests[0].headers["User-Agent"]


def test_photos_that_cannot_be_had_are_named_and_the_others_come(tmp_path: Path) -> None:
    faults: dict[int, Answer] = {
        1: (404, {}, b""),
        2: (200, {}, b"<html>sign in</html>"),
        3: (200, {}, jpeg(3, 3)[:200]),
    }

    def answer(request: Request) -> Answer:
        return faults.get(int(request.path.split("/")[2])) or photo(request)

    with serve(answer) as server:
        world = small_world(tmp_path / "world", server.url)
        done = fetch_all(world)
    reasons = {1: "HTTP 404", 2: "not an image (JPEG, PNG, GIF, WEBP)", 3: "broken or cut short"}
    assert (done.fetched, done.missing) == (13, reasons)
    with (world.images / "missing.csv").open(newline="") as stream:
        assert {int(row["photo_id"]): row["reason"] for row in csv.DictReader(stream)} == reasons
    assert not any(image_path(world.images, photo_id).exists() for photo_id in faults)


def test_a_busy_server_is_asked_again(tmp_path: Path) -> None:
    answers = [(503, {}, b""), (429, {}, b"")]

    def answer(request: Request) -> Answer:
        return answers.pop() if answers else photo(request)

    with serve(answer) as server:
        assert fetch_all(small_world(tmp_path / "world", server.url)).fetched == 16


def test_none_of_them_is_an_error(tmp_path: Path) -> None:
    with serve(lambda request: (403, {}, b"")) as server:
        world = small_world(tmp_path / "world", server.url)
        with pytest.raises(
            DataError, match=r"none of 16 photos could be had \(HTTP 403\); see missing.csv there"
        ):
            fetch_all(world)


def test_an_address_that_is_none(tmp_path: Path) -> None:
    world = small_world(tmp_path / "world", "nonsense")
    with pytest.raises(DataError, match=r"none of 16 photos could be had \(not an address\)"):
        fetch_all(world)


def test_the_budget_waits_for_each_window() -> None:
    """To a minute: what came within one counts as spent at its end."""
    budget = Budget(((3600, 100), (86400, 300)))
    now = 60.0 * 30_000_000
    budget.remember([(now - 4020, 150), (now - 1860, 60)])
    assert budget.seconds_to_wait(now) == 0
    budget.remember([(now - 660, 40)])
    assert budget.seconds_to_wait(now) == 1800
    budget.remember([(now - 60, 60)])
    assert budget.seconds_to_wait(now) == 86400 - 3960


@settings(max_examples=100)
@given(st.lists(st.tuples(st.integers(0, 7200), st.integers(1, 50)), max_size=40), st.integers(1, 200))
def test_no_window_ever_holds_more_than_its_limit(spent: list[tuple[int, int]], limit: int) -> None:
    """Whatever was spent: after the wait less than the limit lies within the window."""
    budget = Budget(((3600, limit),))
    budget.remember([(float(moment), number) for moment, number in spent])
    now = 7200 + budget.seconds_to_wait(7200)
    assert sum(number for moment, number in spent if moment > now - 3600) < limit
    assert budget.seconds_to_wait(now) == 0


def test_a_day_of_photos_is_a_few_numbers() -> None:
    """440,000 photos of one day are counted in minutes, so that a look at the budget stays a small thing."""
    budget = Budget(((3600, 10**12), (86400, 10**12)))
    budget.remember([(86400 * number / 440_000, 50_000) for number in range(440_000)])
    assert len(budget._slots) == 1440


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://inaturalist-open-data.s3.amazonaws.com/photos/1/medium.jpg", ""),
        ("https://static.inaturalist.org/photos/1/medium.jpg", "inaturalist.org"),
        ("https://WWW.iNaturalist.org/photos/1", "inaturalist.org"),
        ("https://inaturalist.org.example.com/1.jpg", "inaturalist.org.example.com"),
        ("https://example.org/1.jpg", "example.org"),
    ],
)
def test_each_host_has_its_budget(url: str, name: str) -> None:
    assert budget_of(url) == name
    assert (Budgets(((60, 1),)).of(url).seconds_to_wait(0) == 0) is True


def test_the_open_data_wait_for_nobody() -> None:
    budgets = Budgets(((60, 1),))
    limited, free = (
        budgets.of(f"https://{host}/1.jpg")
        for host in ("static.inaturalist.org", "inaturalist-open-data.s3.amazonaws.com")
    )
    assert limited is budgets.of("https://www.inaturalist.org/2.jpg")
    for budget in (limited, free):
        budget.spend(100)
    assert limited.seconds_to_wait(time.time()) > 0
    assert free.seconds_to_wait(time.time()) == 0


def test_a_plan_says_days_and_bytes_by_host(tmp_path: Path) -> None:
    """Four photos are there and tell the size; the others take as many bytes each."""
    world = write_world(tmp_path, url="https://static.inaturalist.org/photos/{}/medium.jpg", sizes=SIZES)
    assert plan(world.snapshot(), world.images) == []
    for photo_id in range(5, 17):
        world.image(photo_id).unlink()
    sizes = [world.image(photo_id).stat().st_size for photo_id in range(1, 5)]
    total = 12 * sum(sizes) / 4
    days = total / (24 * 10**9)
    assert plan(world.snapshot(), world.images) == [
        Plan("static.inaturalist.org", True, 12, (total, total), (pytest.approx(days), pytest.approx(days)))
    ]


def test_without_any_photo_the_plan_is_a_range(tmp_path: Path) -> None:
    """21 million medium photos from iNaturalist's own hosts: 48 to 88 days."""
    url = "https://inaturalist-open-data.s3.amazonaws.com/photos/{}/medium.jpg"
    world = write_world(tmp_path, url=url, sizes=SIZES, with_images=False)
    assert plan(world.snapshot(), world.images) == [
        Plan("inaturalist-open-data.s3.amazonaws.com", False, 16, (880_000, 1_600_000), (0, 0))
    ]
    assert [round(days_at(MEDIA_LIMITS, 21e6 * size)) for size in images.MEDIUM_BYTES] == [48, 88]


def test_pauses_grow_and_follow_the_server() -> None:
    assert all(0.5 * 2**n <= pause_before_retry(n) <= 2**n for n in range(7))
    assert pause_before_retry(0, "17") == 17
    assert pause_before_retry(0, "99999") == 120
    assert 0.5 <= pause_before_retry(0, "Wed, 21 Oct 2026 07:28:00 GMT") <= 1


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_other_kinds_of_image_are_read_by_their_content(kind: str) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (20, 10), (255, 0, 0)).save(stream, kind)
    image = open_image(stream.getvalue())
    assert (image.mode, image.size) == ("RGB", (20, 10))


def png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG")
    return stream.getvalue()


@pytest.mark.parametrize(("stored", "seen"), [(0, 0), (128, 0), (129, 1), (30_000, 117), (65_535, 255)])
def test_grey_of_16_bits_is_scaled_to_8(stored: int, seen: int) -> None:
    image = open_image(png(np.full((4, 6), stored, dtype=np.uint16)))
    assert (image.mode, image.size) == ("RGB", (6, 4))
    assert image.getcolors() == [(24, (seen, seen, seen))]


def test_a_palette_with_transparency_keeps_its_colours() -> None:
    stream = io.BytesIO()
    picture = Image.new("RGB", (4, 4), (200, 10, 10)).quantize(4)
    picture.save(stream, "PNG", transparency=bytes([0, 255, 255, 255]))
    assert open_image(stream.getvalue()).getcolors() == [(16, (200, 10, 10))]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_turned_or_mirrored_photo_is_put_upright(orientation: int, kind: str) -> None:
    """Four corners in four greys: as Pillow's own, slower function puts them."""
    picture = Image.fromarray(np.kron([[10, 90], [170, 250]], np.ones((16, 24))).astype(np.uint8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    stream = io.BytesIO()
    options = {"lossless": True} if kind == "WEBP" else {"quality": 95} if kind == "JPEG" else {}
    picture.convert("RGB").save(stream, kind, exif=exif, **options)
    result = open_image(stream.getvalue())
    selected = ImageOps.exif_transpose(Image.open(io.BytesIO(stream.getvalue()))).convert("RGB")
    assert result.size == selected.size == ((48, 32) if orientation < 5 else (32, 48))
    assert np.array_equal(np.asarray(result), np.asarray(selected))


def test_a_photo_of_too_many_pixels_is_not_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_PIXELS", 199)
    stream = io.BytesIO()
    Image.new("RGB", (20, 10)).save(stream, "JPEG")
    with pytest.raises(ImageError, match=r"^too many pixels$"):
        open_image(stream.getvalue())


@pytest.mark.parametrize(
    ("size", "problem"),
    [
        ((1, 1), "too small (1 x 1 pixels)"),
        ((500, 15), "too small (500 x 15 pixels)"),
        ((16, 321), "too narrow (16 x 321 pixels)"),
        ((321, 16), "too narrow (321 x 16 pixels)"),
        ((16, 16), None),
        ((16, 320), None),
    ],
)
def test_photos_too_small_or_narrow_are_refused(size: tuple[int, int], problem: str | None) -> None:
    image = Image.new("RGB", size)
    if problem is None:
        check_shape(image)
    else:
        with pytest.raises(ImageError, match=f"^{re.escape(problem)}$"):
            check_shape(image)


CASES = Path("../shared/cases")


@pytest.mark.shared_data
@pytest.mark.skipif(not CASES.is_dir(), reason=f"{CASES} is not on this machine")
def test_reported_files_are_read_right() -> None:
    assert open_image((CASES / "png16-white/input.png").read_bytes()).getpixel((0, 0)) == (117, 117, 117)
    for number in (5, 7):
        assert open_image((CASES / f"exif-mirrored/orientation{number}.jpg").read_bytes()).size == (40, 60)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"GIF89a", b"BM" + b"\0" * 60, jpeg(0, 0)[:100]])
def test_what_is_no_image_is_said_in_a_few_words(content: bytes) -> None:
    with pytest.raises(ImageError, match=r"^(not an image|broken or cut short)"):
        open_image(content)
