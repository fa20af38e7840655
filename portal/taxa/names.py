"""Names as they are searched: folded the same way when they are stored and when they are asked for."""

import unicodedata

#: Letters that no decomposition turns into plain ones.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})
_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
KEY_LENGTH = 100


def fold(name: str) -> str:
    """The name in lower case without accents or signs, words one blank apart: "Wilson's ×" is "wilsons"."""
    name = name.translate(_APOSTROPHES)
    if not name.isascii():
        decomposed = unicodedata.normalize("NFKD", name)
        name = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    name = name.casefold().translate(_LETTERS)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in name).split())


def word_starts(*names: str) -> set[str]:
    """The folded names from each of their words on, at most `KEY_LENGTH` characters of each."""
    keys: set[str] = set()
    for name in names:
        words = fold(name).split()
        keys.update(" ".join(words[start:])[:KEY_LENGTH].rstrip() for start in range(len(words)))
    return keys
