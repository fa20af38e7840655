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
from exporter.simulation.sightings import GROUP_INDEX
from exporter.simulation.tree import genus_of, load_tree

_LEVELS = (NOVICE, KEEN, EXPERT)
_NEVER = 1e-9

_IDENTIFICATIONS = """
SELECT observation_id, user_id, taxon_id, is_vision,
    coalesce(previous_observation_taxon_id, -1) AS label,
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
    _add_identifications(con, people, Opinions(difficulty), true, ids, log_odds)
    chance = np.exp(log_odds - log_odds.max(axis=1, keepdims=True))
    chance /= chance.sum(axis=1, keepdims=True)
    tree = load_tree()
    inside = {
        one: np.array([one in tree[taxon_id].line for taxon_id in true.tolist()])
        for one in np.unique(leaf).tolist()
    }
    return 1.0 - np.array([row[inside[one]].sum() for row, one in zip(chance, leaf.tolist(), strict=True)])


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
        named, label = int(rows["taxon_id"][row]), int(rows["label"][row])
        is_led = (
            not rows["is_own_observation"][row]
            and label in tree
            and tree[label].rank_level <= GENUS_RANK_LEVEL
        )
        follows = np.array([histories.FOLLOWS[level] for level in _LEVELS])[skill] if is_led else 0.0
        takes = np.array([histories.TAKES_SUGGESTION[level] for level in _LEVELS])[skill]
        if rows["is_vision"][row]:
            likelihood = (1.0 - follows) * takes * shares[SUGGESTION, place_of[named]]
        else:
            own = shares[skill, place_of[named], np.arange(len(true))]
            likelihood = (1.0 - follows) * (1.0 - takes) * own + follows * (named == label)
        log_odds[observation[row]] += np.log(likelihood + _NEVER)
