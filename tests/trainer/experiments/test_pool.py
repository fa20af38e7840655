"""A pool of photos and its draws."""

from dataclasses import replace

import numpy as np

from tests.trainer.experiments import made_up


def test_a_draw_shares_all_photos_out_by_observation() -> None:
    pool = replace(made_up.pool(200), observation_ids=np.arange(1200) // 3)
    draw = pool.draw(1)
    assert np.array_equal(np.sort(np.concatenate([draw.train, draw.val, draw.test])), np.arange(1200))
    sets = [set(pool.observation_ids[rows].tolist()) for rows in (draw.train, draw.val, draw.test)]
    assert not sets[0] & sets[1]
    assert not sets[0] & sets[2]
    assert not sets[1] & sets[2]
    assert abs(len(draw.test) / 1200 - 0.2) < 0.06
    assert np.array_equal(pool.draw(1).test, draw.test)
    assert not np.array_equal(pool.draw(2).test, draw.test)


def test_relatives_are_the_nearest_others() -> None:
    pool = replace(made_up.pool(), levels=[np.array([0, 0, 1, 2, 3, 4]), np.array([0, 0, 1, 1, 2, 3])])
    assert [pool.relatives(one).tolist() for one in range(6)] == [[1], [0], [3], [2], [], []]


def test_its_digest_changes_with_each_part() -> None:
    pool = made_up.pool()
    others = [
        replace(pool, features=pool.features + 1),
        replace(pool, class_ids=pool.class_ids[::-1]),
        replace(pool, observation_ids=pool.observation_ids + 1),
        replace(pool, levels=pool.levels[:3]),
    ]
    assert len({pool.digest, *(other.digest for other in others)}) == 5
    assert made_up.pool().digest == pool.digest
