"""Training runs in plain words."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from exporter.shares import Share
from portal import lifecycle
from portal.cutoffs.models import Cutoff
from portal.numbers import decimal, number, percent_words, signed
from portal.training import figures
from portal.training.comparison import Interval, Pair
from portal.training.models import Run, Training

#: A run that is not heard of for so long has stopped, as far as one can see from here.
SILENT_AFTER = timedelta(minutes=20)

#: Ways to name a photo, and what a pair of them is compared for (`portal.training.comparison`).
WAYS = {
    "one": gettext_lazy("One model of all classes"),
    "one_twice": gettext_lazy("The same, trained twice as long"),
    "split_router": gettext_lazy("A model for each clade, clade chosen by a router"),
    "split_weighed": gettext_lazy("The same, weighed by the router’s probabilities"),
    "one_masked": gettext_lazy("One model, clade known"),
    "split_oracle": gettext_lazy("A model for each clade, clade known"),
}
QUESTIONS = {
    ("split_router", "one"): gettext_lazy("Split models with a router, against one model"),
    ("split_weighed", "one"): gettext_lazy("Split models weighed by the router, against one model"),
    ("split_router", "one_twice"): gettext_lazy(
        "Split models with a router, against one model trained twice as long"
    ),
    ("split_oracle", "one_masked"): gettext_lazy("Split models against one model, clade known to both"),
    ("one_masked", "one"): gettext_lazy("What knowing the clade is worth to one model"),
}

RUNNING, SILENT, DONE = "running", "silent", "done"


@dataclass(frozen=True)
class Described:
    """A run as pages show it. ``step`` is what this portal's worker is at, where it trains the run."""

    run: Run
    cutoff: Cutoff | None
    state: str
    step: str
    pace: figures.Pace
    top1: Share | float | None

    @property
    def state_words(self) -> str:
        return {RUNNING: _("in training"), SILENT: _("silent"), DONE: _("finished")}[self.state]


def describe(run: Run, cutoff: Cutoff | None, now: datetime) -> Described:
    """The run, and the cutoff whose snapshot it learned from if that is public."""
    own = getattr(cutoff, "training", None)
    return Described(
        run=run,
        cutoff=cutoff,
        state=_state(run, own, now),
        step=own.step if own is not None and run.state == Run.State.RUNNING else "",
        pace=figures.pace(run),
        top1=top1(run.overall or {}),
    )


def _state(run: Run, own: Training | None, now: datetime) -> str:
    if run.state == Run.State.DONE:
        return DONE
    signs = (run.created_at, run.heartbeat_at, own.seen_at if own else None)
    last = max(sign for sign in signs if sign is not None)
    return SILENT if now - last > SILENT_AFTER else RUNNING


def steps(described: Described) -> list[dict[str, str]]:
    """What this portal's worker does one after the other, each done, under way, or ahead."""
    return lifecycle.steps(list(Training.Step)[:-1], described.step)  # but for "done"


def top1(overall: dict[str, Any]) -> Share | float | None:
    """How many test photos it names right: with the number of photos where that is known."""
    share, images = figures.share(overall, "top1"), figures.number(overall, "images")
    if share is None or not images:
        return share
    return Share(round(share * images), round(images))


def overall(recorded: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The figures of all test photos: name, value, and what it means; those that were reported."""
    result = [
        (_("named right"), share_words(top1(recorded)), _("the likeliest class is the label (top-1).")),
        (
            _("right among the first five"),
            share_words(figures.share(recorded, "top5")),
            _("the label is among the five likeliest classes (top-5)."),
        ),
        (
            _("named right, class by class"),
            share_words(figures.share(recorded, "mean_class_top1")),
            _("the mean over classes, so that rare ones count as much as common ones."),
        ),
        (
            _("calibration error"),
            share_words(figures.share(recorded, "expected_calibration_error"), places=1),
            _("how far its confidence is from how often it is right, on average. 0 is best."),
        ),
    ]
    return [row for row in result if row[1]]


def share_words(value: Share | float | None, places: int = 0) -> str:
    """A share in per cent; empty if it is not known."""
    if value is None:
        return ""
    value = value.value if isinstance(value, Share) else value
    return percent_words(value, places)


def duration(seconds: float | None) -> str:
    """A time span in its two largest units: "3 days 4 hours", "12 minutes"; empty if it is not known."""
    if seconds is None:
        return ""
    minutes = round(seconds / 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    units = [
        (days, ngettext("%(n)s day", "%(n)s days", days)),
        (hours, ngettext("%(n)s hour", "%(n)s hours", hours)),
        (0 if days else rest, ngettext("%(n)s minute", "%(n)s minutes", rest)),
    ]
    words = [name % {"n": number(count)} for count, name in units if count]
    return " ".join(words) or _("less than a minute")


def points(difference: float) -> str:
    """Return a difference of shares in points: "−1.2"."""
    return signed(100 * difference, 1)


def width(deviation: float) -> str:
    """Return a standard deviation of shares in points: "1.2"."""
    return decimal(100 * deviation, 1)


def share_of_tests(share: float | None) -> str:
    """Return a share of test photos with one place; a dash for none."""
    return "–" if share is None else percent_words(share, 1)


def question(pair: Pair) -> str:
    """Return what a pair of ways is compared for."""
    return str(QUESTIONS[pair.first, pair.second])


def verdict(difference: Interval) -> str:
    """Return what an interval of a difference says."""
    if difference.is_gain:
        return _("better")
    return _("worse") if difference.is_loss else _("no clear difference")
