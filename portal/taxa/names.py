"""Names as they are searched: folded the same way when they are stored and when they are searched."""

from portal.text import fold

KEY_LENGTH = 100


def word_starts(*names: str) -> set[str]:
    """The folded names from each of their words on, at most `KEY_LENGTH` characters of each."""
    keys: set[str] = set()
    for name in names:
        words = fold(name).split()
        keys.update(" ".join(words[start:])[:KEY_LENGTH].rstrip() for start in range(len(words)))
    return keys
