"""Where data came from, in plain words."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

#: Data whose newest record is older than this are old, and the status page says so.
OLD_AFTER = timedelta(days=90)

SOURCE_NAMES = {
    "database": gettext_lazy("iNaturalist’s database"),
    "api": gettext_lazy("iNaturalist API"),
    "dump": gettext_lazy("iNaturalist open data"),
    "csv": gettext_lazy("iNaturalist CSV exports"),
    "archive": gettext_lazy("Darwin Core archives"),
    "taxonomy": gettext_lazy("taxonomy of a vision export"),
}


def ages(counted: list[dict[str, Any]]) -> list[str]:
    """How old the records of each source are, of those that give it; and what is known in part: sentences."""
    return [_age(entry) for entry in counted if entry.get("median")] + parts(counted)


def parts(counted: list[dict[str, Any]], taxon_ids: Collection[int] | None = None) -> list[str]:
    """Which clades were loaded from some places only, of all or of these taxa: a sentence each."""
    words = _("Of %(taxon)s only the observations from %(place)s were loaded: counts are lower bounds.")
    result = [part for entry in counted for part in entry.get("parts", ())]
    return [
        words % {"taxon": taxon, "place": place}
        for taxon, place, *of_taxon in result
        if taxon_ids is None or not set(taxon_ids).isdisjoint(of_taxon)
    ]


def common_names(language: str, named: int) -> str:
    """In which language common names are. ``named``: how many taxa have one in this language."""
    if language == settings.LANGUAGE_CODE:
        return _("Common names are in English.")
    if not named:
        return _("Common names of taxa are in English: the data hold no others.")
    return _("A taxon without a common name in this language has its English one.")


def newest(counted: list[dict[str, Any]]) -> datetime | None:
    """The time of the newest record of all sources; None where none gives it."""
    times = [datetime.fromisoformat(entry["newest"]) for entry in counted if entry.get("newest")]
    return max(times, default=None)


def _age(entry: dict[str, Any]) -> str:
    days = {name: _day(entry[name]) for name in ("median", "newest", "loaded_at") if entry.get(name)}
    values = {"source": SOURCE_NAMES[entry["source"]], **days}
    if "loaded_at" not in days:
        return (
            _("%(source)s: half of the records are from before %(median)s, the newest is of %(newest)s.")
            % values
        )
    return (
        _(
            "%(source)s: half of the records are from before %(median)s, the newest is of %(newest)s;"
            " last loaded %(loaded_at)s."
        )
        % values
    )


def _day(written: str) -> str:
    return date_format(datetime.fromisoformat(written), "DATE_FORMAT")


def sources(counted: list[dict[str, Any]]) -> str:
    """Where the observations came from: "iNaturalist API, iNaturalist open data"."""
    return ", ".join(str(SOURCE_NAMES[entry["source"]]) for entry in counted)
