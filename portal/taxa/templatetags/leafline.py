"""What templates draw readiness with: names, statuses, counts, and bars with the line in them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from exporter.criteria import DEFAULT_CRITERIA
from portal import numbers
from portal.lake.wording import parts
from portal.languages import feed_query
from portal.taxa import queries, wording
from portal.taxa.ancestry import ids_in
from portal.taxa.models import Photo, Readiness, ReadinessHistory, Taxon
from portal.taxa.names import common_name
from portal.taxa.queries.named import AnyClade

register = template.Library()

#: Symbols of static/leafline/icons.svg by iNaturalist's iconic taxon.
ICONS = {
    1: "animal",
    3: "bird",
    20978: "amphibian",
    26036: "reptile",
    40151: "mammal",
    47115: "mollusc",
    47119: "arachnid",
    47126: "plant",
    47158: "insect",
    47170: "fungus",
    47178: "fish",
    47686: "protozoan",
    48222: "chromist",
}
#: Where the line stands in a bar, and where a bar that goes further ends: per cent of its width.
LINE_AT = 66
BAR_END = 100


@register.simple_tag
def taxon_url(taxon_id: int, criteria: str = "") -> str:
    """The address of a taxon's page under a rule."""
    address = reverse("taxa:taxon", args=[taxon_id])
    return f"{address}?criteria={criteria}" if criteria not in ("", DEFAULT_CRITERIA) else address


@register.filter
def written(clade: AnyClade | None) -> str:
    """What stands for a clade in an address: its id, or the name where nothing else is known; "" for none."""
    return str(clade.id or clade.name) if clade else ""


@register.simple_tag
def badge_url(taxon_id: int) -> str:
    """The address of a taxon's badge in the reader's language."""
    return reverse("badge", args=[taxon_id]) + feed_query()


@register.filter
def icon(taxon: AnyClade) -> str:
    """The symbol of the taxon's iconic group."""
    return ICONS.get(taxon.iconic_taxon_id or 0, "life")


@register.filter
def shade(taxon: Taxon) -> int:
    """Which of the drawings' four colours a taxon has, so that neighbours differ."""
    return taxon.id % 4


@register.filter
def scientific(taxon: AnyClade) -> SafeString:
    """The scientific name as it is set."""
    return wording.scientific(taxon)


@register.filter
def called(taxon: AnyClade) -> SafeString:
    """The common name that the reader sees where there is one, else the scientific one."""
    name = common_name(taxon)
    if not name.text:
        return wording.scientific(taxon)
    if name.language == get_language():
        return format_html("{}", capfirst(name.text))
    return format_html('<span lang="{}">{}</span>', name.language, capfirst(name.text))


@register.filter
def rank(taxon: AnyClade) -> str:
    """The rank for people; nothing for the root, whose rank says nothing."""
    return "" if taxon.rank == "stateofmatter" else wording.rank(taxon)


@register.filter
def second_name(taxon: AnyClade) -> SafeString:
    """The scientific name, unless it is what the taxon is called by anyway."""
    is_new = common_name(taxon).text not in ("", taxon.name)
    return wording.scientific(taxon) if is_new else SafeString()


@register.filter
def is_minor(taxon: Taxon) -> bool:
    """Whether its rank lies between the main ones: kingdom, phylum, class, order, family, genus, species."""
    return taxon.rank_level is None or taxon.rank_level % 10 != 0


@register.filter
def counted(value: int, row: Readiness) -> SafeString:
    """A count, marked where it is a lower bound."""
    if not row.is_lower_bound:
        return format_html("{}", numbers.number(value))
    return format_html(
        '<span aria-hidden="true">≥ </span><span class="hidden-words">{} </span>{}',
        _("at least"),
        numbers.number(value),
    )


@register.inclusion_tag("taxa/_bounds.html", takes_context=True)
def bounds(context: template.Context, rows: Iterable[Readiness]) -> dict[str, Any]:
    """Why counts of these rows are lower bounds, once for all of them; nothing where none is."""
    bounded = [row for row in rows if row.is_lower_bound]
    data = context["data"]
    is_partly_loaded = any(row.is_partly_loaded for row in bounded)
    return {
        "is_bounded": bool(bounded),
        "is_incomplete": any(row.incomplete_observations for row in bounded),
        "parts": parts(data.sources) if data and is_partly_loaded else [],
    }


@register.simple_tag(takes_context=True)
def parts_of(context: template.Context, taxon: Taxon) -> list[str]:
    """Of which taxa above it, or of it, only some places' observations were loaded: a sentence each."""
    data = context["data"]
    return parts(data.sources, {*ids_in(taxon.ancestry), taxon.id}) if data else []


@register.filter
def reason(item: queries.Explained) -> SafeString:
    """Why the taxon stands where it stands."""
    return wording.reason(item.row, item.cover)


@register.filter
def meanwhile(item: queries.Explained) -> SafeString:
    """What its photos do while it is no class."""
    return wording.meanwhile(item.row, item.leaf)


@register.filter
def missing(row: Readiness) -> SafeString:
    """What separates a taxon below the line from it."""
    return wording.sentence(wording.missing(row))


@register.filter
def to_check(row: Readiness) -> str:
    """What is already there to be checked; empty where nothing is."""
    clause = wording.to_check(row)
    return wording.sentence(clause) if clause else ""


@register.filter
def criteria_name(name: str) -> str:
    """A rule's name for people."""
    return str(wording.CRITERIA_NAMES[name])


@register.filter
def criteria_meaning(name: str) -> str:
    """A rule in a sentence."""
    return wording.criteria_meaning(name)


@register.filter
def change(status: str) -> str:
    """What it means to come to a status."""
    return str(wording.CHANGES[status])


@register.filter
def history_status(row: ReadinessHistory) -> str:
    """The status in words."""
    is_gone = row.status == ReadinessHistory.GONE
    return capfirst(row.get_status_display() if is_gone else wording.status_name(row.status))


@register.inclusion_tag("taxa/_status.html")
def status(value: str) -> dict[str, Any]:
    """A status as a badge."""
    return {"status": value, "label": capfirst(wording.status_name(value))}


@register.inclusion_tag("taxa/_names.html")
def names(taxon: Taxon, criteria: str = "", address: str = "", photo: Photo | None = None) -> dict[str, Any]:
    """A taxon's photo or icon and names, linked to its page or to another address."""
    return {"taxon": taxon, "address": address or taxon_url(taxon.id, criteria), "photo": photo}


@register.inclusion_tag("taxa/_node.html")
def tree_node(taxon: Taxon, tree: queries.Tree, criteria: str, is_self: bool = False) -> dict[str, Any]:
    """One taxon of the small tree, with its status."""
    return {"taxon": taxon, "item": tree.explained.get(taxon.id), "criteria": criteria, "is_self": is_self}


@dataclass(frozen=True)
class Bar:
    """A measure as a bar: ``length`` in per cent of the width."""

    measure: wording.Measure
    length: float


@register.inclusion_tag("taxa/_measures.html")
def measures(row: Readiness) -> dict[str, Any]:
    """What a class needs, as bars with the line drawn in."""
    return _bars(row)


@register.inclusion_tag("taxa/_gauges.html")
def gauges(row: Readiness) -> dict[str, Any]:
    """The same bars, small."""
    return _bars(row)


def _bars(row: Readiness) -> dict[str, Any]:
    bars = [
        Bar(measure, min(BAR_END, round(LINE_AT * measure.counted / measure.needed, 1)))
        for measure in wording.measures(row)
    ]
    return {"bars": bars, "row": row, "line": LINE_AT}
