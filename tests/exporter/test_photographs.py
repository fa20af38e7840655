"""Which photos of a lake pages may show."""

import pyarrow as pa
import pytest

from exporter.lake import Lake
from exporter.photographs import photos

LABEL, NEAR, FAR, RATHER = 11, 12, 13, 15


def observed(observation_id, taxon_id, **values):
    usual = {"quality_grade": "research", "community_taxon_id": None, "is_flagged": None}
    return (
        {"observation_id": observation_id, "taxon_id": taxon_id, "fails_quality_metric": None}
        | usual
        | values
    )


def photo(observation_id, photo_id, position=0, **values):
    usual = {
        "host": "open-data",
        "extension": "jpg",
        "license": "cc-by-nc",
        "is_flagged": None,
        "is_hidden": None,
    }
    return {"observation_id": observation_id, "photo_id": photo_id, "position": position} | usual | values


@pytest.fixture
def found(tmp_path):
    """What is found in a lake of these observations and photos; the first is on a worklist."""

    def found(observations, pictures, suspects=(1,)):
        lake = Lake(tmp_path / "lake")
        with lake.staging() as staging:
            staging.begin_file()
            staging.add("observations", "api", pa.Table.from_pylist(observations))
            staging.add("photos", "api", pa.Table.from_pylist(pictures))
            lake.upsert(staging)
        readiness = pa.table({"taxon_id": [LABEL, NEAR, FAR, 14], "margin": [300, -20, -21, None]})
        worklist = pa.table(
            {
                "observation_id": pa.array(suspects, pa.int64()),
                "label_taxon_id": pa.array([LABEL] * len(suspects), pa.int64()),
                "suggested_taxon_id": pa.array([RATHER] * len(suspects), pa.int64()),
            }
        )
        with lake.connect(lake.latest()) as connection:
            return [
                tuple(row.values())
                for row in photos(
                    connection, [readiness], [worklist, worklist], short=20, spare=5
                ).to_pylist()
            ]

    return found


def test_one_photo_of_each_suspect_and_of_each_taxon_that_is_shown(found):
    observations = [
        observed(number, taxon)
        for number, taxon in ((1, LABEL), (2, LABEL), (3, LABEL), (4, NEAR), (5, FAR), (6, RATHER))
    ]
    pictures = [
        photo(1, 100, position=1),
        photo(1, 101),
        *(photo(number, 100 + number) for number in (2, 3, 4, 5, 6)),
    ]
    assert found(observations, pictures) == [
        (1, None, 101, "jpg", "cc-by-nc"),
        (2, LABEL, 102, "jpg", "cc-by-nc"),
        (4, NEAR, 104, "jpg", "cc-by-nc"),
        (6, RATHER, 106, "jpg", "cc-by-nc"),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"license": ""},
        {"host": "static"},
        {"host": "static", "license": ""},
        {"host": None},
        {"host": "elsewhere", "license": None},
        {"license": None, "is_hidden": True},
        {"is_flagged": True},
        {"is_hidden": True},
    ],
)
def test_what_is_not_openly_licensed_or_is_hidden_is_never_shown(found, values):
    pictures = [photo(1, 100, **values), photo(2, 200, **values)]
    assert found([observed(1, LABEL), observed(2, LABEL)], pictures) == []


@pytest.mark.parametrize("host", ["open-data", "static"])
def test_a_photo_of_unknown_licence_is_named_for_a_suspect_and_for_a_taxon(found, host):
    pictures = [photo(number, 100 * number, license=None, host=host) for number in (1, 2, 3)]
    assert found([observed(1, LABEL), observed(2, LABEL), observed(3, LABEL)], pictures) == [
        (1, None, 100, "jpg", ""),
        (2, LABEL, 200, "jpg", ""),
    ]


def test_a_taxon_is_shown_by_an_open_photo_before_an_earlier_one_of_unknown_licence(found):
    pictures = [photo(2, 200, license=None), photo(3, 300), photo(4, 400)]
    assert found([observed(number, LABEL) for number in (1, 2, 3, 4)], pictures) == [
        (3, LABEL, 300, "jpg", "cc-by-nc")
    ]


def test_the_first_open_photo_stands_for_one_that_is_not(found):
    pictures = [photo(1, 100, license=None), photo(1, 101, position=1, license="cc0", extension="png")]
    assert found([observed(1, LABEL)], pictures) == [(1, None, 101, "png", "cc0")]


@pytest.mark.parametrize(
    "values",
    [
        {"quality_grade": "needs_id"},
        {"community_taxon_id": FAR},
        {"is_flagged": True},
        {"fails_quality_metric": True},
    ],
)
def test_a_taxon_is_shown_by_what_its_community_took_for_it(found, values):
    assert found([observed(1, LABEL), observed(2, LABEL, **values)], [photo(2, 200)]) == []
    assert found([observed(3, LABEL, community_taxon_id=LABEL)], [photo(3, 300)]) == [
        (3, LABEL, 300, "jpg", "cc-by-nc")
    ]


def test_without_suspects_there_is_nothing_to_show_but_what_is_near(found):
    assert found([observed(4, NEAR)], [photo(4, 104)], suspects=()) == [(4, NEAR, 104, "jpg", "cc-by-nc")]
