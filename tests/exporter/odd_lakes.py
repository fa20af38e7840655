"""Small odd lakes: rows in which any column that may be empty is, and in which records contradict each other.

`EXAMPLES` is how many of them a property test tries: few where everybody waits for the tests, more with
``ODD_LAKES=500 pytest ...``.
"""

import os
from datetime import UTC, date, datetime, timedelta

from hypothesis import strategies as st

from exporter.schema import SOURCES, TABLES
from tests.exporter.world import RANK_LEVELS, World

EXAMPLES = int(os.environ.get("ODD_LAKES", "25"))

_TAXA = st.sampled_from([1, 2, 3, 4, 5, 6, 48460])
_OBSERVATIONS = st.sampled_from([1, 2, 3, 4, 5, 6, -1137737136389210570])
_UUID = "00000000-1111-4111-8111-{:012d}"
_PLAUSIBLE = datetime(2024, 5, 1, 12, tzinfo=UTC)
_TIMES = st.one_of(
    st.integers(0, 400).map(lambda days: _PLAUSIBLE + timedelta(days=days)),
    st.sampled_from([datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, tzinfo=UTC)]),
)
_DAYS = st.one_of(
    _TIMES.map(lambda time: time.date()), st.sampled_from([date(2099, 1, 1), date(9999, 12, 31)])
)


def _perhaps(values: st.SearchStrategy) -> st.SearchStrategy:
    """The value, or nothing: once in five times."""
    return st.integers(0, 4).flatmap(lambda number: values if number else st.none())


_BOOLEANS = _perhaps(st.booleans())
_COUNTS = _perhaps(st.integers(0, 5))

_COLUMNS: dict[str, dict[str, st.SearchStrategy]] = {
    "taxa": {
        "taxon_id": _TAXA,
        # Any ancestors in any order, itself among them: circles of every length.
        "ancestry": _perhaps(
            st.lists(_TAXA, max_size=4).map(lambda ancestors: "/".join(map(str, ancestors)))
        ),
        "name": _perhaps(st.sampled_from(["Alpha", "Alpha beta", "A, b"])),
        "common_name": _perhaps(st.just("Ant")),
        "rank": _perhaps(st.sampled_from(sorted(RANK_LEVELS))),
        "rank_level": _perhaps(st.sampled_from(sorted(set(RANK_LEVELS.values())))),
        "is_active": _BOOLEANS,
        "is_extinct": _perhaps(st.sampled_from([False, False, True])),
        "iconic_taxon_id": _perhaps(_TAXA),
        "updated_at": _perhaps(_TIMES),
        "source": st.sampled_from(SOURCES),
    },
    "observations": {
        "observation_id": _OBSERVATIONS,
        "taxon_id": _perhaps(_TAXA),
        "community_taxon_id": _perhaps(_TAXA),
        "quality_grade": _perhaps(st.sampled_from(["research", "needs_id", "casual"])),
        "observer_id": _COUNTS,
        "observed_on": _perhaps(_DAYS),
        "created_at": _perhaps(_TIMES),
        "latitude": _perhaps(st.sampled_from([-90.0, 0.0, 12.3456789, 90.0])),
        "longitude": _perhaps(st.sampled_from([-180.0, 0.0, 12.3456789, 180.0])),
        "positional_accuracy": _perhaps(st.sampled_from([0.0, 30.0, 1e6])),
        "is_obscured": _BOOLEANS,
        "is_captive": _BOOLEANS,
        "is_flagged": _perhaps(st.sampled_from([False, False, True])),
        "fails_quality_metric": _perhaps(st.sampled_from([False, False, True])),
        "identification_agreements": _COUNTS,
        "identification_disagreements": _COUNTS,
        "is_out_of_range": _BOOLEANS,
        "anomaly_score": _perhaps(st.sampled_from([0.0, 0.5, 3.0])),
        "updated_at": _perhaps(_TIMES),
        "source": st.sampled_from(["csv", "dump", "api", "api"]),
    },
    "photos": {
        "observation_id": _OBSERVATIONS,
        "photo_id": st.integers(1, 12),
        "position": _perhaps(st.integers(0, 2)),
        "host": _perhaps(st.sampled_from(["open-data", "static", "elsewhere"])),
        "extension": _perhaps(st.sampled_from(["jpg", "jpeg", "png"])),
        "license": _perhaps(st.sampled_from(["cc-by-nc", "cc0"])),
        "width": _perhaps(st.just(2048)),
        "height": _perhaps(st.just(1536)),
        "is_flagged": _perhaps(st.sampled_from([False, False, True])),
        "is_hidden": _perhaps(st.sampled_from([False, False, True])),
        "updated_at": _perhaps(_TIMES),
        "source": st.sampled_from(["csv", "dump", "api"]),
    },
    "identifications": {
        "observation_id": _OBSERVATIONS,
        "identification_id": st.integers(1, 20),
        "user_id": _perhaps(st.integers(1, 3)),
        "taxon_id": _perhaps(_TAXA),
        "created_at": _perhaps(_TIMES),
        "is_current": _BOOLEANS,
        "is_own_observation": _BOOLEANS,
        "is_vision": _BOOLEANS,
        "is_hidden": _BOOLEANS,
        "is_disagreement": _BOOLEANS,
        "previous_observation_taxon_id": _perhaps(_TAXA),
        "category": _perhaps(st.just("maverick")),
        "is_taxon_change": _perhaps(st.sampled_from([False, False, True])),
        "updated_at": _perhaps(_TIMES),
        "source": st.just("api"),
    },
}
_MOST = {"taxa": 6, "observations": 6, "photos": 12, "identifications": 14}

#: Two species of a genus and one of another: among these, odd rows stand out.
_SOUND = World()
for _taxon, _above, _rank in (
    (48460, None, "stateofmatter"),
    (1, 48460, "family"),
    (2, 1, "genus"),
    (3, 2, "species"),
    (4, 2, "species"),
    (5, 1, "genus"),
    (6, 5, "species"),
):
    _SOUND.taxon(_taxon, _above, _rank)


@st.composite
def odd_lakes(draw: st.DrawFn) -> World:
    """Up to seven taxa, six observations and what hangs on them; any table may have no rows.

    In every other lake most taxa are sound, and its tables are full.
    """
    world = World()
    is_full = draw(st.booleans())
    for name, columns in _COLUMNS.items():
        least = _MOST[name] // 2 if is_full and name != "taxa" else 0
        rows = st.lists(
            st.fixed_dictionaries(columns),
            min_size=least,
            max_size=_MOST[name],
            unique_by=_key(TABLES[name].key),
        )
        setattr(world, name, draw(rows))
    if is_full:
        odd = {row["taxon_id"]: row for row in world.taxa[:2]}
        world.taxa = [odd.get(row["taxon_id"], row) for row in _SOUND.taxa]
    for row in world.observations:
        row["observation_uuid"] = _uuid(draw, row["observation_id"])
    return world


def _key(names: tuple[str, ...]) -> object:
    return lambda row: tuple(row[name] for name in names)


def _uuid(draw: st.DrawFn, observation_id: int) -> str | None:
    """Any UUID, or none; a surrogate's id is made from its own."""
    if observation_id < 0:
        return "fca0de5c-63fc-41c9-8111-111111111111"
    return draw(_perhaps(st.just(_UUID.format(observation_id))))
