"""Photos on disk, and fetching them."""

import csv
import io
import time
from pathlib import Path

import pytest
from PIL import Image

from tests.trainer.portal import Answer, Request, serve
from tests.trainer.world import World, jpeg, write_world
from trainer import images
from trainer.errors import DataError
from trainer.images import Budget, ImageError, fetch, image_path, open_image, pause_before_retry

SIZES = {"train": 8, "val": 4, "test": 4}


def photo(request: Request) -> Answer:
    photo_id = int(request.path.split("/")[2])
    return 200, {"Content-Type": "image/jpeg"}, jpeg(photo_id % 4, photo_id)


def small_world(folder: Path, url: str) -> World:
    return write_world(folder, url=f"{url}/photos/{{}}/medium.jpg", sizes=SIZES, with_images=False)


def fetch_all(world: World, **options: object) -> images.Fetched:
    return fetch(world.snapshot(), world.images, tell=lambda message: None, **options)


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
    budget = Budget(((3600, 100), (86400, 300)))
    now = time.time()
    budget.remember([(now - 4000, 150), (now - 1800, 60)])
    assert budget.seconds_to_wait(now) == 0
    budget.remember([(now - 600, 40)])
    assert budget.seconds_to_wait(now) == pytest.approx(1800)
    budget.remember([(now, 60)])
    assert budget.seconds_to_wait(now) == pytest.approx(86400 - 4000)


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


def test_a_turned_photo_is_turned_upright() -> None:
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 10)).save(stream, "JPEG", exif=exif)
    assert open_image(stream.getvalue()).size == (10, 20)


@pytest.mark.parametrize("content", [b"", b"\xff\xd8\xff", b"GIF89a", b"BM" + b"\0" * 60, jpeg(0, 0)[:100]])
def test_what_is_no_image_is_said_in_a_few_words(content: bytes) -> None:
    with pytest.raises(ImageError, match=r"^(not an image|broken or cut short)"):
        open_image(content)
