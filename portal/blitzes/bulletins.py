"""News of blitzes as mails and webhooks carry them: the start, the last two days, the result, once each."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from portal import text
from portal.blitzes import wording
from portal.blitzes.models import Measurement
from portal.blitzes.queries import shown_with_id
from portal.blitzes.queries.news import Kind, News, groups_touching, of_blitzes, worth_sending
from portal.blitzes.states import State
from portal.ids import id_written
from portal.links import page_address
from portal.news import Viewer

#: What keys of their news begin with, as `portal.news` asks.
SOURCE = "blitz"


@dataclass(frozen=True)
class Bulletin:
    """Something new of a blitz (`portal.news.News`)."""

    news: News

    @property
    def key(self) -> str:
        """Return its name: "blitz-17-result"."""
        return f"{SOURCE}-{self.news.blitz.pk}-{self.news.kind.value}"

    @property
    def phase(self) -> str:
        """Return under which heading people subscribe to it."""
        return f"{SOURCE}-{self.news.kind.value}"

    @property
    def at(self) -> datetime:
        """Return since when it is so."""
        return self.news.at

    @property
    def title(self) -> str:
        """Return "Bumble bees before the cutoff: the result", marked where it is made up."""
        return text.line(wording.marked(self.news.blitz, wording.headline(self.news)))

    @property
    def subject(self) -> str:
        """Return "iNaturalist blitz Bumble bees before the cutoff: the result"."""
        return _("iNaturalist blitz %(title)s") % {"title": self.title}

    @property
    def own_title(self) -> str:
        """Return the title with the blitz's days: titles of blitzes come again."""
        blitz = self.news.blitz
        return _("%(title)s (blitz from %(start)s to %(end)s)") % {
            "title": self.title,
            "start": f"{blitz.starts_at:%Y-%m-%d}",
            "end": f"{blitz.ends_at:%Y-%m-%d}",
        }

    @property
    def lines(self) -> Sequence[str]:
        """Return what there is to do, or what was changed."""
        return wording.describe(self.news).split("\n")

    @property
    def mailed_lines(self) -> Sequence[str]:
        """Return nothing more."""
        return ()

    @property
    def link(self) -> str:
        """Return the address of the blitz's page."""
        return page_address("blitzes:blitz", self.news.blitz.pk)

    def facts(self) -> Mapping[str, Any]:
        """Return the blitz as it is now, by the names that the API has for it."""
        course, blitz = self.news.course, self.news.blitz
        latest = course.latest
        return {
            "blitz": {
                "id": blitz.pk,
                "title": text.line(blitz.title),
                "purpose": text.plain(blitz.purpose),
                "state": blitz.state,
                "clade": {"taxon_id": blitz.clade_id, "name": blitz.clade.name},
                "criteria": blitz.criteria,
                "starts_at": blitz.starts_at.isoformat(),
                "ends_at": blitz.closes_at.isoformat(),
                "looked_at": latest.looked_at if latest else None,
                "moved": latest.moved if latest else None,
                "before": _counted(course.before),
                "latest": _counted(latest),
                "is_final": course.is_final,
                "is_simulated": blitz.is_simulated,
                "url": self.link,
            }
        }

    def is_for(self, viewer: Viewer, now: datetime) -> bool:
        """Return whether this person may know of the blitz; but for its result, also whether it goes on."""
        blitz = shown_with_id(viewer, self.news.blitz.pk)
        if blitz is None or blitz.state == State.CANCELLED:
            return False
        return self.news.kind == Kind.RESULT or now < blitz.closes_at

    def groups_concerned(self, groups: Iterable[str]) -> set[str]:
        """Return the groups that hold the blitz's clade or lie in it."""
        return groups_touching(self.news.blitz, groups)


class Bulletins:
    """The news of all blitzes, for `portal.news`."""

    def recent(self, now: datetime) -> list[Bulletin]:
        """Return those that are worth sending now, whoever may know of them."""
        return [Bulletin(one) for one in worth_sending(now)]

    def named(self, keys: Iterable[str]) -> list[Bulletin]:
        """Return those with these keys, as far as they are still true."""
        keys = set(keys)
        ids = [id_written(key.removeprefix(f"{SOURCE}-").partition("-")[0]) for key in keys]
        bulletins = [Bulletin(one) for one in of_blitzes({number for number in ids if number is not None})]
        return [one for one in bulletins if one.key in keys]


def _counted(row: Measurement | None) -> dict[str, object] | None:
    if row is None:
        return None
    return {
        "at": row.at.isoformat(),
        "labels": row.labels,
        "expected_wrong": row.expected_wrong,
        "expected_wrong_low": row.expected_wrong_low,
        "expected_wrong_high": row.expected_wrong_high,
    }
