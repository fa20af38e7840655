"""What iNaturalist's current model has, beside our outlook for the next, in words."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from portal.numbers import number, roughly
from portal.taxa.models import Status
from portal.taxa.wording import status_name
from portal.versions.queries.answers import Answer
from portal.versions.queries.current import Contrast, Reported

#: Why a class of the current model need not be one of the next, by our status.
_NO_MORE = {
    Status.COVERED: gettext_lazy(
        "By our count it has a class below it by now, so that the next model would name that instead."
    ),
    Status.EXCLUDED: gettext_lazy(
        "Our rule leaves it out: hybrids, extinct and inactive taxa, and taxa below species. The rule of that"
        " export may have been another, or the taxon has changed since."
    ),
}
_BELOW = gettext_lazy(
    "By our count it is below the line. That can be: labels may have changed since the export, and the data"
    " here may lack observations that iNaturalist has."
)
_NOT_COUNTED = gettext_lazy("The data here have no usable observation of it.")
_NOT_YET = gettext_lazy(
    "By our count it has what the published rule asks for. That can be: it may have crossed the line after"
    " that export, which lies weeks before a model’s release; and iNaturalist’s export may differ from the"
    " rule, which was published in 2022."
)
_CLASSES_BELOW = gettext_lazy(
    "iNaturalist’s model has classes below it, and so none of its own. By our count none of these passes the"
    " line: the data here may lack observations that iNaturalist has, and labels may have changed since."
)
_ABOVE = gettext_lazy("iNaturalist calls a taxon pending too when its classes lie below it.")


def standing(recorded: Reported) -> str:
    """What iNaturalist says, in its own words "Included" and "Pending", with its date."""
    if recorded.is_from_export:
        words = (
            _("Included: it is a class of iNaturalist’s export of %(day)s.")
            if recorded.is_included
            else _("Pending: it is no class of iNaturalist’s export of %(day)s.")
        )
    else:
        words = (
            _("Included: by iNaturalist’s word of %(day)s it is a class of its current model.")
            if recorded.is_included
            else _("Pending: by iNaturalist’s word of %(day)s it is no class of its current model.")
        )
    return words % {"day": _day(recorded.told_on)}


def label(recorded: Reported) -> str:
    """The same as a label with its date: "Pending, 12 November 2026"."""
    return f"{_kind(recorded)}, {_day(recorded.told_on)}"


def _kind(recorded: Reported) -> str:
    if recorded.has_classes_below:
        return _("Pending, with classes below it")
    return pgettext("of a taxon", "Included") if recorded.is_included else pgettext("of a taxon", "Pending")


def known(facts: dict[str, Any]) -> list[str]:
    """How much is known of iNaturalist's current model, from where and of which days: sentences."""
    said = []
    if facts["exported"]:
        said.append(
            _("Read from iNaturalist’s export of %(day)s.") % {"day": _day_written(facts["exported"])}
        )
    if facts["since"]:
        days = {"since": _day_written(facts["since"]), "until": _day_written(facts["until"])}
        said.append(_("Read from iNaturalist’s API between %(since)s and %(until)s.") % days)
    included = ngettext("%(n)s taxon is included", "%(n)s taxa are included", facts["included"])
    pending = ngettext(
        "the API called %(n)s taxon pending", "the API called %(n)s taxa pending", facts["pending"]
    )
    parts = [included % {"n": number(facts["included"])}]
    parts += [pending % {"n": number(facts["pending"])}] if facts["pending"] else []
    said.append(f"{_(', and ').join(parts)}.")
    if facts["unseen"]:
        words = ngettext(
            "Of %(n)s included taxon the data here have no usable observation.",
            "Of %(n)s included taxa the data here have no usable observation.",
            facts["unseen"],
        )
        said.append(words % {"n": number(facts["unseen"])})
    return said


def reasons(contrasts: Iterable[Contrast]) -> list[tuple[str, str]]:
    """Why outlook and model can differ, each reason once: of which of these, and a sentence."""
    kinds: dict[str, list[str]] = {}
    for each in contrasts:
        named = capfirst(status_name(each.status)) if each.reported.is_included else _kind(each.reported)
        kinds.setdefault(difference(each.reported, each.status), []).append(named)
    return [(", ".join(dict.fromkeys(names)), why) for why, names in kinds.items()]


def _day(day: date) -> str:
    return date_format(day, "DATE_FORMAT")


def _day_written(written: str) -> str:
    return _day(date.fromisoformat(written))


def difference(recorded: Reported, status: str | None) -> str:
    """Why our outlook and the current model differ, or seem to; "" where they agree."""
    if recorded.is_included and status != Status.LEAF:
        return str(_NOT_COUNTED if status is None else _NO_MORE.get(Status(status), _BELOW))
    if not recorded.is_included and status == Status.LEAF:
        return str(_CLASSES_BELOW if recorded.has_classes_below else _NOT_YET)
    return str(_ABOVE) if not recorded.is_included and status == Status.COVERED else ""


def is_unexplained(recorded: Reported, status: str | None) -> bool:
    """Whether it is what puzzled people: past the line, and not included."""
    return not recorded.is_included and status == Status.LEAF and not recorded.has_classes_below


def answer(item: Answer) -> str:
    """One sentence or two: in the current model? in the next? how many labels are probably wrong?"""
    return " ".join(filter(None, [_in_models(item), _wrong(item)]))


def _in_models(item: Answer) -> str:
    if item.row is None:
        now = _("It is in the current model.") if item.is_current else ""
        return " ".join(filter(None, [now, _("The data here hold no usable observation of it.")]))
    if item.row.status == Status.COVERED:
        return _("The model names taxa within it, not itself.")
    is_next = item.row.status == Status.LEAF
    words = {
        (True, True): _("It is in the current model, and in the next as things stand."),
        (True, False): _("It is in the current model, but not in the next as things stand."),
        (False, True): _("It is not in the current model, but in the next as things stand."),
        (False, False): _("It is in neither the current model nor, as things stand, the next."),
        (None, True): _("As things stand, it is in the next model."),
        (None, False): _("As things stand, it is not in the next model."),
    }
    return words[item.is_current, is_next]


def _wrong(item: Answer) -> str:
    if item.row is None or item.row.status == Status.COVERED:
        return ""
    if item.hotspot is None:
        return _("No wrong labels stand out.")
    row = item.hotspot
    values = {
        "n": number(max(round(row.labels / row.expected_wrong), 1)),
        "wrong": roughly(row.expected_wrong),
        "labels": number(row.labels),
    }
    if row.expected_wrong * 3 > row.labels * 2:
        return _("Most labels are probably wrong (about %(wrong)s of %(labels)s).") % values
    return _("About 1 in %(n)s labels is probably wrong (about %(wrong)s of %(labels)s).") % values
