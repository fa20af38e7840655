"""What people and computer vision say of a true taxon, before they look at what others said."""

from bisect import bisect
from itertools import accumulate

from exporter.simulation.groups import GENERA, Genus
from exporter.simulation.people import EXPERT, KEEN, NOVICE
from exporter.simulation.tree import SPECIES_LEVEL, Taxon, genus_of, ids_by_name, load_tree

#: The fourth source of an opinion beside the three levels of skill: a computer-vision suggestion.
SUGGESTION = 3

_MOST_CONFUSED = 0.9
_LOOKALIKE_SHARE = 0.75
_SPECIES_OF_SUBSPECIES = 0.6

#: By source: how often a mistake is made per unit of the genus's confusion, how often the genus, the family
#: or the class is named instead of a species, and how much of what nobody can tell is left at genus.
_CONFUSION = {NOVICE: 1.0, KEEN: 0.45, EXPERT: 0.05, SUGGESTION: 0.6}
_GENUS = {NOVICE: 0.1, KEEN: 0.08, EXPERT: 0.01, SUGGESTION: 0.08}
_FAMILY = {NOVICE: 0.07, KEEN: 0.03, EXPERT: 0.0, SUGGESTION: 0.02}
_CLASS = {NOVICE: 0.08, KEEN: 0.0, EXPERT: 0.0, SUGGESTION: 0.0}
_CAUTION = {NOVICE: 0.1, KEEN: 0.45, EXPERT: 0.9, SUGGESTION: 0.15}

_Shares = dict[int, float]


class Opinions:
    """Draws opinions. ``difficulty`` scales confusion and collapse: 0 is a world without either."""

    def __init__(self, numbers: dict[int, int], difficulty: float) -> None:
        self._numbers = numbers
        self._difficulty = difficulty
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
        mistakes = self._mistakes(true, genus)
        shares = dict(coarse)
        for taxon_id, share in mistakes.items():
            shares[taxon_id] = finer * confused * share
        for taxon_id, share in _right_names(true).items():
            shares[taxon_id] = shares.get(taxon_id, 0.0) + share * finer * (
                1.0 - confused if mistakes else 1.0
            )
        total = sum(shares.values())
        return {taxon_id: share / total for taxon_id, share in shares.items() if share > 0.0}

    def _mistakes(self, true: Taxon, genus: Genus) -> _Shares:
        """The other species that it is taken for: its look-alike first, then the common ones around it."""
        weights = {
            sister.taxon_id: float(1 + self._numbers.get(sister.taxon_id, 0))
            for sister in load_tree().values()
            if sister.rank == "species"
            and sister.is_active
            and sister.taxon_id not in true.line
            and genus_of(sister).name == genus.name
            and _share_a_region(true, sister)
        }
        total = sum(weights.values())
        shares = {taxon_id: weight / total for taxon_id, weight in weights.items()}
        if true.name in genus.lookalikes:
            lookalike = ids_by_name()[genus.lookalikes[true.name]]
            shares = {taxon_id: share * (1 - _LOOKALIKE_SHARE) for taxon_id, share in shares.items()}
            shares[lookalike] = shares.get(lookalike, 0.0) + _LOOKALIKE_SHARE
        return shares


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
