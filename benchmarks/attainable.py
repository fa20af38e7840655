"""The best that any method could do on a simulated world: it knows all that the world was made by.

How common each taxon is and where it lives, how often who takes what for what, and how skilled everybody
is. Of an observation it sees what every method sees: its place and its identifications. What comes out is the
probability that a label is wrong, by Bayes' rule; no order of a worklist is better on average.
"""

import duckdb
import numpy as np

from exporter.criteria import GENUS_RANK_LEVEL
from exporter.simulation import histories, world
from exporter.simulation.groups import GENERA
from exporter.simulation.opinions import SUGGESTION, Opinions
from exporter.simulation.people import EXPERT, KEEN, NOVICE, People
from exporter.simulation.places import TOWNS
from exporter.simulation.records import FIRST_ID
from exporter.simulation.sightings import GROUP_INDEX, known_taxa
from exporter.simulation.tree import SPECIES_LEVEL, genus_of, load_tree

_LEVELS = (NOVICE, KEEN, EXPERT)
_NEVER = 1e-9

_IDENTIFICATIONS = """
SELECT observation_id, user_id, taxon_id, is_vision,
    coalesce(previous_observation_taxon_id, -1) AS label,
    coalesce(lag(taxon_id) OVER (PARTITION BY observation_id ORDER BY identification_id), -1) AS last,
    row_number() OVER (PARTITION BY observation_id, user_id ORDER BY identification_id) > 1 AS is_reply,
    is_own_observation
FROM identifications WHERE NOT coalesce(is_hidden, false) ORDER BY observation_id, identification_id
"""
_PLACES = "SELECT observation_id, latitude, longitude FROM observations ORDER BY observation_id"


def chance_wrong(
    con: duckdb.DuckDBPyConnection, seed: int, size: int, difficulty: float, ids: np.ndarray, leaf: np.ndarray
) -> np.ndarray:
    """Return the probability that each observation's true taxon lies outside its class (taxon ids)."""
    people, numbers = world.beginnings(seed, size)
    true = np.array(sorted(taxon_id for taxon_id, number in numbers.items() if number))
    log_odds = _prior(con, people, numbers, true, ids)
    opinions = Opinions(difficulty, known_taxa(numbers))
    _add_identifications(con, people, opinions, true, ids, log_odds)
    chance = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    tree = load_tree()
    inside = {
        one: np.array([one in tree[taxon_id].line for taxon_id in true.tolist()])
        for one in np.unique(leaf).tolist()
    }
    return 1.0 - np.array([row[inside[one]].sum() for row, one in zip(chance, leaf.tolist(), strict=True)])


def chance_overturned(
    seed: int, size: int, difficulty: float, level: int, true: np.ndarray, label: np.ndarray
) -> np.ndarray:
    """Return the probability that one visitor of a skill who stays would overturn each label (taxon ids)."""
    opinions = Opinions(difficulty, known_taxa(world.beginnings(seed, size)[1]))
    looks = {
        taxon_id: (opinions.shares(taxon_id, level), opinions.shares(taxon_id, SUGGESTION))
        for taxon_id in np.unique(true).tolist()
    }
    pairs, place = np.unique(np.stack([true, label]), axis=1, return_inverse=True)
    chances = [_overturns(*looks[taxon_id], level, named) for taxon_id, named in pairs.T.tolist()]
    return np.array(chances)[place.ravel()]


def _overturns(own: dict[int, float], suggested: dict[int, float], level: int, label: int) -> float:
    """How likely a visitor's first look contradicts the label, and their second look sees the same."""
    tree, takes = load_tree(), histories.VISITOR_TAKES_SUGGESTION
    chance = 0.0
    for named, again in own.items():
        if label not in tree[named].line:
            says_so = histories.DISAGREES_EXPLICITLY[level] if named in tree[label].line else 1.0
            chance += says_so * again * (takes * suggested.get(named, 0.0) + (1.0 - takes) * again)
    return (1.0 - histories.follows(level, label)) * chance


def _prior(
    con: duckdb.DuckDBPyConnection,
    people: People,
    numbers: dict[int, int],
    true: np.ndarray,
    ids: np.ndarray,
) -> np.ndarray:
    """By observation and taxon: how common the taxon is where it was seen, as logarithms."""
    tree, regions = load_tree(), sorted({town.region for town in TOWNS})
    seen = np.array([people.observing[people.region == region].sum() for region in regions])
    share = np.zeros((len(regions), len(true)))
    for column, taxon_id in enumerate(true.tolist()):
        lives = np.array([not tree[taxon_id].regions or one in tree[taxon_id].regions for one in regions])
        share[:, column] = numbers[taxon_id] * np.where(lives, seen, 0.0) / seen[lives].sum()
    everywhere = np.log(share.sum(axis=0) + _NEVER)
    rows = con.execute(_PLACES).fetchnumpy()
    place = np.searchsorted(rows["observation_id"], ids)
    latitude, longitude = (np.ma.filled(rows[name], np.nan)[place] for name in ("latitude", "longitude"))
    distance = np.stack([np.hypot(latitude - one.latitude, longitude - one.longitude) for one in TOWNS], 1)
    region = np.array([regions.index(town.region) for town in TOWNS])[np.nan_to_num(distance).argmin(axis=1)]
    prior: np.ndarray = np.log(share + _NEVER)[region]
    prior[np.isnan(latitude)] = everywhere
    return prior


def _add_identifications(
    con: duckdb.DuckDBPyConnection,
    people: People,
    opinions: Opinions,
    true: np.ndarray,
    ids: np.ndarray,
    log_odds: np.ndarray,
) -> None:
    """What each identification says for each taxon, by how people identify in the simulation."""
    tree = load_tree()
    place_of = {taxon_id: place for place, taxon_id in enumerate(tree)}
    shares = np.full((len(_LEVELS) + 1, len(tree), len(true)), 0.0)
    for column, taxon_id in enumerate(true.tolist()):
        for source in (*_LEVELS, SUGGESTION):
            for named, share in opinions.shares(taxon_id, source).items():
                shares[source, place_of[named], column] = share
    rows = con.execute(_IDENTIFICATIONS).fetchnumpy()
    observation = np.searchsorted(ids, rows["observation_id"]).clip(0, len(ids) - 1)
    is_known = ids[observation] == rows["observation_id"]
    group_of = {genus.name: GROUP_INDEX[genus.group] for genus in GENERA}
    groups = np.array([group_of[genus_of(tree[taxon_id]).name] for taxon_id in true.tolist()])
    for row in np.flatnonzero(is_known & ~np.asarray(rows["is_reply"]).astype(bool)).tolist():
        skill = people.skill[int(rows["user_id"][row]) - FIRST_ID][groups]
        named = int(rows["taxon_id"][row])
        suggested = shares[SUGGESTION, place_of[named]]
        own = shares[skill, place_of[named], np.arange(len(true))]
        if rows["is_own_observation"][row]:
            takes = np.array([histories.TAKES_SUGGESTION[level] for level in _LEVELS])[skill]
            likelihood = takes * suggested if rows["is_vision"][row] else (1.0 - takes) * own
        else:
            label, last = int(rows["label"][row]), int(rows["last"][row])
            likelihood = _of_visitor(
                named, label, last, skill, suggested, own, is_vision=rows["is_vision"][row]
            )
        log_odds[observation[row]] += np.log(likelihood + _NEVER)


def _of_visitor(
    named: int,
    label: int,
    last: int,
    skill: np.ndarray,
    suggested: np.ndarray,
    own: np.ndarray,
    *,
    is_vision: bool,
) -> np.ndarray:
    """By true taxon: how likely a visitor names it so, who looks again before they contradict the label."""
    tree, takes = load_tree(), histories.VISITOR_TAKES_SUGGESTION
    followed = label if _is_fine(label) else last
    follows = np.zeros(len(own))
    if _is_fine(followed):
        follows = np.array([histories.follows(level, followed) for level in _LEVELS])[skill]
    if named == label:
        is_species = tree[label].rank_level <= SPECIES_LEVEL
        return follows + (1.0 - follows) * is_species * (takes * suggested + (1.0 - takes) * own)
    judged = takes * suggested if is_vision else (1.0 - takes) * own
    again = own if label in tree and label not in tree[named].line else 1.0
    likelihood: np.ndarray = (
        follows * (named == followed and not is_vision) + (1.0 - follows) * judged * again
    )
    return likelihood


def _is_fine(taxon_id: int) -> bool:
    return taxon_id in load_tree() and load_tree()[taxon_id].rank_level <= GENUS_RANK_LEVEL
