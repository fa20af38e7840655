"""A pull that is killed at any step loses nothing and doubles nothing."""

import os
import random
from pathlib import Path

from exporter.lake import Lake
from exporter.pull.puller import store_of
from tests.exporter.pull.conftest import contents
from tests.exporter.pull.kill import pull
from tests.standin.server import StandIn

#: How often a pull is killed; `make test-kills` does it a hundred times.
KILLS = int(os.environ.get("LEAFLINE_KILLS", "30"))
KILLS_A_LAKE = 10
LIFE = 48460


def test_random_kills_leave_the_lake_of_an_undisturbed_pull(standin: StandIn, tmp_path: Path) -> None:
    rng = random.Random(20261123)
    steps = pull(tmp_path / "undisturbed", standin.url, LIFE)
    expected = contents(Lake(tmp_path / "undisturbed" / "lake"))
    assert [row[0] for row in expected["observations"]] == standin.world.ids(frozenset([LIFE]))
    kills = lakes = 0
    while kills < KILLS:
        folder, lakes = tmp_path / f"killed-{lakes}", lakes + 1
        while pull(folder, standin.url, LIFE, kill_at=(step := rng.randint(1, steps // 3))) == step:
            kills += 1
            if kills % KILLS_A_LAKE == 0:
                pull(folder, standin.url, LIFE)
                break
        lake = Lake(folder / "lake")
        assert contents(lake) == expected
        assert store_of(lake).walks() == []
