"""The sealed draw."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporter.draw import DRAW_KEY, commitment, draw_key
from exporter.errors import DataError


def test_the_commitment_is_the_seeds_sha256() -> None:
    assert (
        commitment("0123456789abcdef") == "9f9f5111f7b27a781f1f1ddde5ebc2dd2b796bfc7365c9c28b548e564176929f"
    )


def test_a_seed_is_measured_in_bytes() -> None:
    assert len(commitment("ä" * 8)) == 64
    with pytest.raises(DataError, match=r"^the seed has 15 bytes; give a random text of at least 16$"):
        commitment("a" * 15)


def test_the_key_begins_the_sha256_of_seed_and_observation() -> None:
    """`printf 'a seed of 16 bytes or more:7' | sha256sum` on any machine."""
    assert draw_key("a seed of 16 bytes or more", 7) == "9e061a77139ff06c"


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0")), st.integers(-(2**63), 2**63 - 1))
def test_sql_gives_the_same_key(seed: str, observation_id: int) -> None:
    query = f"SELECT {DRAW_KEY} FROM (SELECT $id::BIGINT AS observation_id)"
    with duckdb.connect() as con:
        assert con.execute(query, {"seed": seed, "id": observation_id}).fetchone() == (
            draw_key(seed, observation_id),
        )
