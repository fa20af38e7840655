"""Batches, receipts and answers in plain words. Nobody is named or ranked."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.batches.models import Batch, Tally
from portal.hotspots.models import Kind
from portal.hotspots.wording import KIND_NAMES
from portal.numbers import number

#: The reasons of worklists (`exporter.messages`) without their values.
REASON_NAMES = {
    "disagree": gettext_lazy("somebody disagrees"),
    "suggested": gettext_lazy("named from a suggestion alone"),
    "overturned": gettext_lazy("its label was often changed"),
    "out_of_range": gettext_lazy("out of range"),
    "unidentified": gettext_lazy("nobody’s identification is known"),
    "model": gettext_lazy("a model names another taxon"),
    "model_other": gettext_lazy("a model names another taxon"),
    "maybe": gettext_lazy("perhaps another taxon"),
    "maybe_other": gettext_lazy("perhaps another in the genus"),
    "left_at": gettext_lazy("photos rarely decide it"),
    "left_at_genus": gettext_lazy("photos rarely decide it"),
    "little": gettext_lazy("little speaks for it"),
}


def alarm(tally: Tally) -> str:
    """What a line of the table of false alarms is about."""
    if tally.group == Tally.Group.KIND:
        return str(KIND_NAMES[Kind(tally.code)])
    return str(REASON_NAMES.get(tally.code, tally.code))


def receipt(batch: Batch, size: int) -> str:
    """What became of a batch by the last count: "Of your 30: 21 looked at, 6 moved, 8 wrong photos out."."""
    if batch.measured_at is None:
        return _("No count since you took it. The next one completes this receipt.")
    looked = ngettext("%(n)s looked at", "%(n)s looked at", batch.looked_at)
    moved = ngettext("%(n)s label moved", "%(n)s labels moved", batch.moved)
    photos = ngettext("%(n)s wrong photo out", "%(n)s wrong photos out", batch.moved_photos)
    return _("Of your %(size)s: %(looked)s, %(moved)s, %(photos)s.") % {
        "size": number(size),
        "looked": looked % {"n": number(batch.looked_at)},
        "moved": moved % {"n": number(batch.moved)},
        "photos": photos % {"n": number(batch.moved_photos)},
    }


def minutes_ago(then: datetime, now: datetime) -> str:
    """How long ago something was, in whole minutes or hours."""
    minutes = int((now - then).total_seconds() // 60)
    if minutes < 1:
        return _("less than a minute ago")
    if minutes < 60:
        return ngettext("%(n)s minute ago", "%(n)s minutes ago", minutes) % {"n": number(minutes)}
    hours = minutes // 60
    return ngettext("%(n)s hour ago", "%(n)s hours ago", hours) % {"n": number(hours)}
