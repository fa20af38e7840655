"""Example blitzes and answers of the demonstration: simulated people look through a simulated world."""

from collections import Counter
from contextlib import suppress
from datetime import timedelta

import pyarrow as pa
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.utils import timezone

from exporter.criteria import DEFAULT_CRITERIA
from exporter.lake import Lake
from exporter.simulation.reviewing import LOOKS, review
from portal.batches.models import Tally, Verdict
from portal.batches.pools import Part
from portal.batches.queries import rows_of
from portal.batches.services import answering, holders, taking
from portal.blitzes import queries, services
from portal.blitzes.models import Blitz
from portal.cutoffs.models import Cutoff
from portal.hotspots.facets import Facets
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.hotspots.queries import counted_last
from portal.hotspots.queries.worklists import OVER_ALL, worklist
from portal.lifecycle import NotAllowedError
from portal.present import present
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Taxon

#: How long before its cutoff each begins, and the share of its list that people look through.
BEGUN = ((timedelta(days=14), 0.7), (timedelta(days=44), 0.35))
#: How many hotspots are enough for a blitz of which something can be said, and how long its list may be.
MANY_HOTSPOTS, LONGEST_LIST = 20, 600
PROPOSER = "maria"
#: How many name another taxon where they disagree, and of five looks how many agree.
DISAGREEING, AGREE_OF_FIVE = 3, 2
#: How many people answer rows of the worklist, and what.
READERS = 4
VERDICTS = (Verdict.RIGHT, Verdict.RIGHT, Verdict.UNCLEAR, Verdict.RIGHT, Verdict.SEVERAL, Verdict.REASON)


def fill(lake: Lake, cutoffs: list[Cutoff]) -> None:
    """A blitz for each cutoff, where the worst hotspots are; what people do goes into the lake."""
    proposer, _is_new = get_user_model().objects.get_or_create(username=PROPOSER)
    for cutoff, (before, share), clade in zip(cutoffs, BEGUN, _problem_groups(), strict=False):
        _fill(lake, _propose(cutoff, before, clade, proposer), share)


def answer() -> None:
    """Have made-up people finish batches of the worklist and answer some rows, a day before the newest data.

    So others may take these rows.
    """
    counted = counted_last(DEFAULT_CRITERIA)
    if counted is None or Tally.objects.exists():
        return
    at = present(counted.data_as_of) - timedelta(days=1)
    for number in range(READERS):
        user, _is_new = get_user_model().objects.get_or_create(username=f"reader-{number + 1}")
        with suppress(NotAllowedError):  # a small world has fewer rows
            batch = taking.take(holders.of_account(user, at), Part(), now=at)
            for row, verdict in zip(rows_of(batch)[number::3], VERDICTS, strict=False):
                answering.answer(batch, row, verdict, at)
            taking.finish(batch, at)


def _problem_groups() -> list[Taxon]:
    """One group with many hotspots, for a blitz that is over; then the worst families outside it.

    What a blitz changed in the next model is counted over its labels, and a few say nothing.
    """
    worst = Hotspot.objects.filter(criteria=DEFAULT_CRITERIA, to_review__gt=0).order_by("rank")
    lines = [ids_in(row.taxon.ancestry) for row in worst.select_related("taxon")]
    hotspots = Counter(taxon_id for line in lines for taxon_id in line)
    groups = Taxon.objects.filter(rank__in=("family", "order", "class")).in_bulk(list(hotspots))
    families = [groups[each] for each in hotspots if each in groups and groups[each].rank == "family"]
    wide = [group for group in groups.values() if hotspots[group.id] >= MANY_HOTSPOTS]
    first = min(wide, key=lambda group: (group.rank_level, -hotspots[group.id]), default=None)
    if first is None:
        return families
    return [first, *(family for family in families if first.id not in ids_in(family.ancestry))]


def _propose(cutoff: Cutoff, before: timedelta, clade: Taxon, proposer: User) -> Blitz:
    begins = cutoff.cutoff_at - before
    proposed = services.propose(
        by=proposer,
        clade=clade,
        cutoff=cutoff,
        starts_at=begins,
        ends_at=cutoff.cutoff_at,
        title=f"{clade} before the cutoff",
        purpose="Many of these are named from a suggestion alone. Look at each, name what you can see on"
        " the photo, and leave it at the genus where a photo does not show more.",
        for_whom=f"Whoever knows {clade}, and whoever wants to learn them",
        shown_as="Maria (made up)",
        now=begins - timedelta(days=2),
    )
    return services.approve(proposed, by=None, now=begins - timedelta(days=1))


def _fill(lake: Lake, blitz: Blitz, share: float) -> None:
    """Begin it in the past, with what the newest count has of older observations, and look through it."""
    entries = [
        entry
        for entry in worklist(Facets(blitz.criteria, clade=blitz.clade))[:OVER_ALL]
        if entry.observed_on and entry.observed_on < blitz.starts_at.date()
    ][:LONGEST_LIST]
    start = services.Start(blitz.starts_at, queries.expected(blitz), entries, is_simulated=True)
    services.begin(blitz, start, now=blitz.starts_at)
    end = min(blitz.closes_at, timezone.now())
    looks = [
        _look(entry, number)
        | {"looked_at": blitz.starts_at + (end - blitz.starts_at) * number / len(entries)}
        for number, entry in enumerate(entries[: round(share * len(entries))], start=1)
    ]
    if looks:
        review(lake, pa.Table.from_pylist(looks, LOOKS))


def _look(entry: WorklistEntry, number: int) -> dict[str, object]:
    """What people name: the label, or together what the worklist suggests instead."""
    agrees = entry.suggested_taxon_id is None or number % 5 < AGREE_OF_FIVE
    return {
        "observation_id": entry.observation_id,
        "taxon_id": entry.label_taxon_id if agrees else entry.suggested_taxon_id,
        "people": 1 if agrees else DISAGREEING,
    }
