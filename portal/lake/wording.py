"""Where data came from, in plain words."""

from typing import Any

from django.utils.translation import gettext_lazy

SOURCE_NAMES = {
    "api": gettext_lazy("iNaturalist API"),
    "dump": gettext_lazy("iNaturalist open data"),
    "csv": gettext_lazy("iNaturalist CSV exports"),
    "archive": gettext_lazy("Darwin Core archives"),
    "taxonomy": gettext_lazy("taxonomy of a vision export"),
}


def sources(counted: list[dict[str, Any]]) -> str:
    """Where the observations came from: "iNaturalist API, iNaturalist open data"."""
    return ", ".join(str(SOURCE_NAMES[entry["source"]]) for entry in counted)
