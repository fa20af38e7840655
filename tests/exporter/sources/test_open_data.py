"""The open-data dump's tables. Lines are written out by hand; the header is line 1."""

import gzip
from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exporter.schema import surrogate_id
from exporter.sources import open_data
from tests.exporter.sources.conftest import Loaded

Load = Callable[[bytes | str], Loaded]

ONE, TWO = (f"f717b9dc-659e-4b10-a9ca-4d78ee447d7{digit}" for digit in "12")

OBSERVATIONS = (
    "observation_uuid\tobserver_id\tlatitude\tlongitude\tpositional_accuracy\ttaxon_id"
    "\tquality_grade\tobserved_on\n"
)
GOOD = f"{ONE}\t615549\t60.4888\t-151.0953\t5\t61824\tresearch\t2017-09-08\n"
GOOD_ROW = {
    "observation_id": surrogate_id(ONE),
    "observation_uuid": ONE,
    "taxon_id": 61824,
    "quality_grade": "research",
    "observer_id": 615549,
    "observed_on": date(2017, 9, 8),
    "latitude": 60.4888,
    "longitude": -151.0953,
    "positional_accuracy": 5.0,
    "source": "dump",
}


def test_observations_are_stored_under_the_id_made_from_their_uuid(load: Load) -> None:
    loaded = load(OBSERVATIONS + GOOD + f"{TWO.upper()}\t11\t\t\t\t\tcasual\t\n")
    assert loaded == Loaded("open-data observations", 2, [], loaded.rows)
    # Surrogates of UUIDs that differ in the last digits alone are the same number.
    assert surrogate_id(ONE) == surrogate_id(TWO)
    assert sorted(loaded.observations, key=lambda row: row["observation_uuid"]) == [
        GOOD_ROW,
        {
            "observation_id": surrogate_id(TWO),
            "observation_uuid": TWO,
            "quality_grade": "casual",
            "observer_id": 11,
            "source": "dump",
        },
    ]


def test_photos_keep_their_place_and_lie_in_the_public_bucket(load: Load) -> None:
    loaded = load(
        "photo_uuid\tphoto_id\tobservation_uuid\tobserver_id\textension\tlicense\twidth\theight\tposition\n"
        f"x\t10314159\t{ONE}\t615549\tJPG\tCC-BY-NC\t1530\t2048\t1\n"
        f"y\t20314159\t{ONE}\t615549\t\t\t\t\t\n"
    )
    assert loaded == Loaded("open-data photos", 2, [], loaded.rows)
    assert loaded.photos == [
        {
            "observation_id": surrogate_id(ONE),
            "photo_id": 10314159,
            "position": 1,
            "host": "open-data",
            "extension": "JPG",
            "license": "cc-by-nc",
            "width": 1530,
            "height": 2048,
            "source": "dump",
        },
        # Without an extension there is no address.
        {"observation_id": surrogate_id(ONE), "photo_id": 20314159, "source": "dump"},
    ]


def test_taxa_keep_quotes_in_their_names_and_an_empty_ancestry_is_a_root(load: Load) -> None:
    loaded = load(
        "taxon_id\tancestry\trank_level\trank\tname\tactive\n"
        "48460\t\t100\tstateofmatter\tLife\ttrue\n"
        '20979\t48460/1/2\t33.5\tzoosubsection\t"Anura\ttrue\n'
        "5\t48460\t10\thybrid\tIris 'Blue\" × x\tfalse\n"
    )
    assert loaded == Loaded("open-data taxa", 3, [], loaded.rows)
    assert loaded.taxa == [
        {
            "taxon_id": 5,
            "ancestry": "48460",
            "name": "Iris 'Blue\" × x",
            "rank": "hybrid",
            "rank_level": 10.0,
            "is_active": False,
            "source": "dump",
        },
        {
            "taxon_id": 20979,
            "ancestry": "48460/1/2",
            "name": '"Anura',
            "rank": "zoosubsection",
            "rank_level": 33.5,
            "is_active": True,
            "source": "dump",
        },
        {
            "taxon_id": 48460,
            "ancestry": "",
            "name": "Life",
            "rank": "stateofmatter",
            "rank_level": 100.0,
            "is_active": True,
            "source": "dump",
        },
    ]


def test_observers_are_counted_and_not_kept(load: Load) -> None:
    loaded = load("observer_id\tlogin\tname\n28\ttiwane\t\n\tx\ty\n29\ta\tb\n")
    assert loaded == Loaded("open-data observers", 3, [("line 3", "observer_id is empty")], {})


def test_columns_in_another_order_and_columns_not_known_are_taken_as_they_come(load: Load) -> None:
    loaded = load(
        "quality_grade\tanomaly_score\tobservation_uuid\tno\"vel'ty\ttaxon_id\tTaxon_ID\t\n"
        f"research\t0.25\t{ONE}\tnew\t61824\t7\t\n"
    )
    assert loaded.refusals == []
    assert loaded.observations == [
        {
            "observation_id": surrogate_id(ONE),
            "observation_uuid": ONE,
            "taxon_id": 61824,
            "quality_grade": "research",
            "anomaly_score": 0.25,
            "source": "dump",
        }
    ]


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
def test_line_ends_blank_lines_and_gzip_make_no_difference(
    load: Load, pack: Callable[[bytes], bytes], newline: bytes
) -> None:
    content = (OBSERVATIONS + "\n" + GOOD + "\n\n").encode().replace(b"\n", newline)
    loaded = load(pack(content))
    assert loaded == Loaded("open-data observations", 1, [], {**loaded.rows, "observations": [GOOD_ROW]})


def test_a_stray_carriage_return_within_a_line_is_a_space(load: Load) -> None:
    loaded = load("taxon_id\tancestry\tname\n5\t48460\tIris\rx\n6\t48460\tRosa")
    assert [row["name"] for row in loaded.taxa] == ["Iris x", "Rosa"]
    assert loaded.refusals == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "observation_uuid is empty"),
        ("f717b9dc", "observation_uuid 'f717b9dc': not a UUID"),
        (f"{{{ONE}}}", f"observation_uuid '{{{ONE}}}': not a UUID"),
    ],
)
def test_a_row_without_its_id_is_refused_with_its_line_and_the_rest_is_loaded(
    load: Load, text: str, why: str
) -> None:
    loaded = load(OBSERVATIONS + GOOD + "\n" + GOOD.replace(ONE, text) + GOOD)
    assert loaded == Loaded("open-data observations", 3, [("line 4", why)], loaded.rows)
    assert loaded.observations == [GOOD_ROW, GOOD_ROW]


COLUMNS = OBSERVATIONS.rstrip("\n").split("\t")


@pytest.mark.parametrize(
    ("column", "text", "why"),
    [
        ("observer_id", "-1", "not an id: below zero"),
        ("observer_id", "1.5", "not a whole number"),
        ("observer_id", "1e5", "not a whole number"),
        ("observer_id", "9" * 30, "id too large"),
        ("latitude", "90.5", "not within -90 and 90 degrees"),
        ("longitude", "-181", "not within -180 and 180 degrees"),
        ("positional_accuracy", "far", "not a number"),
        ("positional_accuracy", "inf", "not a number"),
        ("taxon_id", "x" * 60, "not a whole number"),
        ("quality_grade", "Research", "not one of research, needs_id, casual"),
        ("observed_on", "2017-9-8", "not a day (YYYY-MM-DD)"),
        ("observed_on", "2017-02-30", "day is out of range for month"),
        ("observed_on", "infinity", "not a day (YYYY-MM-DD)"),
        ("observed_on", "2099-01-01", "in the future"),
    ],
)
def test_a_bad_value_is_left_out_and_its_row_loaded(load: Load, column: str, text: str, why: str) -> None:
    values = GOOD.rstrip("\n").split("\t")
    values[COLUMNS.index(column)] = text
    loaded = load(OBSERVATIONS + GOOD + "\n" + "\t".join(values) + "\n")
    assert (loaded.read, loaded.refusals) == (2, [])
    assert loaded.notes == [("line 4", f"{column} {text!r}: {why}")]
    # Half a place is none.
    gone = ("latitude", "longitude") if column in ("latitude", "longitude") else (column,)
    rest = {name: value for name, value in GOOD_ROW.items() if name not in gone}
    assert sorted(loaded.observations, key=len) == [rest, GOOD_ROW]


@pytest.mark.parametrize("column", COLUMNS[1:])
@pytest.mark.parametrize("text", ["NA", "NULL", "nan", ""])
def test_what_programs_write_for_nothing_is_nothing(load: Load, column: str, text: str) -> None:
    values = GOOD.rstrip("\n").split("\t")
    values[COLUMNS.index(column)] = text
    loaded = load(OBSERVATIONS + "\t".join(values))
    assert (loaded.refusals, loaded.notes) == ([], [])
    assert loaded.observations == [{name: value for name, value in GOOD_ROW.items() if name != column}]


def test_values_as_pandas_and_r_write_them_are_read(load: Load) -> None:
    line = GOOD.replace("615549", "615549.0").replace("61824", "61824.0").replace("09-08", "09-08 10:00:00Z")
    loaded = load(OBSERVATIONS + line)
    assert (loaded.refusals, loaded.notes, loaded.observations) == ([], [], [GOOD_ROW])


@pytest.mark.parametrize(
    ("table", "line", "notes"),
    [
        (
            "taxon_id\tancestry\tname\tactive",
            "5\t48460/\tIris\ttrue",
            ["ancestry '48460/': not a whole number"],
        ),
        (
            "taxon_id\tancestry\tname",
            "5\t48460/5/7\tI",
            ["ancestry '48460/5/7': the taxon is its own ancestor"],
        ),
        ("taxon_id\tancestry\tname", "5\t48460/1/1\tI", ["ancestry '48460/1/1': an ancestor comes twice"]),
        ("taxon_id\tancestry\tname\tactive", "5\t48460\t\ttrue", []),
        (
            "taxon_id\tancestry\tname\tactive",
            "5\t48460\tIris\tperhaps",
            ["active 'perhaps': neither true nor false"],
        ),
        ("photo_id\tobservation_uuid\twidth", f"1\t{ONE}\t-1", ["width '-1': below zero"]),
    ],
)
def test_each_table_has_its_own_rules(load: Load, table: str, line: str, notes: list[str]) -> None:
    loaded = load(f"{table}\n{line}\n")
    assert (loaded.read, loaded.refusals) == (1, [])
    assert loaded.notes == [("line 2", why) for why in notes]
    assert [row for rows in loaded.rows.values() for row in rows if "ancestry" in row] == (
        [row for row in loaded.rows.get("taxa", []) if not any("ancestry" in why for why in notes)]
    )


def test_a_photo_without_its_id_is_refused(load: Load) -> None:
    loaded = load(f"photo_id\tobservation_uuid\twidth\n\t{ONE}\t1\n{2**52}\t{ONE}\t1\n")
    assert loaded.refusals == [
        ("line 2", "photo_id is empty"),
        ("line 3", "photo_id '4503599627370496': id too large"),
    ]


def test_lines_that_do_not_fit_the_header_are_refused_and_what_is_not_utf8_left_out(load: Load) -> None:
    short, wide = GOOD.rsplit("\t", 1)[0] + "\n", GOOD.rstrip("\n") + "\t\n"
    loaded = load(
        OBSERVATIONS.encode()
        + short.encode()
        + GOOD.replace("research", "re\udcff").encode(errors="surrogateescape")
        + GOOD.encode()
        + wide.encode()
        + GOOD.replace("5\t61824", "x\t61824").encode()
    )
    assert loaded.read == 5
    assert {frozenset(GOOD_ROW.items() - row.items()) for row in loaded.observations} == {
        frozenset(),
        frozenset({("quality_grade", "research")}),
        frozenset({("positional_accuracy", 5.0)}),
    }
    assert sorted(loaded.refusals) == [
        ("line 2", "7 columns where the header has 8"),
        ("line 5", "9 columns where the header has 8"),
    ]
    assert sorted(loaded.notes) == [
        ("line 3", r"quality_grade 're\udcff': not one of research, needs_id, casual"),
        ("line 6", "positional_accuracy 'x': not a number"),
    ]


def test_a_file_of_bad_lines_alone_gives_no_rows(load: Load) -> None:
    assert load(OBSERVATIONS) == Loaded("open-data observations", 0, [], {})
    loaded = load(OBSERVATIONS + "short")
    assert loaded == Loaded("open-data observations", 1, [("line 2", "1 columns where the header has 8")], {})


LINE_PIECES = st.sampled_from(
    [*GOOD.encode().split(b"\t"), b"\t", b"\n", b"\r", b'"', b"\xff", b"\0", b"-1", b""]
)


@settings(max_examples=40)
@given(st.lists(st.one_of(LINE_PIECES, st.just(GOOD.encode()), st.binary(max_size=4)), max_size=40))
def test_every_line_that_is_not_blank_is_loaded_or_refused_once(load: Load, pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    loaded = load(OBSERVATIONS.encode() + body)
    assert loaded.read == len(loaded.observations) + len(loaded.refusals)
    # A byte order mark at the beginning of a block is not part of its first line.
    lines = [line.replace(b"\r", b"") for line in body.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
    blank = [line for line in lines if not line.strip(b"\t")]
    assert len(lines) - len(blank) <= loaded.read <= len(lines)


def test_lines_are_numbered_through_blocks(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of any size, even smaller than a line, give the same rows and the same lines."""
    bad = GOOD.replace(ONE, "?")
    content = OBSERVATIONS + (GOOD + "\n" + bad) * 20 + GOOD.rstrip("\n")
    whole = load(content)
    assert [place for place, _ in whole.refusals] == [f"line {4 + 3 * number}" for number in range(20)]
    assert whole.observations == [GOOD_ROW] * 21
    for size in (1, 7, len(GOOD), 200, 1000):
        monkeypatch.setattr(open_data, "_BLOCK_BYTES", size)
        assert load(content).refusals == whole.refusals


def test_of_a_file_cut_off_the_whole_lines_are_loaded(load: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open_data, "_BLOCK_BYTES", 256)
    content = OBSERVATIONS + "".join(GOOD.replace("61824", str(number)) for number in range(1000, 3000))
    packed = gzip.compress(content.encode())
    loaded = load(packed[: len(packed) // 2])
    assert 100 < len(loaded.observations) == loaded.read < 1900
    assert loaded.refusals == [
        (
            f"line {loaded.read + 2}",
            "the file breaks off or is damaged here (Compressed file ended before the end-of-stream marker "
            "was reached); fetch it again",
        )
    ]
    assert {row["taxon_id"] for row in loaded.observations} == set(range(1000, 1000 + loaded.read))
