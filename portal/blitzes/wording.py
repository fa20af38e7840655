"""Blitzes in plain words. Nobody is named or counted; what is expected comes with its interval."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exporter.shares import Share
from portal.blitzes.models import Blitz, Measurement
from portal.blitzes.queries import Course, SecondLooks
from portal.blitzes.queries.news import Kind, News
from portal.cutoffs.wording import moment
from portal.numbers import about, interval, number, percent, whole
from portal.present import present

#: Of fewer second looks no share is given.
LEAST_LOOKED_AT = 10


def expected(row: Measurement) -> str:
    """What a count expects of the clade: "About 340 of 1,210 observations ... (250 to 430)"."""
    observations = ngettext(
        "%(n)s observation under hotspot labels", "%(n)s observations under hotspot labels", row.labels
    )
    words = ngettext(
        "%(about)s of %(observations)s is expected to be wrong (%(interval)s)",
        "%(about)s of %(observations)s are expected to be wrong (%(interval)s)",
        whole(row.expected_wrong),
    )
    return words % {
        "about": about(row.expected_wrong),
        "observations": observations % {"n": number(row.labels)},
        "interval": interval(row.expected_wrong_low, row.expected_wrong_high),
    }


def changed(row: Measurement) -> str:
    """What was done by a count, in a sentence without people."""
    looked = ngettext("%(n)s label was looked at", "%(n)s labels were looked at", row.looked_at) % {
        "n": number(row.looked_at)
    }
    moved = ngettext(
        "%(n)s was moved away, with %(photos)s photos",
        "%(n)s were moved away, with %(photos)s photos",
        row.moved,
    ) % {"n": number(row.moved), "photos": number(row.moved_photos)}
    return _("%(looked)s since it began; %(moved)s.") % {"looked": looked, "moved": moved}


def target(course: Course, targets: int) -> str:
    """What is to be looked at and how much of it was: "300 labels to look at, 120 done"."""
    words = ngettext("%(n)s label to look at", "%(n)s labels to look at", targets) % {"n": number(targets)}
    if not course.is_measured:
        return words
    done = present(course.latest).looked_at
    return _("%(target)s, %(done)s done") % {"target": words, "done": number(done)}


def inflow(course: Course) -> str:
    """How many labels its hotspots had when it began and have now; empty before there was a count."""
    if not course.is_measured:
        return ""
    words = _("Labels under its hotspots: %(before)s when it began, %(now)s at the newest count.")
    before, latest = present(course.before), present(course.latest)
    return words % {"before": number(before.labels), "now": number(latest.labels)}


def invitation(course: Course, targets: int, address: str) -> str:
    """A comment to share: what it is, how far it is, how to help, and that a right label counts as much."""
    title = marked(course.blitz, course.blitz.title)
    lines = [
        f"{title}: {target(course, targets)}." if targets else title,
        _("It ends on %(time)s.") % {"time": moment(course.blitz.closes_at)},
        _("Anybody can help, 30 observations at a time. Confirming a right label is worth as much as moving"
          " a wrong one, and leaving what one does not know is fine."),
        address,
    ]  # fmt: skip
    return "\n".join(lines)


def marked(blitz: Blitz, words: str) -> str:
    """Words about a blitz, marked where its observations are made up."""
    return _("Simulated: %(title)s") % {"title": words} if blitz.is_simulated else words


def headline(one: News) -> str:
    """News of a blitz in a line: "Bumble bees before the cutoff: the last two days"."""
    words = {
        Kind.BEGUN: _("%(title)s: it has begun"),
        Kind.LAST_DAYS: _("%(title)s: the last two days"),
        Kind.RESULT: _("%(title)s: the result"),
    }
    return words[one.kind] % {"title": one.blitz.title}


def describe(one: News) -> str:
    """The same in sentences: what is to be done, or what was changed. Nobody is named or ranked."""
    course = one.course
    ends = _("It ends on %(time)s.") % {"time": moment(one.blitz.closes_at)}
    if one.kind == Kind.BEGUN:
        before = expected(course.before) + "." if course.before else ""
        return "\n".join(filter(None, [one.blitz.purpose, before, ends]))
    done = changed(course.latest) if course.latest and course.is_measured else ""
    if one.kind == Kind.LAST_DAYS:
        return "\n".join(filter(None, [done, ends]))
    thanks = _("Thank you to everybody who looked, at a wrong label or a right one.")
    return "\n".join(filter(None, [done, thanks]))


def moved_back(looks: SecondLooks) -> str:
    """How many moved labels were moved back at a second look, with the interval."""
    share = looks.moved_back
    if share.of < LEAST_LOOKED_AT:
        return _("Moved labels: not enough second looks yet (%(n)s of at least %(least)s).") % {
            "n": number(share.of),
            "least": LEAST_LOOKED_AT,
        }
    words = _("Moved back: %(n)s of %(of)s moved labels that were looked at again (%(low)s to %(high)s %%).")
    return words % _of(share)


def unsuspected_moved(looks: SecondLooks) -> str:
    """How many labels that nobody suspected were moved at a second look, with the interval."""
    share = looks.unsuspected_moved
    if share.of < LEAST_LOOKED_AT:
        return _(
            "Labels that nobody suspected: not enough second looks yet (%(n)s of at least %(least)s)."
        ) % {
            "n": number(share.of),
            "least": LEAST_LOOKED_AT,
        }
    words = _("Moved: %(n)s of %(of)s looked at that nobody suspected (%(low)s to %(high)s %%).")
    return words % _of(share)


def _of(share: Share) -> dict[str, object]:
    return {
        "of": number(share.of),
        "n": number(share.count),
        "low": percent(share.low),
        "high": percent(share.high),
    }
