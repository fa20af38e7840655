"""What all Atom feeds share: text that XML can hold, and addresses that begin with `LEAFLINE_URL`."""

from typing import Any, TextIO

from django.contrib.syndication.views import Feed
from django.utils.feedgenerator import Atom1Feed

from portal import text


class CleanAtom(Atom1Feed):
    """An Atom feed that any text can be put into."""

    def write(self, outfile: TextIO, encoding: str) -> None:
        """Write the feed, each of its texts without what XML cannot hold."""
        self.feed = _clean(self.feed)
        self.items = [_clean(item) for item in self.items]
        super().write(outfile, encoding)


class AtomFeed(Feed):
    """A feed of this portal. Give `link`, `item_link` and `feed_url` by `portal.links`."""

    feed_type = CleanAtom
    author_name = "Leafline"


def _clean(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _clean_one(name, value) for name, value in values.items()}


def _clean_one(name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return text.line(value) if name == "title" else text.plain(value)
