"""API v1 observation JSON in its three forms, whole and damaged."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.exporter.sources.conftest import Loaded

Load = Callable[[bytes | str], Loaded]

BROKEN_OFF = "the file breaks off or is damaged here"


def record(observation_id: int, day: int = 1, **more: Any) -> dict[str, Any]:
    updated_at = f"2026-01-{day:02d}T00:00:00Z"
    return {"quality_grade": "casual", "id": observation_id, "updated_at": updated_at, **more}


def row(observation_id: int, day: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "observation_id": observation_id,
        "quality_grade": "casual",
        "updated_at": datetime(2026, 1, day, tzinfo=UTC),
        "source": "api",
        **more,
    }


def page(*records: Any, **options: Any) -> str:
    return json.dumps(
        {"total_results": len(records), "page": 1, "per_page": 200, "results": records}, **options
    )


def lines(*records: Any) -> str:
    return "".join(json.dumps(each) + "\n" for each in records)


FORMS = {
    "API observations (page)": page,
    "API observations (list)": lambda *records: json.dumps(records),
    "API observations (NDJSON)": lines,
}


@pytest.mark.parametrize(
    "pack",
    [str.encode, lambda text: gzip.compress(text.encode()), lambda text: b"\xef\xbb\xbf" + text.encode()],
)
@pytest.mark.parametrize("kind", FORMS)
def test_the_three_forms_give_the_same_rows(load: Load, kind: str, pack: Callable[[str], bytes]) -> None:
    loaded = load(pack(FORMS[kind](record(2), record(1, day=3))))
    assert loaded == Loaded(kind, 2, [], {"observations": [row(1, day=3), row(2)]})


def test_a_page_may_be_written_over_many_lines_and_hold_nothing(load: Load) -> None:
    assert load(page(record(1), indent=2)) == Loaded(
        "API observations (page)", 1, [], {"observations": [row(1)]}
    )
    assert load(page()) == Loaded("API observations (page)", 0, [], {})


def test_a_taxon_told_by_many_records_comes_once_as_the_newest_tells_it(load: Load) -> None:
    old, new, undated = (
        {"id": 5, "name": "Old name", "rank": "species", "preferred_common_name": "Old"},
        {"id": 5, "name": "New name", "rank": "species"},
        {"id": 5, "name": "Undated name", "rank": "hybrid", "rank_level": 10},
    )
    records = [
        record(1, day=2, taxon=new),
        record(2, day=1, taxon=old),
        {**record(3, taxon=undated), "updated_at": None},
    ]
    expected = {
        "taxon_id": 5,
        "name": "New name",
        "common_name": "Old",
        "rank": "species",
        "rank_level": 10.0,
        "updated_at": datetime(2026, 1, 2, tzinfo=UTC),
        "source": "api",
    }
    for order in (records, records[::-1]):
        assert load(page(*order)).taxa == [expected]


def test_a_simulated_record_marks_what_is_loaded_as_simulated(load: Load) -> None:
    assert load(lines(record(1), record(2, simulated=True))).read == 2  # The fixture checks the mark.


def test_records_that_cannot_be_stored_are_refused_by_their_place(load: Load) -> None:
    no_id = "not an observation: no whole number in its 'id'"
    no_number = "id 'x': not a whole number"
    records = [
        record(1), {**record(2), "id": "x"}, 7, record(3, photos=[{"id": None}]), {"quality_grade": "casual"}
    ]  # fmt: skip
    fault = "photo 1 has no whole number in its 'id'"
    for kind, (first, second, third, fourth) in {
        "API observations (page)": ("results[1]", "results[2]", "results[3]", "results[4]"),
        "API observations (list)": ("[1]", "[2]", "[3]", "[4]"),
        "API observations (NDJSON)": ("line 2", "line 3", "line 4", "line 5"),
    }.items():
        assert load(FORMS[kind](*records)) == Loaded(
            kind,
            5,
            [(first, no_number), (second, "not a JSON object"), (third, fault), (fourth, no_id)],
            {"observations": [row(1), row(3, lists_photos=True)]},
        )


def test_a_garbled_line_of_ndjson_is_refused_and_the_rest_loaded(load: Load) -> None:
    cut = json.dumps(record(9))[:-20]
    loaded = load(lines(record(1)) + "\n" + cut + "\n" + lines(record(2)) + cut)
    assert loaded.read == 4
    assert loaded.observations == [row(1), row(2)]
    assert [place for place, _ in loaded.refusals] == ["line 3", "line 5"]
    assert all(why.startswith("not valid JSON (") for _, why in loaded.refusals)


def test_ndjson_is_recognised_though_its_first_line_is_garbled(load: Load) -> None:
    cut = json.dumps(record(9))[:-20]
    loaded = load(cut + "\n" + lines(record(1)))
    assert loaded.observations == [row(1)]
    assert [place for place, _ in loaded.refusals] == ["line 1"]


@pytest.mark.parametrize("form", ["API observations (page)", "API observations (list)"])
def test_of_a_document_cut_off_the_records_before_the_cut_are_loaded(load: Load, form: str) -> None:
    name = "results" if "page" in form else ""
    content = FORMS[form](record(1), record(2), record(3))
    loaded = load(content[: content.index('"id": 3')])
    assert (loaded.kind, loaded.read, loaded.observations) == (form, 2, [row(1), row(2)])
    [(place, why)] = loaded.refusals
    assert place == f"{name}[2]"
    assert why.startswith(BROKEN_OFF)


@pytest.mark.parametrize("kind", FORMS)
def test_of_a_gzip_cut_off_the_records_before_the_cut_are_loaded(load: Load, kind: str) -> None:
    content = FORMS[kind](*(record(number, note=f"{number * 7919:x}") for number in range(1, 2001)))
    packed = gzip.compress(content.encode())
    loaded = load(packed[: len(packed) // 2])
    assert 100 < loaded.read < 1900
    assert loaded.observations == [row(number) for number in range(1, loaded.read + 1)]
    [(place, why)] = loaded.refusals
    places = {
        "API observations (page)": f"results[{loaded.read}]",
        "API observations (list)": f"[{loaded.read}]",
        "API observations (NDJSON)": f"line {loaded.read + 1}",
    }
    assert place == places[kind]
    assert why.startswith(BROKEN_OFF)
