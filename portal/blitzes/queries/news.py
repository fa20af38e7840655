"""What is new of blitzes: that one begins, its last two days, its result. Each once, and nothing between."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.blitzes.models import Blitz
from portal.blitzes.queries import Course, courses, selected
from portal.blitzes.states import State
from portal.cutoffs.queries import Viewer
from portal.taxa.models import Taxon

#: How long before its end a blitz is in its last days. One that is not twice as long has no last days.
LAST = timedelta(hours=48)
#: How many blitzes feeds and calendars have, the latest.
LATEST = 30


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
