"""A slow, plain reading of the export: labels at two times, the classes, and what fills their sets.

Written from the sentences of the rules, in loops; it shares nothing with the exporter but the criteria's
numbers. Rows are dicts as in `tests.exporter.world`.
"""

import hashlib
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time

from exporter.criteria import Criteria
from tests.exporter import reference
from tests.exporter.reference import Lineages
from tests.exporter.world import Row


@dataclass
class Settled:
    """The observations as a cutoff sees them, with their effective taxon_id and confirming_id.

    held_back: observations with a label at the cutoff that is new, or finer than the one that counts.
    removed:   observations with a label at the window's start that was finer than the one that counts.
    untold:    observations judged by their own times: no identifications of theirs are known.
    """

    observations: list[Row] = field(default_factory=list)
    held_back: set[int] = field(default_factory=set)
    removed: set[int] = field(default_factory=set)
    untold: set[int] = field(default_factory=set)


def settle(
    criteria: Criteria,
    taxa: list[Row],
    observations: list[Row],
    identifications: list[Row],
    start: datetime,
    cutoff: datetime,
) -> Settled:
    """What counts at the cutoff: of each label, what held at the window's start and still holds."""
    tree = Lineages(taxa)
    before, now = (reference.labels(taxa, identifications, at) for at in (start, cutoff))
    settled = Settled()
    for row in observations:
        observation = row["observation_id"]
        is_untold = observation not in now
        came = row.get("created_at") or (_midnight(row.get("observed_on")) if is_untold else None)
        if came is not None and came > cutoff:
            continue
        first, last = (
            _labels(criteria, row if is_untold else _relabelled(tree, row, *labels[observation]))
            for labels in (before, now)
        )
        if came is not None and came > start:
            first = (None, None)
        taxon, confirming = (_common(tree, *pair) for pair in zip(first, last, strict=True))
        if is_untold:
            settled.untold.add(observation)
        if (taxon, confirming) != last:
            settled.held_back.add(observation)
        if (taxon, confirming) != first:
            settled.removed.add(observation)
        settled.observations.append(row | {"taxon_id": taxon, "confirming_id": confirming})
    return settled


def _labels(criteria: Criteria, row: Row) -> tuple[int | None, int | None]:
    """The taxon, and the taxon that confirms."""
    return row["taxon_id"], reference.confirming_taxon(criteria, row)


def _midnight(day: object) -> datetime | None:
    return None if day is None else datetime.combine(day, time(), UTC)


def _common(tree: Lineages, one: int | None, other: int | None) -> int | None:
    """The lowest common ancestor; of a label with none, none."""
    line = set(tree.line(other))
    return next((taxon for taxon in tree.line(one) if taxon in line), None)


def _relabelled(tree: Lineages, row: Row, community: int | None, taxon: int | None) -> Row:
    """The row with these labels, and research grade only as they can have brought it."""
    grade = row.get("quality_grade")
    if grade != "casual" and community != row["community_taxon_id"]:
        level = tree.rows.get(community, {}).get("rank_level")
        grade = "research" if level is not None and level <= 10 else "needs_id"
    return row | {"community_taxon_id": community, "taxon_id": taxon, "quality_grade": grade}


@dataclass
class Candidate:
    """A usable observation: its labels, null where they are in no clade, and its usable photos in order."""

    observation_id: int
    taxon: int | None
    confirming: int | None
    photos: list[int]


def candidates(taxa: list[Row], observations: list[Row], photos: list[Row]) -> list[Candidate]:
    """The usable ones of the observations that `settle` gave."""
    tree = Lineages(taxa)

    def placed(taxon: int | None) -> int | None:
        return taxon if taxon is not None and tree.is_active(taxon) else None

    result = []
    for row in observations:
        shots = sorted(
            (
                photo
                for photo in photos
                if photo["observation_id"] == row["observation_id"]
                and reference.is_usable(photo)
                and reference.has_address(photo)
            ),
            key=_place_in_observation,
        )
        if not shots or row.get("is_flagged") or row.get("fails_quality_metric"):
            continue
        labels = placed(row["taxon_id"]), placed(row["confirming_id"])
        result.append(Candidate(row["observation_id"], *labels, [photo["photo_id"] for photo in shots]))
    return result


def _place_in_observation(photo: Row) -> tuple[bool, int, int]:
    position = photo.get("position")
    return position is None, position or 0, photo["photo_id"]


def classes(
    criteria: Criteria,
    taxa: list[Row],
    seen: list[Candidate],
    *,
    clades: Collection[int] = (),
    custom_leaves: Collection[int] = (),
) -> set[int]:
    """The taxa that are classes.

    Without ``clades`` any taxon may be one, else those in these clades and above them. A custom leaf is
    tried with all its clade, and what lies below it never.
    """
    tree = Lineages(taxa)
    labels = {taxon for one in seen for taxon in (one.taxon, one.confirming) if taxon is not None}
    everything = set(tree.parents) | {taxon for label in labels for taxon in tree.line(label)}
    below: dict[int, list[int]] = {}
    for taxon in everything:
        if tree.parents.get(taxon) is not None:
            below.setdefault(tree.parents[taxon], []).append(taxon)

    above_clades = {taxon for clade in clades for taxon in tree.line(clade)}

    def is_class(taxon: int) -> bool:
        if tree.is_barred(criteria, taxon) or tree.is_unranked(taxon):
            return False
        if clades and taxon not in above_clades and not set(clades) & set(tree.line(taxon)):
            return False
        confirmed, others = _clade(tree, taxon, seen)
        return reference.passes(criteria, confirmed, others)

    chosen: set[int] = set()

    def assess(taxon: int) -> bool:
        children = () if taxon in custom_leaves else below.get(taxon, ())
        assessed = [assess(child) for child in children]
        if any(assessed):
            return True
        if is_class(taxon):
            chosen.add(taxon)
        return taxon in chosen

    for taxon in everything:
        if tree.parents.get(taxon) is None:
            assess(taxon)
    return chosen


def _clade(tree: Lineages, taxon: int, seen: list[Candidate]) -> tuple[list[int], list[int]]:
    """Photos of the confirmed observations of a clade, and of its others."""
    confirmed = [len(one.photos) for one in seen if taxon in tree.line(one.confirming)]
    others = [
        len(one.photos)
        for one in seen
        if taxon in tree.line(one.taxon) and taxon not in tree.line(one.confirming)
    ]
    return confirmed, others


@dataclass(frozen=True)
class Place:
    """One photo in one set of one class."""

    set_name: str
    class_taxon_id: int
    photo_id: int
    observation_id: int
    obs_taxon_id: int
    community: int
    position: int
    observation_photos: int


@dataclass
class Holding:
    """The observations that one class may use."""

    confirmed: list[Candidate] = field(default_factory=list)
    others: list[Candidate] = field(default_factory=list)
    shared_elsewhere: int = 0


def holdings(taxa: list[Row], seen: list[Candidate], chosen: set[int]) -> dict[int, Holding]:
    """Give each observation to one class: the one that it confirms, else the one of its taxon.

    Of those that show the same photo, the confirmed first and then by id, only the first serves.
    """
    tree = Lineages(taxa)
    result = {taxon: Holding() for taxon in chosen}
    for one in seen:
        confirmed = next((taxon for taxon in tree.line(one.confirming) if taxon in chosen), None)
        shown = next((taxon for taxon in tree.line(one.taxon) if taxon in chosen), None)
        if confirmed is not None:
            result[confirmed].confirmed.append(one)
            if shown not in (None, confirmed):
                result[shown].shared_elsewhere += 1
        elif shown is not None:
            result[shown].others.append(one)
    claims: dict[int, list[tuple[bool, int]]] = {}
    for holding in result.values():
        for is_unconfirmed, group in ((False, holding.confirmed), (True, holding.others)):
            for one in group:
                for photo in one.photos:
                    claims.setdefault(photo, []).append((is_unconfirmed, one.observation_id))
    displaced = {observation for claim in claims.values() for _, observation in sorted(claim)[1:]}
    for holding in result.values():
        for group in (holding.confirmed, holding.others):
            served = [one for one in group if one.observation_id not in displaced]
            holding.shared_elsewhere += len(group) - len(served)
            group[:] = served
    return result


def select(
    criteria: Criteria, taxa: list[Row], seen: list[Candidate], chosen: set[int], seed: str
) -> list[Place]:
    """Every place of the export, by set (train, val, test), class taxon, and as they were filled."""
    result: dict[str, list[Place]] = {"train": [], "val": [], "test": []}
    for taxon, holding in sorted(holdings(taxa, seen, chosen).items()):
        for place in fill(criteria, seed, taxon, holding):
            result[place.set_name].append(place)
    return [*result["train"], *result["val"], *result["test"]]


def draw_key(seed: str, observation_id: int) -> str:
    """The observation's place in the draw."""
    return hashlib.sha256(f"{seed}:{observation_id}".encode()).hexdigest()


def fill(criteria: Criteria, seed: str, class_taxon: int, holding: Holding) -> Iterator[Place]:
    """Fill one class's sets, place by place."""

    def by_key(seen: Iterable[Candidate]) -> list[Candidate]:
        return sorted(seen, key=lambda one: (draw_key(seed, one.observation_id), one.observation_id))

    def set_aside_first(seen: Iterable[Candidate]) -> list[Candidate]:
        """Those with the fewest photos, or those that were drawn first whatever their photos."""
        drawn = by_key(seen)
        return drawn if criteria.set_aside_by == "draw" else sorted(drawn, key=lambda one: len(one.photos))

    confirmed = {one.observation_id for one in holding.confirmed}

    def place(set_name: str, one: Candidate, position: int = 0) -> Place:
        is_confirmed = one.observation_id in confirmed
        return Place(
            set_name,
            class_taxon,
            photo_id=one.photos[position],
            observation_id=one.observation_id,
            obs_taxon_id=one.confirming if is_confirmed else one.taxon,
            community=int(is_confirmed),
            position=position,
            observation_photos=len(one.photos),
        )

    room = criteria.train_max

    def into_train(seen: list[Candidate]) -> Iterator[Place]:
        """One photo of each, then the others of each, while there is room."""
        nonlocal room
        most = criteria.train_photos_per_observation
        firsts = [(one, 0) for one in seen]
        extras = [(one, position) for one in seen for position in range(1, min(len(one.photos), most))]
        for one, position in [*firsts, *extras][:room]:
            room -= 1
            yield place("train", one, position)

    queue = set_aside_first(holding.confirmed)
    for set_name, number in (("test", criteria.test_min), ("val", criteria.val_min)):
        yield from (place(set_name, one) for one in queue[:number])
        queue = queue[number:]
    queue = by_key(queue)
    training, left = queue[:room], set_aside_first(queue[room:])
    for set_name, number in (
        ("test", criteria.test_max - criteria.test_min),
        ("val", criteria.val_max - criteria.val_min),
    ):
        yield from (place(set_name, one) for one in left[:number])
        left = left[number:]
    yield from into_train(training)
    yield from into_train(by_key(holding.others))
