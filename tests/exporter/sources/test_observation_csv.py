"""CSV exports of observations, written by hand after real ones. The header is line 1."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest

from exporter.schema import surrogate_id
from tests.exporter.sources.conftest import Loaded

Load = Callable[[bytes | str], Loaded]

UUID = "9da7d6ee-cd01-477e-8efe-f9dfb1c36255"
OPEN_DATA = "https://inaturalist-open-data.s3.amazonaws.com/photos"


def test_a_full_export_is_read(load: Load) -> None:
    loaded = load(
        "id,uuid,observed_on,user_id,created_at,updated_at,quality_grade,license,url,image_url,"
        "num_identification_agreements,num_identification_disagreements,captive_cultivated,latitude,longitude,"
        "positional_accuracy,public_positional_accuracy,private_latitude,private_longitude,coordinates_obscured,"
        "scientific_name,common_name,iconic_taxon_name,taxon_id,taxon_family_name,taxon_genus_name,taxon_species_name\n"
        f"1782033,{UUID},2015-04-21,109975,2015-07-20 03:49:24 UTC,2021-05-23 15:42:21 +0000,research,"
        f"CC-BY-NC,http://www.inaturalist.org/observations/1782033,{OPEN_DATA}/2156910/medium.JPG,"
        "2,0,false,34.121504,-118.408692,10,101,34.5,-118.5,true,"
        '"Calypte anna","Anna\'s Hummingbird, ""Anna""",Aves,6317,Trochilidae,Calypte,Calypte anna\n'
    )
    updated_at = datetime(2021, 5, 23, 15, 42, 21, tzinfo=UTC)
    assert loaded == Loaded(
        "observation CSV export",
        1,
        [],
        {
            "observations": [
                {
                    "observation_id": 1782033,
                    "observation_uuid": UUID,
                    "taxon_id": 6317,
                    "quality_grade": "research",
                    "observer_id": 109975,
                    "observed_on": date(2015, 4, 21),
                    "created_at": datetime(2015, 7, 20, 3, 49, 24, tzinfo=UTC),
                    "latitude": 34.121504,
                    "longitude": -118.408692,
                    "positional_accuracy": 101.0,
                    "is_obscured": True,
                    "is_captive": False,
                    "identification_agreements": 2,
                    "identification_disagreements": 0,
                    "updated_at": updated_at,
                    "source": "csv",
                }
            ],
            "photos": [
                {
                    "observation_id": 1782033,
                    "photo_id": 2156910,
                    "host": "open-data",
                    "extension": "JPG",
                    "updated_at": updated_at,
                    "source": "csv",
                }
            ],
            "taxa": [
                {
                    "taxon_id": 6317,
                    "name": "Calypte anna",
                    "common_name": 'Anna\'s Hummingbird, "Anna"',
                    "rank": "species",
                    "rank_level": 10.0,
                    "iconic_taxon_id": 3,
                    "lineage": '{"kingdom": "Animalia", "class": "Aves", "family": "Trochilidae",'
                    ' "genus": "Calypte", "species": "Calypte anna"}',
                    "source": "csv",
                }
            ],
        },
    )


def test_flattened_answers_of_the_api_name_their_columns_otherwise(load: Load) -> None:
    loaded = load(
        "quality_grade,id,observed_on,taxon.name,taxon.rank,taxon.id,user.id,captive,latitude\n"
        "needs_id,47221503,2020-05-24,Bombus,subgenus,538904,35757,TRUE,\n"
        "casual,47221504,,,,,,,\n"
    )
    assert loaded.refusals == []
    assert loaded.observations == [
        {
            "observation_id": 47221503,
            "taxon_id": 538904,
            "quality_grade": "needs_id",
            "observer_id": 35757,
            "observed_on": date(2020, 5, 24),
            "is_captive": True,
            "source": "csv",
        },
        {"observation_id": 47221504, "quality_grade": "casual", "source": "csv"},
    ]
    assert loaded.taxa == [
        {"taxon_id": 538904, "name": "Bombus", "rank": "subgenus", "rank_level": 15.0, "source": "csv"}
    ]


def test_a_join_of_open_data_tables_has_a_row_for_each_photo(load: Load) -> None:
    loaded = load(
        "observation_uuid,observer_id,taxon_id,quality_grade,photo_id,extension,taxon_name,ancestry\n"
        f"{UUID},7,63567,research,195582574,jpeg,Picea abies,48460/47126\n"
        f"{UUID},7,63567,research,195582575,png,Picea abies,48460/47126\n"
    )
    observation_id = surrogate_id(UUID)
    assert loaded.refusals == []
    assert loaded.photos == [
        {
            "observation_id": observation_id,
            "photo_id": photo_id,
            "host": "open-data",
            "extension": extension,
            "source": "csv",
        }
        for photo_id, extension in ((195582574, "jpeg"), (195582575, "png"))
    ]
    assert loaded.taxa == [
        {"taxon_id": 63567, "ancestry": "48460/47126", "name": "Picea abies", "source": "csv"}
    ]
    assert [row["observation_id"] for row in loaded.observations] == [observation_id] * 2


def test_a_photo_elsewhere_is_not_one_of_inaturalists(load: Load) -> None:
    loaded = load(
        "id,taxon_id,observed_on,image_url,photo_id\n"
        "1,2,2020-01-01,https://scontent.xx.fbcdn.net/v/171953_10.jpg,\n"
        "2,2,2020-01-01,,77\n"
    )
    assert loaded.refusals == []
    assert loaded.photos == [{"observation_id": 2, "photo_id": 77, "source": "csv"}]


@pytest.mark.parametrize(
    ("name", "family", "genus", "species", "rank"),
    [
        ("Bombus bifarius", "Apidae", "Bombus", "Bombus bifarius", "species"),
        ("Apidae", "Apidae", "", "", "family"),
        # The genus Bombus and its subgenus Bombus look the same here.
        ("Bombus", "Apidae", "Bombus", "", None),
        ("Bombini", "Apidae", "", "", None),
        ("Apidae", "Apidae", "", "Apidae", None),
        ("", "", "", "", None),
    ],
)
def test_the_rank_is_taken_from_the_names_only_where_it_is_certain(
    load: Load, name: str, family: str, genus: str, species: str, rank: str | None
) -> None:
    [taxon] = load(
        "id,quality_grade,taxon_id,scientific_name,taxon_family_name,taxon_genus_name,taxon_species_name\n"
        f"1,casual,5,{name},{family},{genus},{species}\n"
    ).taxa
    assert taxon.get("rank") == rank
    assert taxon.get("rank_level") == {"species": 10.0, "family": 30.0}.get(rank or "")


HEADER = "id,uuid,observed_on,quality_grade,taxon_id,latitude,updated_at,image_url\n"
GOOD = "1,,2020-01-01,casual,5,1.5,,\n"
GOOD_ROW = {
    "observation_id": 1,
    "taxon_id": 5,
    "quality_grade": "casual",
    "observed_on": date(2020, 1, 1),
    "latitude": 1.5,
    "source": "csv",
}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (",,2020-01-01,casual,5,1.5,,", "neither an observation's id nor its UUID"),
        ("x1,,2020-01-01,casual,5,1.5,,", "id 'x1': not a whole number"),
        ("-1,,2020-01-01,casual,5,1.5,,", "id '-1': not an id: below zero"),
        ("4503599627370496,,2020-01-01,casual,5,1.5,,", "id '4503599627370496': id too large"),
        (",x,2020-01-01,casual,5,1.5,,", "uuid 'x': not a UUID"),
        ("1,,2020-01-01,casual,5,1.5,", "7 columns where the header has 8"),
        ("1,,2020-01-01,casual,5,1.5,,,", "9 columns where the header has 8"),
        ('1,"a"b,2020-01-01,casual,5,1.5,,', "not valid CSV (',' expected after '\"')"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_the_rest_is_loaded(load: Load, line: str, why: str) -> None:
    content = (HEADER + GOOD + "\n" + line + "\n" + GOOD).encode(errors="surrogateescape")
    assert load(content) == Loaded(
        "observation CSV export",
        3,
        [("line 4", why)],
        {"observations": [GOOD_ROW, GOOD_ROW], "taxa": [{"taxon_id": 5, "source": "csv"}]},
    )


@pytest.mark.parametrize(
    ("line", "column", "why"),
    [
        ("1,x,2020-01-01,casual,5,1.5,,", None, "uuid 'x': not a UUID"),
        ("1,,1 May 2020,casual,5,1.5,,", "observed_on", "observed_on '1 May 2020': not a day (YYYY-MM-DD)"),
        ("1,,2099-01-01,casual,5,1.5,,", "observed_on", "observed_on '2099-01-01': in the future"),
        (
            "1,,2020-01-01,good,5,1.5,,",
            "quality_grade",
            "quality_grade 'good': not one of research, needs_id, casual",
        ),
        ("1,,2020-01-01,casual,Bombus,1.5,,", "taxon_id", "taxon_id 'Bombus': not a whole number"),
        ("1,,2020-01-01,casual,5,95,,", "latitude", "latitude '95': not within -90 and 90 degrees"),
        ("1,,2020-01-01,casual,5,1.5,soon,", None, "updated_at 'soon': not a time"),
        ("1,,2020-01-01,cas\udcffual,5,1.5,,", "quality_grade", "quality_grade 'cas\\udcffual': not one"),
    ],
)
def test_a_value_that_cannot_be_read_is_left_out_and_the_row_loaded(
    load: Load, line: str, column: str | None, why: str
) -> None:
    loaded = load((HEADER + GOOD + "\n" + line + "\n").encode(errors="surrogateescape"))
    rest = {name: value for name, value in GOOD_ROW.items() if name != column}
    assert (loaded.read, loaded.refusals, loaded.observations) == (2, [], [GOOD_ROW, rest])
    [(place, words)] = loaded.notes
    assert place == "line 4"
    assert words.startswith(why)


def test_what_r_pandas_and_spreadsheets_write_for_nothing_is_nothing(load: Load) -> None:
    words = ("NA", "NaN", "nan", "NULL", "None", "<NA>", "NaT", "#N/A", "N/A", "null")
    loaded = load(
        "id,observed_on,taxon_id\n" + "".join(f"{n},{word},{word}\n" for n, word in enumerate(words))
    )
    assert (loaded.refusals, loaded.notes) == ([], [])
    assert loaded.observations == [{"observation_id": n, "source": "csv"} for n in range(len(words))]


def test_a_table_of_api_answers_made_with_pandas_is_read(load: Load) -> None:
    loaded = load(
        "id,observed_on,location,photo_url,photo_id,taxon.id,taxon.name,taxon.ancestor_ids,"
        "community_taxon_id,user.id,photos[0].license_code\n"
        '1,2022-05-17 17:06:31-06:00,"(36.1, -94.1)",https://live.staticflickr.com/65535/1_s.jpg,501,'
        '48662.0,Danaus plexippus,"[48460, 1, 47120, 48662]",48662.0,7.0,CC-BY\n'
    )
    assert (loaded.refusals, loaded.notes) == ([], [])
    assert loaded.observations == [
        {
            "observation_id": 1,
            "taxon_id": 48662,
            "community_taxon_id": 48662,
            "observer_id": 7,
            "observed_on": date(2022, 5, 17),
            "latitude": 36.1,
            "longitude": -94.1,
            "source": "csv",
        }
    ]
    assert loaded.photos == [
        {"observation_id": 1, "photo_id": 501, "host": "elsewhere", "license": "cc-by", "source": "csv"}
    ]
    assert loaded.taxa == [
        {"taxon_id": 48662, "ancestry": "48460/1/47120", "name": "Danaus plexippus", "source": "csv"}
    ]


def test_names_are_one_line_without_control_characters(load: Load) -> None:
    loaded = load('id,observed_on,taxon_id,scientific_name\n1,2020-01-01,5,"Apis\x0b \r\nmell\x00ifera"\n')
    assert loaded.taxa[0]["name"] == "Apis mell ifera"


def test_a_row_over_several_lines_stands_on_its_last(load: Load) -> None:
    loaded = load('id,observed_on,description,taxon_id\r\n1,,"one\r\n\r\ntwo",5\r\nx,,"one\r\ntwo",5\r\n')
    assert loaded.refusals == [("line 6", "id 'x': not a whole number")]
    assert loaded.observations == [{"observation_id": 1, "taxon_id": 5, "source": "csv"}]


def test_a_quote_that_is_never_closed_is_told(load: Load) -> None:
    loaded = load(HEADER + GOOD + '2,"' + GOOD * 3)
    assert loaded.observations == [GOOD_ROW]
    assert loaded.refusals == [("line 5", "not valid CSV (unexpected end of data)")]


def test_of_a_gzip_cut_off_the_rows_before_the_cut_are_loaded(load: Load) -> None:
    rows = "".join(f"{number},,2020-01-01,casual,{number * 7919},1.5,,\n" for number in range(1, 3001))
    packed = gzip.compress((HEADER + rows).encode())
    loaded = load(packed[: len(packed) // 2])
    assert 100 < len(loaded.observations) == loaded.read < 2900
    [(place, why)] = loaded.refusals
    assert place == f"line {loaded.read + 2}"
    assert why.startswith("the file breaks off or is damaged here")
