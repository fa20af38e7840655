"""The results as a page."""

from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.trainer.test_fit import quiet, train
from tests.trainer.world import World, small_config
from trainer.evaluate import evaluate
from trainer.files import read_json


class Page(HTMLParser):
    """What the page shows, and that each element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def run(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("page") / "run"
    train(world, folder, small_config())
    evaluate(folder, tell=quiet)
    return folder


def test_the_page_says_what_the_document_says(run: Path) -> None:
    document = read_json(run / "results.json", "")
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    assert page.open == []
    assert "Simulated data." in page.text
    top1 = f"{document['overall']['top1'] * 100:.1f}"
    assert f"{top1}\N{NO-BREAK SPACE}%" in page.text
    assert 'Apis "cerana", east' in page.text
    photos = [photo_id for pair in document["confusions"][:12] for photo_id in pair["photo_ids"]]
    links = [one["href"] for one in page.of("a") if "/photos/" in str(one["href"])]
    assert links == [f"https://www.inaturalist.org/photos/{photo_id}" for photo_id in photos]
    assert len(page.of("img")) == len(photos)
    assert all(one["alt"] for one in page.of("img"))
    assert len(page.of("circle")) == len(document["reliability"])


def test_a_curve_has_a_point_for_each_epoch_within_the_chart(run: Path) -> None:
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    curves = [str(one["points"]).split() for one in page.of("polyline")]
    assert [len(points) for points in curves] == [2] * 4
    places = [tuple(map(float, point.split(","))) for points in curves for point in points]
    assert all(0 <= x <= 320 and 0 <= y <= 180 for x, y in places)
