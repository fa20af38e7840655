from portal.lake import wording


def test_sources_in_words():
    counted = [{"source": "api", "observations": 2}, {"source": "dump", "observations": 1}]
    assert wording.sources(counted) == "iNaturalist API, iNaturalist open data"
