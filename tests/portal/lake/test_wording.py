from datetime import UTC, datetime

from portal.lake import wording


def test_sources_in_words():
    counted = [{"source": "api", "observations": 2}, {"source": "dump", "observations": 1}]
    assert wording.sources(counted) == "iNaturalist API, iNaturalist open data"


def test_each_source_says_how_old_its_records_are():
    api = {
        "source": "api",
        "median": "2026-10-04T12:00:00+00:00",
        "newest": "2026-10-05T12:00:00+00:00",
        "loaded_at": "2026-10-06T12:00:00+00:00",
    }
    csv = {"source": "csv", "median": "2019-02-03T00:00:00+00:00", "newest": "2020-01-01T00:00:00+00:00"}
    earlier = {"source": "dump", "observations": 3}
    assert wording.ages([api, csv, earlier]) == [
        "iNaturalist API: half of the records are from before 4 October 2026, the newest is of 5 October"
        " 2026; last loaded 6 October 2026.",
        "iNaturalist CSV exports: half of the records are from before 3 February 2019, the newest is of"
        " 1 January 2020.",
    ]


def test_the_newest_record_is_that_of_any_source():
    times = ("2019-02-03T00:00:00+00:00", None, "2026-10-05T12:00:00+00:00")
    counted = [{"source": "api", "newest": time} for time in times]
    assert wording.newest(counted) == datetime(2026, 10, 5, 12, tzinfo=UTC)
    assert wording.newest([{"source": "api"}]) is None
