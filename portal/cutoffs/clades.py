"""What a cutoff means for a clade, as things stand."""

from dataclasses import replace

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal import numbers
from portal.hotspots import queries as hotspots
from portal.interests.choices import Choice
from portal.lake.queries import current_refresh
from portal.lake.wording import sources
from portal.present import present
from portal.taxa import queries as taxa
from portal.taxa.forms import DEFAULT_WITHIN
from portal.taxa.queries.mine import Mine, mine
from portal.taxa.queries.named import AnyClade


def standing(clade: AnyClade, criteria: str) -> str:
    """In a sentence: the clade's classes, taxa near the line and hotspots, with their date and source.

    Empty where nothing was counted under that rule yet.
    """
    selected = taxa.Selection(criteria, clade=clade)
    return _standing(clade.name, selected, hotspots.Selection(criteria, clade=clade))


def standing_together(groups: Choice, criteria: str) -> str:
    """The same of several groups taken together. Empty too where none of them is known."""
    chosen = mine(groups.only(groups=True, places=False), criteria)
    if not chosen:
        return ""
    selected = taxa.Selection(criteria, mine=chosen)
    return _standing(names(chosen), selected, hotspots.Selection(criteria, mine=chosen))


def names(chosen: Mine) -> str:
    """The names of the groups that somebody chose, in a line."""
    return ", ".join(clade.name for clade in chosen.clades)


def _standing(name: str, selected: taxa.Selection, shown: hotspots.Selection) -> str:
    refresh = current_refresh(selected.criteria)
    if refresh is None:
        return ""
    counts = taxa.tab_counts(selected, DEFAULT_WITHIN)
    shown = replace(shown, least=hotspots.LEAST_SHOWN)
    result = hotspots.hotspot_list(shown).count()
    words = _(
        "%(clade)s: classes %(classes)s, at risk %(losing)s; near the line %(near)s; hotspots %(hotspots)s"
        " (%(day)s, %(sources)s)."
    ) % {
        "clade": name,
        "classes": numbers.number(counts[taxa.INCLUDED]),
        "losing": numbers.number(counts[taxa.LOSING]),
        "near": numbers.number(counts[taxa.NEAR]),
        "hotspots": numbers.number(result),
        "day": date_format(present(refresh.data_as_of), "DATE_FORMAT"),
        "sources": sources(refresh.sources),
    }
    return _("Simulated: %(title)s") % {"title": words} if refresh.is_simulated else words
