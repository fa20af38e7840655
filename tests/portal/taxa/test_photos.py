"""Photos on pages: openly licensed, lazy, with a credit; and where there are none."""

import re

import pyarrow as pa
import pytest
from django.conf import settings

from portal.lake.models import Refresh
from portal.refresh.reading import drawn
from portal.taxa.models import Photo
from portal.taxa.services.photos import PHOTO_COLUMNS
from portal.taxa.templatetags.leafline import ICONS
from tests.portal.taking_over import take_over_photos
from tests.portal.taxa.test_views import links, words

IMPATIENS = 118970
HOTSPOT = f"/hotspots/{IMPATIENS}/"


def taken_over(*rows):
    names = [*PHOTO_COLUMNS]
    columns = zip(*rows, strict=True) if rows else [[] for _ in names]
    types = (pa.int64(), pa.int64(), pa.int64(), pa.string(), pa.string())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, types, strict=True)]
    take_over_photos(pa.table(dict(zip(names, arrays, strict=True))))
    return list(Photo.objects.order_by("observation_id").values_list(*names))


UNKNOWN = (1001, None, 75, "jpg", "")
DRAWN = (1002, None, 76, "jpg", "drawing")
SUSPECT = (1000, None, 71, "jpg", "cc-by-nc")
OF_TAXON = (3000, IMPATIENS, 72, "jpeg", "cc0")


@pytest.fixture
def shown(hotspots):
    """The small world's hotspots on real data, with two photos."""
    Refresh.objects.update(is_simulated=False)
    return taken_over(SUSPECT, OF_TAXON)


def images(response):
    return [tag for tag in re.findall(r"<img[^>]*>", response.content.decode()) if "photos" in tag]


def test_photos_are_taken_over_in_place_of_the_former_ones(db):
    assert taken_over(SUSPECT, OF_TAXON) == [SUSPECT, OF_TAXON]
    other = (3001, IMPATIENS, 73, "jpg", "cc0")
    assert taken_over((1000, None, 74, "png", "cc-by"), other) == [(1000, None, 74, "png", "cc-by"), other]
    assert taken_over((3000, None, 72, "jpg", "cc0")) == [(3000, None, 72, "jpg", "cc0")]
    assert taken_over() == []


def test_a_worklist_shows_the_photo_with_its_licence_and_author_s_page(shown, client):
    response = client.get(HOTSPOT)
    assert images(response)[2:] == [
        '<img src="https://inaturalist-open-data.s3.amazonaws.com/photos/71/small.jpg"'
        ' width="240" height="180" loading="lazy" decoding="async" referrerpolicy="no-referrer"'
        ' alt="Photo labelled Bombus impatiens">'
    ]
    assert "https://www.inaturalist.org/photos/71" in links(response)
    assert "CC BY-NC" in words(response)
    assert "which names its author" in words(response)


@pytest.mark.parametrize("address", [HOTSPOT, f"/taxa/{IMPATIENS}/"])
def test_a_page_about_a_taxon_begins_with_its_photo(shown, client, address):
    response = client.get(address)
    assert images(response)[0] == (
        '<img src="https://inaturalist-open-data.s3.amazonaws.com/photos/72/small.jpeg"'
        ' width="128" height="128" loading="lazy" decoding="async" referrerpolicy="no-referrer"'
        ' alt="Photo of Bombus impatiens, CC0">'
    )
    assert "https://www.inaturalist.org/photos/72" in links(response)


def test_the_list_of_hotspots_shows_taxa(shown, client):
    response = client.get("/hotspots/")
    (image,) = images(response)
    assert "which names its author and licence" in words(response)
    assert "/photos/72/square.jpeg" in image
    assert 'loading="lazy"' in image


@pytest.mark.parametrize("address", ["/hotspots/", HOTSPOT, "/hotspots/worklist/", f"/taxa/{IMPATIENS}/"])
def test_a_mirror_serves_them_or_nobody(shown, client, settings, address):
    settings.PHOTO_URL = "https://mirror.example/inat"
    assert all('src="https://mirror.example/inat/photos/7' in image for image in images(client.get(address)))
    settings.PHOTO_URL = ""
    assert images(client.get(address)) == []


def test_where_there_is_no_photo_the_icon_of_the_group_stands(hotspots, client):
    response = client.get(HOTSPOT)
    assert images(response) == []
    assert response.content.decode().count('<span class="thumb thumb-none">') == 30
    assert "openly licensed" not in words(response)


def test_a_photo_whose_licence_is_unknown_is_linked_and_the_page_says_why_once(hotspots, client):
    taken_over(SUSPECT, UNKNOWN)
    response = client.get(HOTSPOT)
    page = response.content.decode()
    assert len(images(response)) == 1
    assert "/photos/75/" not in page
    assert "https://www.inaturalist.org/photos/75" in links(response)
    assert words(response).count("Photos whose own licence is unknown here are linked, not shown") == 1


@pytest.mark.parametrize("address", ["/hotspots/", HOTSPOT, f"/taxa/{IMPATIENS}/"])
def test_a_taxon_s_photo_of_unknown_licence_is_linked_and_the_page_says_why_once(hotspots, client, address):
    taken_over((3000, IMPATIENS, 76, "jpg", ""))
    response = client.get(address)
    assert images(response) == []
    assert "https://www.inaturalist.org/photos/76" in links(response)
    assert words(response).count("Photos whose own licence is unknown here are linked, not shown") == 1


def test_a_simulated_world_has_drawings_and_no_photo_of_anybody_s(hotspots, client):
    taken_over(DRAWN, (3000, IMPATIENS, 72, "jpeg", "drawing"))
    response = client.get(HOTSPOT)
    page = response.content.decode()
    assert images(response) == []
    assert "photos/7" not in page
    assert page.count('aria-label="Drawing in place of a photo"') == page.count("leafline/drawings") == 3
    assert words(response).count("drawings made for it stand in place of photos") == 1


def test_every_group_has_a_drawing():
    sprite = (settings.BASE_DIR / "static/leafline/drawings.svg").read_text()
    assert set(re.findall('<symbol id="([a-z]+)"', sprite)) == {*ICONS.values(), "life"}
    assert len(sprite) < 15_000


def test_drawings_take_the_place_of_photos():
    result = pa.table({"observation_id": [1, 2], "photo_id": [3, 4], "license": ["cc0", ""]})
    assert drawn(result).to_pydict() == {
        "observation_id": [1, 2], "photo_id": [3, 4], "license": ["drawing", "drawing"],
    }  # fmt: skip
