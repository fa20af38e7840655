"""What happened to a cutoff, as mails and webhooks carry it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from portal import text
from portal.cutoffs import wording
from portal.cutoffs.models import Event
from portal.cutoffs.queries import updates_until, visible_with_id
from portal.cutoffs.states import State
from portal.links import page_address
from portal.news import Viewer
from portal.notices.models import Phase


@dataclass(frozen=True)
class CutoffNews:
    """A published line of a cutoff's audit log (`portal.news.News`)."""

    event: Event

    @property
    def key(self) -> str:
        """Return its name."""
        return f"cutoff-{self.event.pk}"

    @property
    def phase(self) -> str:
        """Return under which heading people subscribe to it."""
        return self.event.after if self.event.is_transition else Phase.CHANGED

    @property
    def at(self) -> datetime:
        """Return when it happened."""
        return self.event.at

    @property
    def title(self) -> str:
        """Return "Winter 2027: announced", marked where it is made up."""
        cutoff = self.event.cutoff
        what = self.event.get_after_display() if self.event.is_transition else _("changed")
        line = f"{cutoff.name}: {what}"
        return text.line(_("Simulated: %(title)s") % {"title": line} if cutoff.is_simulated else line)

    @property
    def subject(self) -> str:
        """Return "iNaturalist cutoff Winter 2027: announced"."""
        return _("iNaturalist cutoff %(title)s") % {"title": self.title}

    @property
    def own_title(self) -> str:
        """Return the title with the cutoff's day and how often people have heard of it."""
        return _("%(title)s (cutoff on %(day)s, update %(n)s)") % {
            "title": self.title,
            "day": f"{self.event.cutoff.cutoff_at:%Y-%m-%d}",
            "n": updates_until(self.event),
        }

    @property
    def lines(self) -> Sequence[str]:
        """Return the staff's note and the cutoff's time."""
        return tuple(filter(None, (wording.note(self.event), wording.day_of(self.event.cutoff))))

    @property
    def mailed_lines(self) -> Sequence[str]:
        """Return what counts now; nothing of a cutoff that was called off."""
        cutoff = self.event.cutoff
        return () if cutoff.state == State.CANCELLED else (wording.counts_now(cutoff),)

    @property
    def link(self) -> str:
        """Return the address of the cutoff's page."""
        return page_address("cutoffs:cutoff", self.event.cutoff_id)

    def facts(self) -> Mapping[str, Any]:
        """Return the note, and the cutoff as it is now."""
        cutoff = self.event.cutoff
        return {
            "note": text.plain(wording.note(self.event)),
            "cutoff": {
                "id": cutoff.pk,
                "uid": str(cutoff.uid),
                "sequence": cutoff.sequence,
                "name": text.line(cutoff.name),
                "state": cutoff.state,
                "cutoff_at": cutoff.cutoff_at.isoformat(),
                "window_start": cutoff.window_start.isoformat(),
                "criteria": cutoff.criteria,
                "commitment": cutoff.commitment,
                "model": cutoff.model_name,
                "is_simulated": cutoff.is_simulated,
                "url": self.link,
            },
        }

    def is_for(self, viewer: Viewer, now: datetime) -> bool:
        """Return whether this person may know of its cutoff."""
        return visible_with_id(viewer, self.event.cutoff_id) is not None

    def groups_concerned(self, groups: Iterable[str]) -> set[str]:
        """Return all of them: a cutoff concerns every group."""
        return set(groups)
