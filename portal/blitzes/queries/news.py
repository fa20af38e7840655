"""What is new of blitzes: that one begins, its last two days, its result. Each once, and nothing between."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.blitzes.models import Blitz
from portal.blitzes.queries import Course, courses, selected
from portal.blitzes.states import State
from portal.cutoffs.queries import Viewer
from portal.taxa.models import Taxon
from portal.taxa.queries.mine import touching

#: How long before its end a blitz is in its last days. One that is not twice as long has no last days.
LAST = timedelta(hours=48)
#: How many blitzes feeds and calendars have, the latest.
LATEST = 30
#: How long after its end a result is still sent, for data may come late.
SENT_FOR = timedelta(days=92)


class Kind(models.TextChoices):
    """What can be new of a blitz."""

    BEGUN = "begun", _("it has begun")
    LAST_DAYS = "last-days", _("its last two days")
    RESULT = "result", _("its result")


@dataclass(frozen=True)
class News:
    """Something new of a blitz, since ``at``."""

    course: Course
    kind: Kind
    at: datetime

    @property
    def blitz(self) -> Blitz:
        return self.course.blitz


def latest(viewer: Viewer, clade: Taxon | None) -> list[Course]:
    """The latest blitzes that this person may know of, of a clade or below it, the last to begin first."""
    known = selected(viewer, clade=clade).exclude(state=State.CANCELLED)
    return courses(known.order_by("-starts_at", "-id")[:LATEST])


def news(viewer: Viewer, clade: Taxon | None, now: datetime) -> list[News]:
    """What is new of these, latest first."""
    items = [one for course in latest(viewer, clade) for one in _of(course, now)]
    return sorted(items, key=lambda one: (one.at, one.blitz.pk, one.kind), reverse=True)


def worth_sending(now: datetime) -> list[News]:
    """What is new of those under way, and the results of those that ended lately, whoever may know."""
    lately = models.Q(state=State.FINISHED, ends_at__gte=now - SENT_FOR)
    rows = Blitz.objects.filter(models.Q(state=State.RUNNING) | lately).select_related("clade", "cutoff")
    items = [one for course in courses(rows.order_by("id")) for one in _of(course, now)]
    return [one for one in items if one.kind == Kind.RESULT or now < one.blitz.closes_at]


def of_blitzes(blitz_ids: Iterable[int]) -> list[News]:
    """All that ever was or will be new of these blitzes, whoever may know of them."""
    rows = Blitz.objects.filter(pk__in=list(blitz_ids)).select_related("clade", "cutoff")
    return [one for course in courses(rows) for one in _of(course, course.blitz.closes_at)]


def groups_touching(blitz: Blitz, groups: Iterable[str]) -> set[str]:
    """Those of these groups that hold the blitz's clade or lie in it."""
    return touching(groups, blitz.clade_id, blitz.criteria)


def _of(course: Course, now: datetime) -> Iterator[News]:
    blitz = course.blitz
    if blitz.began_at is None:
        return
    yield News(course, Kind.BEGUN, blitz.began_at)
    last = blitz.closes_at - LAST
    if last - blitz.began_at >= LAST and last <= now:
        yield News(course, Kind.LAST_DAYS, last)
    if blitz.state == State.FINISHED and course.is_final and course.latest is not None:
        yield News(course, Kind.RESULT, max(course.latest.data_as_of, blitz.closes_at))
