"""What templates say and draw of hotspots."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.urls import reverse
from django.utils.dates import MONTHS, MONTHS_3
from django.utils.safestring import SafeString

from exporter.criteria import DEFAULT_CRITERIA
from exporter.shares import Share
from portal.hotspots import drawing, grounds, learning, queries, wording
from portal.hotspots.facets import FACETS, Facets
from portal.hotspots.matrix import SHADES
from portal.hotspots.models import Evidence, Hotspot, Kind
from portal.lake.models import Refresh
from portal.messages import rendered
from portal.numbers import percent
from portal.places import Continent, place_with_code
from portal.taxa.queries.mine import EVERYTHING, Mine

register = template.Library()

register.filter("headline", wording.headline)
register.filter("harm", wording.harm)
register.filter("advice", wording.advice)
register.filter("coarseness", wording.coarseness)
register.filter("causes", wording.causes)
register.filter("grounds", grounds.grounds)
register.filter("share_words", wording.share)
register.filter("expected_words", wording.expected)
register.filter("linked", wording.linked)
register.filter("facets_words", wording.facets_words)
register.filter("facet_name", wording.facet_name)


@register.filter
def kind_name(kind: str) -> str:
    """How wrong labels come about, in a few words."""
    return str(wording.KIND_NAMES[Kind(kind)])


@register.filter
def evidence_name(evidence: str) -> str:
    """What a row rests on, in a few words."""
    return str(wording.EVIDENCE_NAMES[Evidence(evidence)])


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
    counts = data.counts if data else {}
    # Refreshes before there were messages have sentences, under another name.
    missing = counts.get("hotspots_missing", {}).get(criteria, "")
    return wording.with_commands(rendered(counts.get("hotspots_lack", {}).get(criteria, [])) or missing)


@register.inclusion_tag("hotspots/_fit.html")
def hotspots_fit(data: Refresh | None, criteria: str = "") -> dict[str, Any]:
    """How the probabilities were learned, with their calibration as a picture; nothing where none were."""
    return {"fit": learning.fit(data, criteria)}


@register.simple_tag
def hotspot_url(
    page: str, taxon_id: int, criteria: str, place: str = "", mine: Mine | str = EVERYTHING
) -> str:
    """The address of one of a hotspot's pages, by the name of its URL, under a rule and in these places."""
    requested = {"criteria": criteria if criteria != DEFAULT_CRITERIA else "", "place": place}
    if isinstance(mine, Mine):
        requested |= mine.choice.only(groups=False, places=True).query()
    query = urlencode({name: value for name, value in requested.items() if value})
    address = reverse(f"hotspots:{page}", args=[taxon_id])
    return f"{address}?{query}" if query else address


@register.filter
def without(facets: Facets, name: str) -> str:
    """The address's query of these facets without one of them; with "confusion", without label and other."""
    return facets.without(*(["label", "rather"] if name == "confusion" else [name])).query


@register.filter
def facet_words(facets: Facets, name: str) -> str:
    """What was chosen of a facet, in words."""
    return wording.facet_words(facets, name)


@register.inclusion_tag("hotspots/_facet_fields.html")
def facet_fields(facets: Facets, names: str) -> dict[str, Any]:
    """Fields of a form for some facets, with what is chosen."""
    shown = names.split()
    return {
        "fields": [
            {"facet": facet, "value": getattr(facets, facet.name)} for facet in FACETS if facet.name in shown
        ]
    }


@register.simple_tag
def feed_url(selected: queries.Selection) -> str:
    """The address of the feed of these hotspots: of the clade, or of the reader's groups and places."""
    clade_id = selected.clade.id if selected.clade else None
    query = urlencode({"clade": str(clade_id)} if clade_id else selected.mine.choice.query())
    return reverse("hotspots_feed") + (f"?{query}" if query else "")


@register.inclusion_tag("hotspots/_continents.html", takes_context=True)
def continents(context: template.Context, counted: dict[str, int], chosen: str) -> dict[str, Any]:
    """The parts of a worklist by continent, the one that is shown marked."""
    parts = [(value, str(Continent(value).label), entries) for value, entries in counted.items() if value]
    if chosen and chosen not in Continent.values:
        parts.append((chosen, str(place_with_code(chosen)), context["page"].paginator.count))
    return {"parts": parts, "chosen": chosen, "all": sum(counted.values()), "request": context["request"]}


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
def squares(result: list[tuple[int, int, int]]) -> dict[str, Any]:
    """Where the suspect observations lie, as a table."""
    return {"squares": [(wording.square(south, west), counted) for south, west, counted in result]}


@register.simple_tag
def shades() -> list[tuple[int, str]]:
    """The shades of a matrix with what each means."""
    return [(shade, wording.shade(shade)) for shade in range(len(SHADES) + 1)]


@register.inclusion_tag("hotspots/_directions.html")
def directions(result: list[queries.Direction], criteria: str) -> dict[str, Any]:
    """Confusions in one direction, as bars on one scale."""
    most = max((direction.high for direction in result), default=0.0)
    return {"directions": result, "most": most, "criteria": criteria}
