"""Slow, plain readings of the rules, for comparison: the sentences of the modules, in loops."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from exporter.criteria import Criteria
from tests.exporter.world import NO_COMMUNITY, Row


class Lineages:
    """The parent of every taxon that the rows tell of."""

    def __init__(self, taxa: list[Row]) -> None:
        self.rows = {row["taxon_id"]: row for row in taxa}
        recorded: dict[int, int | None] = {}
        own: dict[int, int | None] = {}
        for row in sorted(taxa, key=lambda row: row["taxon_id"]):
            if row["ancestry"] is None:
                continue
            line = [int(taxon) for taxon in row["ancestry"].split("/") if taxon]
            own[row["taxon_id"]] = line[-1] if line else None
            for above, taxon in zip([None, *line], line, strict=False):
                recorded.setdefault(taxon, above)
        self.parents = recorded | own

    def line(self, taxon: int | None) -> list[int]:
        """The taxon and its ancestors, upwards."""
        result = []
        while taxon is not None:
            result.append(taxon)
            taxon = self.parents.get(taxon)
        return result

    def is_active(self, taxon: int) -> bool:
        return self.rows.get(taxon, {}).get("is_active") is not False

    def is_unranked(self, taxon: int) -> bool:
        return self.rows.get(taxon, {}).get("rank_level") is None

    def is_barred(self, criteria: Criteria, taxon: int) -> bool:
        row = self.rows.get(taxon, {})
        return (
            not self.is_active(taxon)
            or (not self.is_unranked(taxon) and row["rank_level"] < 10)
            or (row.get("rank") in ("hybrid", "genushybrid") and not criteria.hybrids)
            or any(self.rows.get(above, {}).get("is_extinct") for above in self.line(taxon))
        )


@dataclass
class Seen:
    """A usable observation."""

    clades: set[int]
    confirmed: set[int]
    photos: int
    is_incomplete: bool


def has_no_community(row: Row) -> bool:
    """Whether a source said that there is no community taxon."""
    return bool((row.get("known_empty") or 0) & NO_COMMUNITY)


def is_community_known(row: Row) -> bool:
    """Whether a source said what the community taxon is, or that there is none."""
    return row["community_taxon_id"] is not None or has_no_community(row)


def usable(criteria: Criteria, tree: Lineages, observations: list[Row], photos: list[Row]) -> list[Seen]:
    """The usable observations, each with the taxa in whose clade it lies and those that it confirms."""
    result = []
    for row in observations:
        shots = [
            photo for photo in photos if photo["observation_id"] == row["observation_id"] and is_usable(photo)
        ]
        if not shots or row.get("is_flagged") or row.get("fails_quality_metric"):
            continue
        confirming = confirming_taxon(criteria, row)
        by_taxon, by_confirming = (
            set(tree.line(taxon)) if taxon is not None and tree.is_active(taxon) else set()
            for taxon in (row["taxon_id"], confirming)
        )
        is_whole = row["source"] == "api" and row.get("lists_photos") and is_community_known(row)
        is_incomplete = not is_whole or not all(has_address(photo) for photo in shots)
        result.append(Seen(by_taxon | by_confirming, by_confirming, len(shots), is_incomplete))
    return result


def confirming_taxon(criteria: Criteria, row: Row) -> int | None:
    """The taxon for whose classes, and for those above, the observation is confirmed."""
    taxon, community = row["taxon_id"], row["community_taxon_id"]
    research = taxon if row.get("quality_grade") == "research" else None
    if criteria.confirmed_by == "research_grade":
        return research
    if community is None and not has_no_community(row):
        return research
    if criteria.confirmed_by == "same_taxon":
        return taxon if community == taxon else None
    return community


def is_usable(photo: Row) -> bool:
    """Neither flagged nor hidden, and not known to lie on another host."""
    return not photo.get("is_flagged") and not photo.get("is_hidden") and photo.get("host") != "elsewhere"


def has_address(photo: Row) -> bool:
    """Whether the address can be written: on one of iNaturalist's two hosts, with a plain extension."""
    extension = photo.get("extension") or ""
    return photo.get("host") in ("static", "open-data") and extension.isascii() and extension.isalnum()


def training_photos(criteria: Criteria, confirmed: list[int], unconfirmed: list[int]) -> int:
    """Training's photos, given the photos of each observation, once test and validation took theirs."""
    left = sorted(confirmed)[criteria.test_min + criteria.val_min :]
    return sum(min(photos, criteria.train_photos_per_observation) for photos in left + unconfirmed)


def passes(criteria: Criteria, confirmed: list[int], unconfirmed: list[int]) -> bool:
    """Whether observations with these numbers of photos make a class."""
    return (
        len(confirmed) >= max(criteria.min_confirmed, criteria.test_min + criteria.val_min)
        and len(confirmed) + len(unconfirmed) >= criteria.min_observations
        and training_photos(criteria, confirmed, unconfirmed) >= criteria.train_min
    )


def readiness(criteria: Criteria, taxa: list[Row], observations: list[Row], photos: list[Row]) -> list[Row]:
    """Readiness as rows, by ascending id."""
    tree = Lineages(taxa)
    seen = usable(criteria, tree, observations, photos)
    children: dict[int, list[int]] = {}
    everything = {taxon for one in seen for taxon in one.clades} | set(tree.parents)
    for taxon in everything:
        above = tree.parents.get(taxon)
        if above is not None:
            children.setdefault(above, []).append(taxon)

    def holds(taxon: int) -> tuple[list[int], list[int]]:
        confirmed = [one.photos for one in seen if taxon in one.confirmed]
        unconfirmed = [one.photos for one in seen if taxon in one.clades and taxon not in one.confirmed]
        return confirmed, unconfirmed

    leaves: set[int] = set()
    covered: set[int] = set()

    def assess(taxon: int) -> bool:
        below = [assess(child) for child in children.get(taxon, ())]
        if any(below):
            covered.add(taxon)
            return True
        if (
            not tree.is_barred(criteria, taxon)
            and not tree.is_unranked(taxon)
            and passes(criteria, *holds(taxon))
        ):
            leaves.add(taxon)
            return True
        return False

    for taxon in everything:
        if tree.parents.get(taxon) is None:
            assess(taxon)

    def status(taxon: int) -> str:
        above = [other for other in tree.line(taxon)[1:] if not tree.is_barred(criteria, other)]
        if tree.is_barred(criteria, taxon) or tree.is_unranked(taxon):
            return "excluded"
        if taxon in leaves:
            return "leaf"
        if taxon in covered:
            return "covered"
        if leaves & set(tree.line(taxon)):
            return "rolled_up"
        return "dropped" if above and above[0] in covered else "short"

    def row(taxon: int) -> Row:
        confirmed, unconfirmed = holds(taxon)
        everyone = confirmed + unconfirmed
        most = criteria.train_photos_per_observation
        training = training_photos(criteria, confirmed, unconfirmed)
        needed = max(criteria.min_confirmed, criteria.test_min + criteria.val_min)
        short = next(n for n in range(1000) if passes(criteria, confirmed + [most] * n, unconfirmed))
        # Each observation has a photo: if there must be so many of them, photos are never what is missing.
        are_photos_short = (
            criteria.min_observations < criteria.test_min + criteria.val_min + criteria.train_min
        )
        spare = min(len(confirmed) - needed, len(everyone) - criteria.min_observations)
        if are_photos_short:
            spare = min(spare, (training - criteria.train_min) // most)
        is_measured = status(taxon) != "excluded"
        known = tree.rows.get(taxon, {})
        return {
            "taxon_id": taxon,
            "name": known.get("name"),
            "rank": known.get("rank"),
            "status": status(taxon),
            "leaf_taxon_id": next(iter(leaves & set(tree.line(taxon))), None),
            "observations": len(everyone),
            "community_confirmed": len(confirmed),
            "photos": sum(min(photos, most) for photos in everyone),
            "short_observations": short if is_measured else 0,
            "short_confirmed": max(needed - len(confirmed), 0) if is_measured else 0,
            "short_photos": max(criteria.train_min - training, 0) * are_photos_short if is_measured else 0,
            "margin": (-short if short else spare) if is_measured else None,
            "incomplete_observations": sum(one.is_incomplete for one in seen if taxon in one.clades),
        }

    return [row(taxon) for taxon in sorted(everything) if any(taxon in one.clades for one in seen)]


def labels(taxa: list[Row], identifications: list[Row], at: datetime | None = None) -> dict[int, tuple]:
    """Per observation (community taxon, shown taxon)."""
    tree = Lineages(taxa)
    return {
        observation: _label(
            tree, [row for row in identifications if row["observation_id"] == observation], at
        )
        for observation in {row["observation_id"] for row in identifications}
    }


def _label(tree: Lineages, rows: list[Row], at: datetime | None) -> tuple[int | None, int | None]:
    held = sorted(_held(rows, at), key=lambda row: row["identification_id"])
    counted = [row for row in held if tree.is_active(row["taxon_id"]) and not row.get("is_hidden")]
    nodes = {taxon for row in counted for taxon in tree.line(row["taxon_id"])}
    scores = {taxon: _score(tree, taxon, counted) for taxon in nodes}
    community = _finest(tree, [node for node, (yes, no) in scores.items() if yes >= 2 and _is_over(yes, no)])
    if any(no for _, no in scores.values()):
        shown = community
    else:
        shown = _finest(tree, list(nodes))
        level = tree.rows.get(shown, {}).get("rank_level") if shown else None
        if community and shown and shown != community and level is not None and level < 10:
            first = {row["taxon_id"]: row["identification_id"] for row in reversed(counted)}
            if not (community in first and first[shown] < first[community]):
                shown = community
    if shown is None:
        own = [row for row in held if row.get("is_own_observation")]
        shown = (own or held or [{"taxon_id": None}])[-1]["taxon_id"]
    return community, shown


def _held(rows: list[Row], at: datetime | None) -> Iterable[Row]:
    for person in {row["user_id"] for row in rows}:
        history = sorted(
            (row for row in rows if row["user_id"] == person), key=lambda row: row["identification_id"]
        )
        by_then = [row for row in history if at is None or row["created_at"] <= at]
        standing = [row for row in by_then if row["is_current"]]
        if standing:
            yield standing[-1]
        elif by_then and by_then[-1] is not history[-1]:
            yield by_then[-1]


def _score(tree: Lineages, node: int, counted: list[Row]) -> tuple[int, int]:
    agreeing = [row for row in counted if node in tree.line(row["taxon_id"])]
    first = agreeing[0]["identification_id"]
    against = 0
    for row in counted:
        named = row["taxon_id"]
        if node not in tree.line(named) and named not in tree.line(node):
            against += 1
        denied = tree.line(row.get("previous_observation_taxon_id"))
        if row["is_disagreement"] and named in denied[1:]:
            branch = denied[: denied.index(named)]
            against += bool(set(branch) & set(tree.line(node)))
        elif row["is_disagreement"] is None and row["identification_id"] > first:
            against += named in tree.line(node)[1:]
    return len(agreeing), against


def _is_over(agreeing: int, against: int) -> bool:
    return Fraction(agreeing, agreeing + against) > Fraction(2, 3)


def _finest(tree: Lineages, nodes: list[int]) -> int | None:
    return max(nodes, key=lambda node: len(tree.line(node)), default=None)
