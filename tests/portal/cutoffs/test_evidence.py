"""The guards' report as pages show it."""

from portal.cutoffs import evidence
from portal.taxa.models import Taxon
from tests.portal.cutoffs.conftest import guard_report

BEE = Taxon(id=57516, name="Bombus terrestris")


def test_what_fired_comes_first_with_its_evidence():
    result = evidence.guards(guard_report("bunching", "influx"), {57516: BEE})
    assert [(one.name, one.fired, one.missing) for one in result] == [
        ("influx", True, ""),
        ("bunching", True, ""),
        ("drift", False, "no previous snapshot was given"),
        ("settle", False, ""),
    ]
    assert [(row.taxon, row.taxon_id, row.words) for one in result for row in one.evidence] == [
        (BEE, 57516, "1,040 identifications, 3.1 expected, by 3 accounts; false alarm: 1e-09"),
        (BEE, 57516, ""),
        (None, 5, ""),
    ]


def test_what_they_say_is_rendered_in_the_reader_s_language():
    said = {"words": [{"code": "turnover", "added": 2, "lost": 0}], "missing": [{"code": "no_turnover"}]}
    (drift,) = [
        one
        for one in evidence.guards(guard_report() | {"messages": {"drift": said}}, {})
        if one.name == "drift"
    ]
    assert (drift.words, drift.missing) == (
        "Since the previous snapshot: new classes 2, lost classes 0.",
        "usual turnover: too few windows to estimate it lie before the previous snapshot",
    )


def test_quiet_guards_name_nobody():
    report = guard_report()
    assert evidence.named(report) == set()
    assert not any(one.evidence for one in evidence.guards(report, {}))


def test_only_the_first_taxa_are_shown():
    report = guard_report("bunching") | {"bunching": {"taxa": list(range(1, 21))}}
    (bunching,) = [one for one in evidence.guards(report, {}) if one.fired]
    assert (len(bunching.evidence), bunching.more) == (evidence.SHOWN, 8)
    assert evidence.named(report) == set(range(1, 13))
