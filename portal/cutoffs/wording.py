"""Cutoffs in plain words: when, what counts now, and the rules."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import DateTimeField
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.cutoffs.models import Cutoff, Event
from portal.cutoffs.states import PLANNED, State
from portal.messages import rendered

_SOON = timedelta(days=2)
#: An announcement in the last day before the settling window opens is as good as one at its opening.
_LAST_DAY = timedelta(days=1)


def moment(time: datetime) -> str:
    """A time to the minute: "20 January 2027, 00:00 UTC"."""
    return _("%(time)s UTC") % {"time": date_format(time, "DATETIME_FORMAT")}


def day_of(cutoff: Cutoff) -> str:
    """When it is, was, or would have been: "The cutoff is on 20 January 2027, 00:00 UTC."."""
    if cutoff.state == State.CANCELLED:
        words = _("The cutoff was to be on %(moment)s.")
    elif cutoff.state in PLANNED:
        words = _("The cutoff is on %(moment)s.")
    else:
        words = _("The cutoff was on %(moment)s.")
    return words % {"moment": moment(cutoff.cutoff_at)}


def until(time: datetime, now: datetime) -> str:
    """How far away a time is: "in 23 days", "in 5 hours", "3 days ago"."""
    away = time - now
    if away <= timedelta(0):
        days = (now.date() - time.date()).days
        return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days} if days else _("today")
    if away >= _SOON:
        days = (time.date() - now.date()).days
        return ngettext("in %(n)s day", "in %(n)s days", days) % {"n": days}
    hours = int(away.total_seconds() // 3600)
    if hours:
        return ngettext("in %(n)s hour", "in %(n)s hours", hours) % {"n": hours}
    minutes = int(away.total_seconds() // 60) + 1
    return ngettext("in %(n)s minute", "in %(n)s minutes", minutes) % {"n": minutes}


def counts_now(cutoff: Cutoff) -> str:
    """In a sentence or two: what counts for this cutoff in the state that it is in."""
    window, end = moment(cutoff.window_start), moment(cutoff.cutoff_at)
    if cutoff.state == State.ANNOUNCED:
        if not cutoff.settle_days:
            return _("Corrections and new labels count until %(end)s.") % {"end": end}
        return _(
            "Corrections count until the last minute. Labels made or refined after %(window)s wait for the"
            " next export."
        ) % {"window": window}
    if cutoff.state == State.SETTLING:
        return _(
            "Corrections count until %(end)s. Labels made or refined since %(window)s wait for the next"
            " export."
        ) % {"end": end, "window": window}
    if cutoff.state in (State.SNAPSHOTTING, State.FAILED):
        return _(
            "The data are taken as they stood at the cutoff. What is corrected now counts for the next"
            " export."
        )
    if cutoff.state == State.HELD:
        return _(
            "The snapshot is made, and somebody looks at it before it counts. What is corrected now counts"
            " for the next export."
        )
    return _("The snapshot is released. What is corrected now counts for the next export.")


def rules(cutoff: Cutoff) -> list[str]:
    """How the data are taken, one sentence each."""
    sentences = [
        _(
            "A label that became coarser, was disputed or was moved away counts at once: its photo leaves"
            " the class."
        ),
    ]
    if cutoff.settle_days:
        sentences.append(
            ngettext(
                "A label that is new or became finer in the last day before the cutoff waits for the next"
                " export.",
                "A label that is new or became finer in the last %(n)s days before the cutoff waits for the"
                " next export.",
                cutoff.settle_days,
            )
            % {"n": cutoff.settle_days}
        )
    sentences += [
        _("Every label is worked out again as it stood at these times, from the identifications’ own times."),
        _("Which photos are drawn is random, and sealed before the cutoff: nobody can aim at it."),
    ]
    return sentences


def announced_early(cutoff: Cutoff, now: datetime) -> str:
    """What staff must know before they announce a draft now; empty if its window opens within a day.

    The policy lab shows it: what is pushed between the announcement and the window settles, and counts.
    """
    if not cutoff.settle_days:
        return _(
            "This cutoff has no settling window: what is pushed after it is announced counts. In simulated"
            " communities that put more wrong labels into the export than saying nothing would have."
        )
    if cutoff.window_start - now < _LAST_DAY:
        return ""
    return _(
        "The settling window opens on %(window)s. What is pushed before then settles, and counts: in"
        " simulated communities an announcement two weeks before the window put more wrong labels into the"
        " export than saying nothing would have. Announce it in the last day before that, or let more days"
        " settle."
    ) % {"window": moment(cutoff.window_start)}


def note(event: Event) -> str:
    """Return what is recorded with an event: what was changed, what the portal says, a person's own words."""
    changes = "; ".join(_change(**change) for change in event.changes)
    return "\n".join(filter(None, (changes, rendered(event.messages), event.note)))


def _change(field: str, before: Any, after: Any) -> str:
    """Return a change in words: "hold for review: when a guard fires → always"."""
    fields: dict[str, Any] = {one.name: one for one in Cutoff._meta.concrete_fields}
    if field not in fields:
        return f"{field}: {before} → {after}"
    known = fields[field]
    return f"{known.verbose_name}: {_value(known, before)} → {_value(known, after)}"


def _value(field: Any, value: Any) -> str:
    if isinstance(field, DateTimeField):
        return f"{datetime.fromisoformat(value):%Y-%m-%d %H:%M} UTC"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(dict(field.flatchoices).get(value, value))
