"""Whether a photo may be shown, and the credit beside it.

A Creative Commons licence asks for author and licence, and lets a link to a page that has them do (4.0
international, section 3(a)(2)): a photo's page on iNaturalist has both. A photo without such a licence is
linked and not shown.
"""

from dataclasses import dataclass

#: Codes as iNaturalist writes them, with their names and addresses.
_LICENCES = {
    "cc0": ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "pd": ("public domain", "https://creativecommons.org/publicdomain/mark/1.0/"),
} | {
    f"cc-{terms}": (f"CC {terms.upper()}", f"https://creativecommons.org/licenses/{terms}/4.0/")
    for terms in ("by", "by-sa", "by-nd", "by-nc", "by-nc-sa", "by-nc-nd")
}


@dataclass(frozen=True)
class Credit:
    """A photo's credit. ``licence`` is empty where none lets it be shown."""

    photo_id: int
    observation_id: int
    licence: str
    licence_url: str

    @property
    def may_be_shown(self) -> bool:
        """Whether its licence lets it."""
        return bool(self.licence)


def licence_name(code: str) -> str:
    """A licence's name for people; an unknown licence is shown as it is."""
    return _LICENCES.get(code, (code, ""))[0]


def credit(photo_id: int, observation_id: int, code: str | None) -> Credit:
    """The credit of a photo under the licence of that code."""
    return Credit(photo_id, observation_id, *_LICENCES.get(code or "", ("", "")))
