"""What blitzes changed in the next version: by hand, on pages, and who may know of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portal.blitzes.models import Blitz, Target
from portal.cutoffs.models import Audience, Cutoff, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.states import State
from portal.effects import queries
from portal.effects.models import Effect, Member
from portal.effects.services import count_effects
from portal.taxa.models import Taxon
from portal.versions.services import compare_versions
from tests.portal.cutoffs.test_report import MANIFEST
from tests.portal.taxa.test_views import words
from tests.portal.versions.releases import release

BOMBUS, TERRESTRIS, IMPATIENS = 52775, 57516, 118970
FIRST, SECOND = datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
DAY = timedelta(days=1)
CLEANED = [TERRESTRIS, *range(900_001, 900_012)]
OTHERS = [IMPATIENS, *range(910_001, 910_012)]


def cutoff(name: str, at: datetime, **values: object) -> Cutoff:
    made = Cutoff.objects.create(
        name=name,
        cutoff_at=at,
        announced_at=at - 42 * DAY,
        created_at=at,
        commitment="0" * 64,
        changed_at=at,
        state=State.EXPORTED,
        is_simulated=True,
        **values,
    )
    Snapshot.objects.create(
        cutoff=made,
        number=1,
        step="done",
        report=condense(MANIFEST),
        guards={},
        lake_version=1,
        started_at=at,
        asked_at=at,
        finished_at=at,
        digest=f"snapshot of {name}",
    )
    return made


def blitz(begins: datetime, ends: datetime, labels: list[int] = CLEANED, **values: object) -> Blitz:
    made = Blitz.objects.create(
        title="Bumble bees before the cutoff",
        purpose="Look.",
        clade=Taxon.objects.get(pk=BOMBUS),
        criteria="inat-2022",
        state="finished",
        starts_at=begins,
        ends_at=ends,
        began_at=begins,
        proposed_at=begins,
        changed_at=ends,
        is_simulated=True,
        **values,
    )
    Target.objects.bulk_create(
        Target(blitz=made, observation_id=number, label_taxon_id=label, photos=1)
        for number, label in enumerate(2 * labels, start=1)
    )
    return made


@pytest.fixture
def two_versions(hotspots) -> None:
    """Cleaned classes rise from 30 to 35 or 45 of 50, the others from 30 to 31; a third class stays apart."""
    cutoff("v1", FIRST)
    cutoff("v2", SECOND)
    before = dict.fromkeys(CLEANED + OTHERS, (50, 30)) | {999: (50, 2)}
    now = {taxon_id: (50, 35 if number % 2 else 45) for number, taxon_id in enumerate(CLEANED)}
    now |= dict.fromkeys(OTHERS, (50, 31)) | {999: (50, 40)}
    release("v1", 3, before, [(TERRESTRIS, IMPATIENS, 10), (TERRESTRIS, 999, 5)])
    release("v2", 9, now, [(TERRESTRIS, IMPATIENS, 2), (TERRESTRIS, 999, 3)])
    compare_versions()


def test_an_effect_by_hand(two_versions) -> None:
    """0.1 and 0.3 in turn, less 0.02: 0.18 on average. Twelve pairs: Student's t at 11 degrees is 1.7959."""
    blitz(FIRST + DAY, SECOND - DAY)
    assert count_effects() == 1
    effect = Effect.objects.get()
    reach = 1.7958848 * (0.12 / 11) ** 0.5 / 12**0.5
    assert (effect.classes, Member.objects.count()) == (12, 24)
    result = [effect.right_difference, effect.right_low, effect.right_high]
    assert result == pytest.approx([0.18, 0.18 - reach, 0.18 + reach])
    # Terrestris was taken for Impatiens, of its genus, ten times and then twice; no other genus counts.
    terrestris = Member.objects.get(taxon_id=TERRESTRIS)
    assert (terrestris.stayed_before, terrestris.stayed, terrestris.is_cleaned) == (10, 2, True)
    assert effect.stayed_difference == pytest.approx((2 - 10) / 50 / 12)
    assert set(Member.objects.filter(is_cleaned=False).values_list("taxon_id", flat=True)) == set(OTHERS)


def test_it_is_counted_once_and_anew_with_its_comparison(two_versions) -> None:
    blitz(FIRST + DAY, SECOND - DAY)
    assert [count_effects(), count_effects()] == [1, 0]
    blitz(FIRST + DAY, SECOND - DAY, [IMPATIENS])
    assert [count_effects(), count_effects(), Effect.objects.count()] == [2, 0, 2]
    # What another blitz had on its list is no partner: of twelve, eleven are left.
    assert Member.objects.filter(is_cleaned=False, taxon_id=IMPATIENS).count() == 0


@pytest.mark.parametrize(
    ("begins", "ends"),
    [(FIRST - DAY, SECOND - DAY), (FIRST + DAY, SECOND + DAY)],
    ids=["began before the first export", "ended after the second"],
)
def test_a_blitz_that_does_not_lie_between_the_exports_has_none(two_versions, begins, ends) -> None:
    blitz(begins, ends)
    assert count_effects() == 0


def test_without_versions_or_exports_there_is_nothing_to_count(hotspots) -> None:
    assert count_effects() == 0
    release("v1", 3, {TERRESTRIS: (50, 30)})
    release("v2", 9, {TERRESTRIS: (50, 30)})
    compare_versions()
    blitz(FIRST + DAY, SECOND - DAY)
    assert count_effects() == 0


def test_pages_say_it_in_a_sentence_with_cautions(two_versions, client) -> None:
    made = blitz(FIRST + DAY, SECOND - DAY)
    count_effects()
    page = words(client.get(f"/blitzes/{made.pk}/"))
    assert "Did it help the model? " in page
    assert (
        "Its classes are known better. From v1 to v2 the share of test photos named right rose by"
        " +18.0 (+12.6 to +23.4) points more in 12 classes of it than in those most like them that nobody"
        " cleaned. The share taken for another class of the genus changed by −1.3 (−3.7 to +1.1) points"
        " against theirs." in page
    )
    assert "And 2 pairs with fewer test photos." in page
    assert "may be cleaner tests and no better model" in page
    page = words(client.get("/models/v2/"))
    assert (
        "Did the blitzes before it help? Bumble bees before the cutoff Its classes are known better." in page
    )


def test_few_pairs_are_not_enough_evidence(two_versions, client) -> None:
    made = blitz(FIRST + DAY, SECOND - DAY, CLEANED[:3])
    count_effects()
    assert (
        "Not enough evidence: 3 of its labels are classes of v1 and v2 with test photos, and 3 of them have a"
        " like class to compare them with. Ten are needed." in words(client.get(f"/blitzes/{made.pk}/"))
    )


def test_an_effect_is_as_secret_as_its_blitz(two_versions, client, admin_client) -> None:
    hidden = cutoff("hidden", SECOND + DAY, audience=Audience.STAFF)
    blitz(FIRST + DAY, SECOND - DAY, cutoff=hidden)
    assert count_effects() == 1
    comparison = Effect.objects.get().comparison
    assert queries.of_version(comparison, AnonymousUser()) == []
    assert "Did the blitzes" not in words(client.get("/models/v2/"))
    assert "Did the blitzes" in words(admin_client.get("/models/v2/"))


def test_more_blitzes_ask_no_more_queries(two_versions, client) -> None:
    blitz(FIRST + DAY, SECOND - DAY)
    count_effects()
    with CaptureQueriesContext(connection) as few:
        client.get("/models/v2/")
    for _ in range(4):
        blitz(FIRST + DAY, SECOND - DAY)
    count_effects()
    with CaptureQueriesContext(connection) as many:
        client.get("/models/v2/")
    assert len(many) <= len(few)
