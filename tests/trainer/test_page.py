"""The results as a page."""

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.trainer.test_fit import quiet, train
from tests.trainer.world import World, small_config
from trainer.evaluate import evaluate
from trainer.files import read_json
from trainer.page import write_page
from trainer.results import compare
from trainer.runs import open_run
from trainer.shards import open_shards


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
    evaluate(folder, say=quiet)
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
    links = {one["href"] for one in page.of("a") if "/photos/" in str(one["href"])}
    assert links == {f"https://www.inaturalist.org/photos/{photo_id}" for photo_id in photos}
    assert all(one["alt"] for one in page.of("img"))
    assert len(page.of("circle")) == len(document["reliability"])
    assert "Against the previous model" not in page.text


def test_a_photo_is_shown_with_its_licence_or_only_linked(run: Path) -> None:
    document = read_json(run / "results.json", "")
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    photos = [photo_id for pair in document["confusions"][:12] for photo_id in pair["photo_ids"]]
    # Of photo n the licence is that of n % 3: CC BY-NC, none, CC0.
    codes = [("CC BY-NC", "", "CC0")[photo_id % 3] for photo_id in photos]
    assert len(page.of("img")) == sum(code != "" for code in codes)
    assert page.text.count("not shown: no licence known that allows it") == codes.count("")
    links = [str(one["href"]) for one in page.of("a")]
    assert links.count("https://creativecommons.org/licenses/by-nc/4.0/") == codes.count("CC BY-NC")
    assert links.count("https://creativecommons.org/publicdomain/zero/1.0/") == codes.count("CC0")
    for photo_id in photos:
        assert f"https://www.inaturalist.org/observations/{1000 + photo_id}" in links
        assert f"Photo {photo_id}\nof observation {1000 + photo_id},\n" in page.text


def test_taxa_are_compared_with_those_of_the_previous_model(run: Path, tmp_path: Path) -> None:
    """Bombus terrestris has become known better and Apis mellifera less well; one taxon of each is gone."""
    previous = read_json(run / "results.json", "")
    for row, top1 in zip(previous["taxa"], (0.0, 0.5, 1.0, 0.5), strict=True):
        row |= {"images": 400, "top1": top1}
    previous["taxa"][3]["taxon_id"] = 999
    (tmp_path / "previous.json").write_text(json.dumps(previous))
    now = [{"taxon_id": taxon_id, "images": 400, "top1": 0.5} for taxon_id in (201, 202, 301, 302)]
    document = read_json(run / "results.json", "") | {"compared": compare(now, tmp_path / "previous.json")}
    result = open_run(run)
    shards = open_shards(result.snapshot, "test", result.shards, result.config.data)
    write_page(tmp_path / "report.html", document, result.snapshot, shards)
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    words = " ".join(page.text.replace("\N{NO-BREAK SPACE}", " ").split())
    assert "Taxa that both models have: 3. Known better beyond chance: 1; less well: 1 (Fisher" in words
    assert "New: 1; gone: 1." in words
    assert "Bombus terrestris0.0 %50.0 %+50.0+45.0 to +54.9" in words
    assert "Apis mellifera100.0 %50.0 %-50.0-54.9 to -45.0" in words
    assert len([one for one in page.of("rect") if one.get("class") == "square"]) == 3
    assert len([one for one in page.of("circle") if one.get("class") == "changed"]) == 2


def test_a_curve_has_a_point_for_each_epoch_within_the_chart(run: Path) -> None:
    page = Page((run / "report.html").read_text(encoding="utf-8"))
    curves = [str(one["points"]).split() for one in page.of("polyline")]
    assert [len(points) for points in curves] == [2] * 4
    places = [tuple(map(float, point.split(","))) for points in curves for point in points]
    assert all(0 <= x <= 320 and 0 <= y <= 180 for x, y in places)
