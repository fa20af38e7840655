"""Blitzes in plain words. Nobody is named or counted; what is expected comes with its interval."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.blitzes.models import Measurement
from portal.numbers import about, interval, number


def expected(row: Measurement) -> str:
    """What a count expects of the clade: "About 340 of 1,210 observations ... (250 to 430)"."""
    words = ngettext(
        "%(about)s of %(labels)s observation under hotspot labels is expected to be wrong (%(interval)s)",
        "%(about)s of %(labels)s observations under hotspot labels are expected to be wrong (%(interval)s)",
        row.labels,
    )
    return words % {
        "about": about(row.expected_wrong),
        "labels": number(row.labels),
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
