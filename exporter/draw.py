"""The sealed draw: an order of the observations that nobody can aim at and anybody can check.

An observation's key is the SHA-256 of "<seed>:<observation id>". Whatever is drawn at random is drawn by
ascending key. The seed's own SHA-256, its *commitment*, is published before the cutoff; the seed after it.
"""

import hashlib

from exporter.errors import DataError

SEED_BYTES = 16

#: The key as SQL over observation_id and the parameter $seed. Its first 64 bits decide; observations that
#: agree in these (one pair in 10**19) come by id.
DRAW_KEY = "substr(sha256(concat($seed, ':', CAST(observation_id AS VARCHAR))), 1, 16)"


def commitment(seed: str) -> str:
    """The seed's SHA-256 in hexadecimal. DataError for a seed that could be guessed by trying."""
    size = len(seed.encode())
    if size < SEED_BYTES:
        raise DataError(f"the seed has {size} bytes; give a random text of at least {SEED_BYTES}")
    return hashlib.sha256(seed.encode()).hexdigest()


def draw_key(seed: str, observation_id: int) -> str:
    """The key of one observation, 16 hexadecimal digits: what DRAW_KEY gives."""
    return hashlib.sha256(f"{seed}:{observation_id}".encode()).hexdigest()[:16]


def is_drawn(seed: str, observation_id: int, share: float) -> bool:
    """Whether an observation is in the share, between 0 and 1, that a seed draws: by its key alone."""
    return int(draw_key(seed, observation_id), 16) < share * 2**64
