"""The lab's names and outcomes in words, in the reader's language."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from exporter.policy.pictures import Shown
from portal.numbers import decimal, number, percent_words, signed
from portal.policy.results import Cell, Choice, parameters

REACTIONS = {
    "all": _("everybody: clean-up, enthusiasts and pushers"),
    "identifiers": _("mostly identifiers"),
    "blitz": _("a blitz without worklists"),
    "worklist": _("a blitz with worklists"),
    "rush": _("a rush: what staff fear most"),
}
DRAWS = {"sealed": _("sealed"), "open": _("known beforehand")}
ARMS = {
    "never": _("never announced"),
    "once": _("one clean-up, before the second export"),
    "every": _("a clean-up before every export"),
}
OUTCOMES = {
    "wrong_share": _("Wrong labels, share of the exported observations"),
    "worst_share": _("The same in the 5 % of classes where it is highest"),
    "classes": _("Classes"),
    "pushed_in": _("Pushed taxa that became classes"),
    "gained": _("Classes gained against no announcement"),
    "lost": _("Classes lost against no announcement"),
    "photos": _("Photos"),
    "photos_lost": _("Photos lost: exported without an announcement, and not with it"),
    "ks": _("Drift of photos per class: Kolmogorov-Smirnov"),
    "wasserstein_log": _("Drift of photos per class: Wasserstein, logarithms"),
    "honest_waited": _("Right labels that waited for the next export"),
    "honest_days": _("Days from such a label to the next export"),
    "aimed_exported": _("Wrong labels aimed at a full class that got in"),
    "alarms": _("Guards that fired"),
    "alarm_influx": _("Share of communities in which the guard of many new labels fired"),
    "alarm_bunching": _("Share of communities in which the guard of taxa just above the line fired"),
    "alarm_drift": _("Share of communities in which the guard of photos per class fired"),
    "removed": _("Wrong labels removed"),
}
PARAMETERS = {
    "cleanup": _("Extra skilled identifications a day, as a share of all usual ones"),
    "eye": _("How much more often skilled people open a wrong label than a right one, without a worklist"),
    "by_worklist": _("Skilled people take worklists, most suspect first"),
    "enthusiasts": _("Extra identifications a day by people without a record, as a share of all usual ones"),
    "error": _("Share of those that are wrong"),
    "pushed_taxa": _("Taxa that four accounts carry over the line as soon as they hear of the date"),
    "aimed": _("Wrong labels that four accounts carry into a class that is full"),
    "records": _("Extra observations a day of species below the line, as a share of all usual ones"),
}
#: Shares of 1, shown as per cent.
_SHARES = ("wrong_share", "worst_share")
_SMALL = ("ks", "wasserstein_log")


def days(count: int) -> str:
    """Return so many days in words."""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": number(count)}


def value_words(name: str, value: float | None) -> str:
    """Return an outcome's value as it is read; a dash for none."""
    if value is None:
        return "–"
    if name in _SHARES:
        return percent_words(value, 2)
    return decimal(value, 3 if name in _SMALL else 1)


def points(value: float | None) -> str:
    """Return a change in a share, in points: "−0.17"."""
    return "–" if value is None else signed(100 * value, 2)


def change_words(name: str, change: Shown | None) -> str:
    """Return a change with its interval: points for a share."""
    if change is None or change.value is None:
        return ""
    scale = 100 if name in _SHARES else 1
    values = [signed(scale * one, 2 if name in _SHARES else 1) for one in _known(change)]
    return values[0] if len(values) == 1 else _("%s (%s to %s)") % tuple(values)


def outcome_rows(cell: Cell) -> list[dict[str, object]]:
    """Return the outcomes of a cell as the page's table shows them."""
    rows: list[dict[str, object]] = [
        {
            "name": OUTCOMES[name],
            "value": value_words(name, cell.means[name].value),
            "interval": _interval(name, cell.means[name]),
            "change": change_words(name, cell.changes.get(name)),
        }
        for name in OUTCOMES
        if name in cell.means
    ]
    hours = cell.hours_per_removed
    return [
        *rows,
        {
            "name": _("Identifiers’ hours for each wrong label removed"),
            "value": "–" if hours.value is None else decimal(hours.value, 2),
            "interval": "" if hours.low is None else _between(*(decimal(v, 2) for v in _known(hours)[1:])),
            "change": "",
        },
    ]


def parameter_rows(choice: Choice, known: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return what is assumed of a reaction: value, range and source."""
    values = parameters(choice.reaction)
    return [
        {
            "name": PARAMETERS[str(one["name"])],
            "value": values[str(one["name"])],
            "low": one["low"],
            "high": one["high"],
            "is_sourced": one["source"] != "assumed",
        }
        for one in known
        if one["name"] in values
    ]


def _interval(name: str, one: Shown) -> str:
    if one.low is None or one.high is None:
        return ""
    return _between(value_words(name, one.low), value_words(name, one.high))


def _between(low: str, high: str) -> str:
    return str(_("%(low)s to %(high)s") % {"low": low, "high": high})


def _known(one: Shown) -> list[float]:
    return [value for value in (one.value, one.low, one.high) if value is not None]
