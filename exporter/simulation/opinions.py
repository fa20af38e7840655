"""What people and computer vision say of a true taxon, before they look at what others said."""

from bisect import bisect
from collections.abc import Container
from functools import cache
from itertools import accumulate

from exporter.simulation.groups import GENERA, Genus
from exporter.simulation.people import EXPERT, KEEN, NOVICE
from exporter.simulation.tree import SPECIES_LEVEL, Taxon, genus_of, ids_by_name, load_tree

#: The fourth source of an opinion beside the three levels of skill: a computer-vision suggestion.
SUGGESTION = 3

_MOST_CONFUSED = 0.9
_LOOKALIKE_SHARE = 0.75
_SPECIES_OF_SUBSPECIES = 0.6

#: Of mistakes, those that are a species of another genus in the same iconic taxon.
_STRAY_SHARE = 0.65

#: By source: how often a mistake is made per unit of the genus's confusion, how often the genus, the family
#: or the class is named instead of a species, and how much of what nobody can identify is left at genus.
_CONFUSION = {NOVICE: 1.5, KEEN: 0.48, EXPERT: 0.04, SUGGESTION: 0.63}
_GENUS = {NOVICE: 0.12, KEEN: 0.1, EXPERT: 0.01, SUGGESTION: 0.12}
_FAMILY = {NOVICE: 0.1, KEEN: 0.04, EXPERT: 0.0, SUGGESTION: 0.05}
_CLASS = {NOVICE: 0.08, KEEN: 0.0, EXPERT: 0.0, SUGGESTION: 0.0}
_CAUTION = {NOVICE: 0.1, KEEN: 0.45, EXPERT: 0.9, SUGGESTION: 0.15}

_Shares = dict[int, float]


class Opinions:
    """Draws opinions. ``difficulty`` scales confusion and collapse: 0 is a world without either.

    ``known``: the species that computer vision can suggest by mistake, all of them if None.
    """

    def __init__(self, difficulty: float, known: Container[int] | None = None) -> None:
        self._difficulty = difficulty
        self._known = known
        self._genera = {genus.name: genus for genus in GENERA}
        self._tables: dict[tuple[int, int], tuple[list[int], list[float]]] = {}

    def draw(self, true_taxon_id: int, source: int, uniform: float) -> int:
        """The taxon named by one of NOVICE, KEEN, EXPERT or SUGGESTION."""
        key = (true_taxon_id, source)
        if key not in self._tables:
            shares = self.shares(true_taxon_id, source)
            self._tables[key] = (list(shares), list(accumulate(shares.values())))
        taxa, sums = self._tables[key]
        return taxa[bisect(sums, uniform * sums[-1], hi=len(sums) - 1)]

    def shares(self, true_taxon_id: int, source: int) -> _Shares:
        """How often each taxon is named for the true one; the shares add up to 1."""
        true = load_tree()[true_taxon_id]
        genus = self._genera[genus_of(true).name]
        shares = self._collapsed(true, genus) if source == SUGGESTION else {}
        rest = 1.0 - sum(shares.values())
        for taxon_id, share in self._undisturbed(true, genus, source).items():
            shares[taxon_id] = shares.get(taxon_id, 0.0) + rest * share
        return shares

    def collapses(self, true_taxon_id: int, named_taxon_id: int) -> bool:
        """Is the named taxon the one that the true one's genus is collapsed onto?"""
        true = load_tree()[true_taxon_id]
        target = self._genera[genus_of(true).name].collapse_onto
        return bool(target) and ids_by_name()[target] == named_taxon_id != true_taxon_id

    def _collapsed(self, true: Taxon, genus: Genus) -> _Shares:
        """What suggestions put on the one species that stands for the genus."""
        rate = min(_MOST_CONFUSED, genus.collapse_rate * self._difficulty)
        if rate == 0.0 or true.name == genus.collapse_onto:
            return {}
        return {ids_by_name()[genus.collapse_onto]: rate}

    def _undisturbed(self, true: Taxon, genus: Genus, source: int) -> _Shares:
        """Coarse names, mistakes and the right name, for a source that does not collapse the genus."""
        genus_id = ids_by_name()[genus.name]
        coarse = {
            genus_id: _GENUS[source] + _CAUTION[source] * genus.untellable,
            _ancestor(true, "family"): _FAMILY[source],
            _ancestor(true, "class"): _CLASS[source],
        }
        finer = max(0.0, 1.0 - sum(coarse.values()))
        confused = min(_MOST_CONFUSED, _CONFUSION[source] * genus.confusion * self._difficulty)
        mistakes = self._mistakes(true, genus, self._known if source == SUGGESTION else None)
        shares = dict(coarse)
        for taxon_id, share in mistakes.items():
            shares[taxon_id] = finer * confused * share
        right = 1.0 - confused * sum(mistakes.values())
        for taxon_id, share in _right_names(true).items():
            shares[taxon_id] = shares.get(taxon_id, 0.0) + share * finer * right
        total = sum(shares.values())
        return {taxon_id: share / total for taxon_id, share in shares.items() if share > 0.0}

    @staticmethod
    def _mistakes(true: Taxon, genus: Genus, known: Container[int] | None) -> _Shares:
        """The other species that it is taken for: its look-alike first, then ``known`` ones of genus and kin.

        The shares add up to 1, or to less where there are no others of its genus, or of its kin.
        """
        sisters: list[Taxon] = []
        strays: list[Taxon] = []
        for other in _species():
            is_known = known is None or other.taxon_id in known
            if is_known and other.taxon_id not in true.line and _share_a_region(true, other):
                (sisters if genus_of(other).name == genus.name else strays).append(other)
        kin = [other for other in strays if other.iconic_taxon_id == true.iconic_taxon_id]
        shares = _spread(sisters, 1 - _STRAY_SHARE)
        if true.name in genus.lookalikes:
            lookalike = ids_by_name()[genus.lookalikes[true.name]]
            shares = {taxon_id: share * (1 - _LOOKALIKE_SHARE) for taxon_id, share in shares.items()}
            shares[lookalike] = shares.get(lookalike, 0.0) + (1 - _STRAY_SHARE) * _LOOKALIKE_SHARE
        return shares | _spread(kin, _STRAY_SHARE)


@cache
def _species() -> tuple[Taxon, ...]:
    """The species that people name."""
    return tuple(taxon for taxon in load_tree().values() if taxon.rank == "species" and taxon.is_active)


def _spread(species: list[Taxon], share: float) -> _Shares:
    """A share over species, all alike: so rare labels gather the mistakes of common taxa."""
    return {one.taxon_id: share / len(species) for one in species}


def _right_names(true: Taxon) -> _Shares:
    """What it is called when nobody errs: of a subspecies, most people name the species."""
    if true.rank_level < SPECIES_LEVEL:
        return {_ancestor(true, "species"): _SPECIES_OF_SUBSPECIES, true.taxon_id: 1 - _SPECIES_OF_SUBSPECIES}
    return {true.taxon_id: 1.0}


def _ancestor(taxon: Taxon, rank: str) -> int:
    tree = load_tree()
    return next(taxon_id for taxon_id in taxon.line if tree[taxon_id].rank == rank)


def _share_a_region(one: Taxon, other: Taxon) -> bool:
    """Do both live somewhere together? A genus lives everywhere."""
    return one.rank_level > SPECIES_LEVEL or bool(set(one.regions) & set(other.regions))
