"""What templates say and draw of hotspots."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.safestring import SafeString

from portal.hotspots import drawing, links, queries, wording
from portal.hotspots.figures import Share, percent
from portal.hotspots.matrix import SHADES
from portal.hotspots.models import Continent, Hotspot
from portal.retelling import retold
from portal.sync.models import Refresh
from portal.taxa.forms import DEFAULT_CRITERIA
from portal.taxa.models import Taxon

register = template.Library()

register.filter("roughly", wording.roughly)
register.filter("tersely", wording.tersely)
register.filter("headline", wording.headline)
register.filter("harm", wording.harm)
register.filter("advice", wording.advice)
register.filter("causes", wording.causes)
register.filter("grounds", wording.grounds)
register.filter("share_words", wording.share)
register.filter("percent", percent)
register.filter("observation_address", links.observation_address)

#: How many hotspots the home page shows.
AT_HOME = 3
#: How many partners of a taxon its own page shows in each direction.
ON_TAXON_PAGE = 4


@register.filter
def kind_name(kind: str) -> str:
    """How wrong labels come about, in a few words."""
    return wording.KIND_NAMES[kind]


@register.filter
def evidence_name(evidence: str) -> str:
    """What a row was found from, in a few words."""
    return wording.EVIDENCE_NAMES[evidence]


@register.filter
def vision_share(row: Hotspot) -> int:
    """How many of its labels came from suggestions, in per cent."""
    return percent(row.from_vision / row.labels)


@register.filter
def suggested_share(row: Hotspot) -> Share:
    """Of suggested labels looked at, those changed."""
    return wording.suggested(row)


@register.filter
def unaided_share(row: Hotspot) -> Share:
    """The same of other labels."""
    return wording.unaided(row)


@register.filter
def hotspots_missing(data: Refresh | None, criteria: str) -> SafeString:
    """What the data lack to find hotspots by, with the command that brings it; empty if nothing."""
    missing = data.counts.get("hotspots_missing", {}) if data else {}
    return wording.with_commands(retold(missing.get(criteria, "")))


@register.simple_tag
def hotspot_url(page: str, taxon_id: int, criteria: str, place: str = "") -> str:
    """The address of one of a hotspot's pages, by the name of its URL, under a rule and on a continent."""
    asked = {"criteria": criteria if criteria != DEFAULT_CRITERIA else "", "place": place}
    query = urlencode({name: value for name, value in asked.items() if value})
    address = reverse(f"hotspots:{page}", args=[taxon_id])
    return f"{address}?{query}" if query else address


@register.inclusion_tag("hotspots/_continents.html", takes_context=True)
def continents(context: template.Context, counted: dict[str, int], chosen: str) -> dict[str, Any]:
    """The parts of a worklist by continent, the one that is shown marked."""
    parts = [(value, Continent(value).label, entries) for value, entries in counted.items() if value]
    return {"parts": parts, "chosen": chosen, "all": sum(counted.values()), "request": context["request"]}


@register.simple_tag
def interval_words(low: float, high: float) -> str:
    """An interval in whole numbers."""
    return wording.interval(low, high)


@register.inclusion_tag("hotspots/_interval_bar.html")
def interval_bar(value: float, low: float, high: float, most: float) -> dict[str, Any]:
    """A value as a bar with its interval; the words beside it say the same."""
    return {"bar": drawing.interval_bar(value, low, high, most), "width": drawing.BAR_WIDTH}


@register.inclusion_tag("hotspots/_sparkline.html")
def sparkline(moments: list[queries.Moment]) -> dict[str, Any]:
    """The course up to now, small."""
    return {"moments": moments, "course": drawing.course(moments, drawing.SPARK), "box": drawing.SPARK}


@register.inclusion_tag("hotspots/_trend.html")
def trend(moments: list[queries.Moment]) -> dict[str, Any]:
    """The course up to now with its band, and as a table."""
    return {"moments": moments, "course": drawing.course(moments, drawing.TREND), "box": drawing.TREND}


@register.inclusion_tag("hotspots/_months.html")
def months(expected: dict[int, float]) -> dict[str, Any]:
    """Expected wrong by month, drawn and in words."""
    columns = [
        {"drawn": column, "short": MONTHS_3[column.number].capitalize(), "name": MONTHS[column.number]}
        for column in drawing.month_columns(expected)
    ]
    return {"columns": columns, "height": drawing.MONTH_HEIGHT}


@register.inclusion_tag("hotspots/_squares.html")
def squares(found: list[tuple[int, int, int]]) -> dict[str, Any]:
    """Where the suspect observations lie, as a table."""
    return {"squares": [(wording.square(south, west), counted) for south, west, counted in found]}


@register.simple_tag
def shades() -> list[tuple[int, str]]:
    """The shades of a matrix with what each means."""
    return [(shade, wording.shade(shade)) for shade in range(len(SHADES) + 1)]


@register.inclusion_tag("hotspots/_directions.html")
def directions(found: list[queries.Direction], criteria: str) -> dict[str, Any]:
    """Confusions in one direction, as bars on one scale."""
    most = max((direction.high for direction in found), default=0.0)
    return {"directions": found, "most": most, "criteria": criteria}


@register.inclusion_tag("hotspots/_at_home.html", takes_context=True)
def hotspots_at_home(context: template.Context, criteria: str) -> dict[str, Any]:
    """The hotspots that matter most to the next export."""
    items = queries.worst_for_next_export(criteria, AT_HOME)
    return {"items": items, "criteria": criteria, "data": context["data"]}


@register.inclusion_tag("hotspots/_of_taxon.html", takes_context=True)
def hotspots_of_taxon(context: template.Context, taxon: Taxon) -> dict[str, Any]:
    """What is wrong under the taxon's label, and under which other labels it lies."""
    criteria = context["criteria"]
    item, confusions = queries.of_label(taxon, criteria, reach=0, limit=ON_TAXON_PAGE)
    data = context.get("data")
    return {"taxon": taxon, "criteria": criteria, "item": item, "confusions": confusions, "data": data}
