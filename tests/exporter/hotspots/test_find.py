"""What the search must get right, told as small worlds."""

import json

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from exporter.criteria import INAT_2022
from exporter.hotspots import find
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, LABEL_ISSUES, WORKLIST, Findings, Kind
from tests.exporter.hotspots.scenes import ANT, BEE, FAMILY, TINY, Scene, says, suggested
from tests.exporter.world import day

EXPERT, SECOND_EXPERT = 1, 2
FOLLOWERS = range(50, 60)


def search(scene: Scene, **options: object) -> Findings:
    return find(scene.connect(), TINY, **options)


def hotspot(findings: Findings, taxon_id: int) -> dict[str, object]:
    return next(row for row in findings.hotspots.to_pylist() if row["taxon_id"] == taxon_id)


def suspicion(findings: Findings, observation_id: int) -> float:
    """The suspicion of an observation; 0 if it is not in the worklist."""
    rows = findings.worklist.to_pylist()
    return next((row["suspicion"] for row in rows if row["observation_id"] == observation_id), 0.0)


def school(scene: Scene) -> None:
    """Give the experts a record of being right, and the followers one of agreeing with everything."""
    for number in range(40):
        novice, follower = 200 + number, FOLLOWERS[number % len(FOLLOWERS)]
        expert, other = (EXPERT, SECOND_EXPERT) if number % 2 else (SECOND_EXPERT, EXPERT)
        scene.story(34, says(novice, 33), says(follower, 33), says(expert, 34), says(other, 34))
        scene.story(24, says(novice, 24), says(follower, 24), says(expert, 24))
        scene.story(14, says(novice, 14), says(follower, 14), says(expert, 14))
        scene.story(12, says(novice, 13), says(follower, 13), says(expert, 12), says(other, 12))
        scene.story(22, says(novice, 23), says(follower, 23), says(expert, 22), says(other, 22))
        scene.story(21, says(novice, 21), says(follower, 21), says(expert, 21))


def test_a_cleaned_genus_falls_and_a_neglected_one_with_few_overturns_rises() -> None:
    scene = Scene()
    school(scene)
    # Cleaned: sixty records, all named wrongly, all moved by two skilled people. Much past disagreement.
    cleaned = scene.stories(60, 12, suggested(300, 11), says(EXPERT, 12), says(SECOND_EXPERT, 12))
    scene.stories(10, 11, suggested(301, 11), says(EXPERT, 11), says(SECOND_EXPERT, 11))
    # Neglected: six looked at, all overturned; sixty that nobody skilled has seen.
    scene.stories(6, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    neglected = scene.stories(60, 21, suggested(303, 21))
    findings = search(scene)
    worst = findings.hotspots.to_pylist()[0]
    assert (worst["rank"], worst["taxon_id"], worst["confused_with_taxon_id"]) == (1, 21, 22)
    assert worst["labels"] == 100
    assert worst["expected_wrong"] > 30
    assert hotspot(findings, 11)["expected_wrong"] < 1
    assert hotspot(findings, 12)["expected_wrong"] < 0.1 * len(cleaned)
    looked_at = set(findings.worklist["observation_id"].to_pylist())
    assert set(neglected) <= looked_at
    assert not looked_at & set(cleaned)


def test_agreeing_followers_add_little_and_a_skilled_person_much() -> None:
    scene = Scene()
    school(scene)
    scene.stories(12, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    scene.stories(8, 21, suggested(302, 21), says(EXPERT, 21), says(SECOND_EXPERT, 21))
    alone = scene.story(21, suggested(303, 21))
    followed = scene.story(21, suggested(303, 21), *(says(follower, 21) for follower in FOLLOWERS[:4]))
    seen = scene.story(21, suggested(303, 21), says(EXPERT, 21))
    findings = search(scene)
    assert suspicion(findings, alone) > 0.25  # 12 of 20 fell, and 40 that people named unaided stood
    assert suspicion(findings, followed) > 0.6 * suspicion(findings, alone)
    assert suspicion(findings, seen) < 0.3 * suspicion(findings, alone)


def test_what_two_skilled_people_confirmed_is_not_in_the_worklist() -> None:
    scene = Scene()
    school(scene)
    scene.stories(20, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    confirmed = scene.story(21, suggested(303, 21), says(EXPERT, 21), says(SECOND_EXPERT, 21))
    scene.story(21, suggested(303, 21))
    assert confirmed not in search(scene).worklist["observation_id"].to_pylist()


def test_wrong_means_outside_the_class() -> None:
    """Species that are rolled up into their genus may be mixed up: their photos go to the same class."""
    scene = Scene()
    school(scene)
    scene.stories(20, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    scene.stories(20, 21, suggested(303, 21))
    whole = find(scene.connect(), TINY)
    rolled_up = find(scene.connect(), TINY.__class__(**{**TINY.__dict__, "leaves": (ANT, BEE)}))
    assert hotspot(whole, 21)["expected_wrong"] > 10
    assert hotspot(rolled_up, 21)["leaf_taxon_id"] == BEE
    assert hotspot(rolled_up, 21)["expected_wrong"] < 2
    pairs = {(row["label_taxon_id"], row["true_taxon_id"]) for row in rolled_up.confusions.to_pylist()}
    assert (21, 22) in pairs  # still in the matrix of the genus


def test_a_label_seen_seldom_is_drawn_to_its_genus() -> None:
    """One overturn of one: without its genus the rate would be 1; a clean genus keeps it low."""
    clean, dirty = Scene(), Scene()
    for scene in (clean, dirty):
        school(scene)
        scene.story(22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
        scene.stories(20, 21, suggested(303, 21))
    clean.stories(40, 24, suggested(304, 24), says(EXPERT, 24), says(SECOND_EXPERT, 24))
    dirty.stories(40, 23, suggested(304, 24), says(EXPERT, 23), says(SECOND_EXPERT, 23))
    low, high = (hotspot(search(scene), 21)["expected_wrong"] for scene in (clean, dirty))
    assert low < 0.8 * high


def test_a_small_lake_does_not_talk_itself_into_anything() -> None:
    """A few disputes among strangers: a label in another family, agreed to or not, is hardly doubted."""
    scene = Scene()
    for number in range(6):
        scene.story(12, says(100 + number, 11), says(200 + number, 12))
    for number in range(9):
        scene.story(12, says(300 + number, 12), says(400 + number, 12))
    scene.story(31, says(500, 31))
    scene.story(32, says(501, 32), says(502, 32))
    findings = search(scene)
    for label in (31, 32):
        assert hotspot(findings, label)["expected_wrong"] < 0.3
        assert hotspot(findings, label)["expected_wrong_high"] >= 0.5  # nor is it held to be right


def test_reviews_of_suggested_and_unaided_labels_are_told_apart() -> None:
    scene = Scene()
    school(scene)
    scene.stories(15, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    scene.stories(5, 21, suggested(302, 21), says(EXPERT, 21))
    scene.stories(20, 21, says(303, 21), says(EXPERT, 21))
    row = hotspot(search(scene), 21)
    assert (row["suggested_reviewed"], row["suggested_overturned"]) == (20, 15)
    assert (row["unaided_reviewed"], row["unaided_overturned"]) == (60, 0)
    assert (row["reviewed"], row["overturned"], row["from_vision"]) == (80, 15, 5)
    assert row["vision_q_value"] < 0.001
    assert {Kind.COLLAPSE.value, Kind.VISION_LOOP.value} & set(row["kinds"])


def test_labels_that_skilled_people_push_back_to_genus_are_advised_to_stay_there() -> None:
    scene = Scene()
    school(scene)
    scene.stories(12, ANT, suggested(302, 11), says(EXPERT, ANT, is_disagreement=True))
    left = scene.story(11, suggested(303, 11))
    findings = search(scene)
    assert hotspot(findings, 11)["leave_at_taxon_id"] == ANT
    row = next(row for row in findings.worklist.to_pylist() if row["observation_id"] == left)
    assert {"code": "left_at", "taxon": "Taxon 10"} in json.loads(row["reasons"])


def test_at_a_past_time_the_overturns_to_come_are_not_known() -> None:
    scene = Scene()
    school(scene)
    scene.stories(30, 21, suggested(303, 21))
    then = day(len(scene.identifications))
    scene.stories(30, 22, suggested(302, 21), says(EXPERT, 22), says(SECOND_EXPERT, 22))
    for row in scene.observations:
        row["created_at"] = day(1)
    now, before = search(scene), search(scene, at=then)
    assert hotspot(before, 21)["expected_wrong"] < 0.7 * hotspot(now, 21)["expected_wrong"]
    assert [hotspot(result, 21)["overturned"] for result in (before, now)] == [0, 30]


def test_less_evidence_gives_wider_intervals_and_is_named() -> None:
    known, votes, records = Scene(), Scene(), Scene()
    school(known)
    known.stories(10, 21, suggested(303, 21), says(EXPERT, 21))
    known.stories(190, 21, suggested(303, 21))
    votes.observe(
        200,
        21,
        None,
        quality_grade="research",
        identification_agreements=1,
        identification_disagreements=0,
        source="csv",
    )
    records.observe(200, 21, None, quality_grade="research", source="dump")
    rows = [hotspot(search(scene), 21) for scene in (known, votes, records)]
    assert [row["evidence"] for row in rows] == ["identifications", "votes", "records"]
    # How far the interval reaches, against what is expected.
    reach = [row["expected_wrong_high"] / max(row["expected_wrong"], 1.0) for row in rows]
    # Between votes and records it hardly differs: with more doubt more lies at none, too.
    assert reach[0] < min(reach[1:])


def test_votes_against_raise_the_suspicion_and_votes_for_lower_it() -> None:
    scene = Scene()
    columns = {"quality_grade": "needs_id", "source": "csv"}
    for agreements, disagreements in ((3, 0), (0, 0), (1, 1), (0, 2)):
        scene.observe(
            1,
            21,
            None,
            identification_agreements=agreements,
            identification_disagreements=disagreements,
            **columns,
        )
    scene.observe(20, 21, None, identification_agreements=2, identification_disagreements=0, **columns)
    findings = search(scene)
    assert findings.worklist["observation_id"].to_pylist() == [4, 3, 2]
    [reasons, *_] = map(json.loads, findings.worklist["reasons"].to_pylist())
    assert reasons[0] == {"code": "disagree", "against": 2, "of": 3}


def test_what_a_trained_model_contradicts_is_a_kind_and_a_reason_while_the_label_stands() -> None:
    scene = Scene()
    school(scene)
    doubtful = scene.story(11, suggested(303, 11))
    moved = scene.story(12, suggested(303, 11), says(EXPERT, 12))
    columns = [[doubtful, moved, 10**9], [11, 11, 11], [14, 14, 14]]
    findings = search(scene, label_issues=pa.table(columns, schema=LABEL_ISSUES))
    assert "model" in hotspot(findings, 11)["kinds"]
    assert "model" not in hotspot(findings, 12)["kinds"]
    row = next(row for row in findings.worklist.to_pylist() if row["observation_id"] == doubtful)
    assert {"code": "model", "taxon": "Taxon 14"} in json.loads(row["reasons"])


def test_a_contradicted_class_is_contradicted_for_every_label_within_it() -> None:
    """A genus is a class for its species that are none: their photos are labelled with the genus."""
    scene = Scene()
    school(scene)
    doubtful = scene.story(11, suggested(303, 11))
    for contradicted, is_told in ((10, True), (1, True), (12, False), (10**9, False)):
        issues = pa.table([[doubtful], [contradicted], [20]], schema=LABEL_ISSUES)
        row = next(
            row
            for row in search(scene, label_issues=issues).worklist.to_pylist()
            if row["observation_id"] == doubtful
        )
        codes = {reason["code"] for reason in json.loads(row["reasons"])}
        assert bool(codes & {"model", "model_other"}) == is_told, contradicted


def test_an_empty_lake_gives_three_empty_tables() -> None:
    findings = search(Scene())
    tables = (findings.hotspots, findings.worklist, findings.confusions)
    assert [table.num_rows for table in tables] == [0, 0, 0]
    assert [table.schema for table in tables] == [HOTSPOTS, WORKLIST, CONFUSIONS]


def test_no_column_tells_of_a_person() -> None:
    scene = Scene()
    school(scene)
    scene.stories(9, 21, suggested(303, 21), says(EXPERT, 22))
    for row in scene.identifications:  # ids that nothing else has
        row["user_id"] += 7_000_000_000
    findings = search(scene)
    for table, schema in (
        (findings.hotspots, HOTSPOTS),
        (findings.worklist, WORKLIST),
        (findings.confusions, CONFUSIONS),
    ):
        assert table.schema == schema
        assert table.num_rows
        for column in table.columns:
            if pa.types.is_floating(column.type):
                assert (pc.max(column).as_py() or 0) < 1e9
            else:
                assert "70000" not in str(column.to_pylist())


@pytest.mark.parametrize("threads", [1, 2])
def test_the_same_lake_gives_the_same_findings(threads: int) -> None:
    scene = Scene()
    school(scene)
    scene.stories(9, 21, suggested(303, 21))
    con = scene.connect()
    con.execute(f"SET threads = {threads}")
    result, again = find(con, TINY), search(scene)
    for name in ("hotspots", "worklist", "confusions"):
        left: pa.Table = getattr(result, name)
        assert left.equals(getattr(again, name))


def test_nobody_disagreed_anywhere() -> None:
    """One observation, named once: its label is in the table, and little speaks against it."""
    scene = Scene()
    scene.story(11, says(1, 11, is_own_observation=True))
    [result] = search(scene).hotspots.to_pylist()
    assert (result["taxon_id"], result["labels"], result["overturned"]) == (11, 1, 0)


def test_two_people_disagree_where_no_taxon_is_a_class() -> None:
    scene = Scene()
    scene.story(ANT, says(1, 11), says(2, 12))
    findings = find(scene.connect(), INAT_2022)
    tables = (findings.hotspots, findings.worklist, findings.confusions)
    assert [table.num_rows for table in tables] == [0, 0, 0]


def test_coarse_labels_could_be_identified_further_and_come_last() -> None:
    scene = Scene()
    school(scene)
    scene.stories(30, FAMILY, says(300, FAMILY), says(EXPERT, 31))
    rows = search(scene).hotspots.to_pylist()
    is_coarse = [row["is_coarse"] for row in rows]
    assert is_coarse == sorted(is_coarse)
    assert {row["taxon_id"] for row in rows if row["is_coarse"]} <= {ANT, BEE, FAMILY}


def test_what_nobody_ever_overturned_comes_after_what_somebody_did() -> None:
    scene = Scene()
    school(scene)
    scene.stories(200, 32, suggested(303, 32))
    rows = search(scene).hotspots.to_pylist()
    assert [row["overturned"] == 0 for row in rows] == sorted(row["overturned"] == 0 for row in rows)


def test_estimates_are_given_with_no_more_digits_than_they_are_known_by() -> None:
    scene = Scene()
    school(scene)
    scene.stories(60, 21, suggested(303, 21))
    findings = search(scene)
    tables = (
        (findings.worklist, ("suspicion",), 3),
        (findings.worklist, ("priority",), 2),
        (findings.hotspots, ("expected_wrong", "expected_wrong_low", "expected_wrong_photos"), 3),
        (findings.confusions, ("expected", "expected_low", "expected_high"), 3),
    )
    for table, names, digits in tables:
        for value in (value for name in names for value in table[name].to_pylist()):
            assert value == float(f"{value:.{digits - 1}e}")
    assert all(value == round(value, 1) for value in findings.confusions["expected"].to_pylist())
    for row in findings.hotspots.to_pylist():
        assert row["expected_wrong_low"] <= row["expected_wrong"] <= row["expected_wrong_high"]
        assert row["expected_wrong_high"] <= row["labels"]
