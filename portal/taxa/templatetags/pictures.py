"""What templates draw of many taxa at once: the tree, and the line plot."""

from typing import Any
from urllib.parse import urlencode

from django import template
from django.template.defaultfilters import striptags
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exporter.criteria import DEFAULT_CRITERIA
from portal import numbers
from portal.taxa import curves, forms, icicle, lineplot, wording
from portal.taxa.models import Readiness, Status
from portal.taxa.queries import NEAR_WITHIN
from portal.taxa.templatetags.leafline import called, second_name, taxon_url

register = template.Library()


@register.simple_tag
def tree_url(taxon_id: int | str | None, criteria: str, colour: str = forms.STATUS) -> str:
    """The address of the picture of a clade: by its id, or what `written` gives."""
    requested = {
        "taxon": taxon_id,
        "colour": colour if colour != forms.STATUS else "",
        "criteria": criteria if criteria != DEFAULT_CRITERIA else "",
    }
    query = urlencode({name: value for name, value in requested.items() if value})
    return f"{reverse('taxa:tree')}?{query}" if query else reverse("taxa:tree")


@register.filter
def in_classes(row: Readiness) -> str:
    """Which part of the clade's photos serves a class: "93 %"."""
    return numbers.part(row.class_photos / row.photos)


@register.filter
def wrong_share(row: Readiness) -> str:
    """Which part of the clade's observations is expected to be wrong: "less than 1 %"."""
    return numbers.part(icicle.wrong_share(row))


@register.inclusion_tag("taxa/_icicle.html", takes_context=True)
def icicle_picture(context: template.Context, cells: list[icicle.Cell]) -> dict[str, Any]:
    """The cells of the tree, each with its address and what is said of it."""
    criteria, colour = context["criteria"], context["colour"]
    root = context["clade"].row
    width = icicle.level_width(cells)
    return {
        "cells": [
            _drawn(cell, criteria, colour) | {"x": icicle.TRUNK + width * (cell.level - 1)} for cell in cells
        ],
        "root": root,
        "root_fill": root and _fill(root, colour),
        "served": round(icicle.HEIGHT * root.class_photos / root.photos, 1) if root else 0,
        "up": tree_url(root and root.stem_id, criteria, colour),
        "is_wrong": colour == forms.WRONG,
        "trunk": icicle.TRUNK,
        "width": width,
        "height": icicle.HEIGHT,
    }


def _drawn(cell: icicle.Cell, criteria: str, colour: str) -> dict[str, Any]:
    row = cell.row
    if row is None:
        number = numbers.number(cell.others)
        words = ngettext("%(n)s other", "%(n)s others", cell.others) % {"n": number}
        within = cell.within if cell.level > 1 else None
        address = tree_url(within.taxon_id, criteria, colour) if within else "#branches"
        return {"cell": cell, "address": address, "name": words, "words": words, "fill": "others"}
    is_tip = not row.branches
    return {
        "cell": cell,
        "address": taxon_url(row.taxon_id, criteria) if is_tip else tree_url(row.taxon_id, criteria, colour),
        "name": called(row.taxon),
        "words": _words(row),
        "fill": _fill(row, colour),
    }


def _fill(row: Readiness, colour: str) -> str:
    """What fills a cell: a status, or a shade of the expected wrong share."""
    return f"shade-{icicle.shade(row)}" if colour == forms.WRONG else row.status


def _words(row: Readiness) -> str:
    """A cell in words: what a mouse that rests on it, and a screen reader, get."""
    names = ", ".join(filter(None, (striptags(called(row.taxon)), striptags(second_name(row.taxon)))))
    return _("%(names)s: %(status)s; %(photos)s photos, %(served)s in classes; %(wrong)s expected wrong") % {
        "names": names,
        "status": wording.status_name(row.status),
        "photos": numbers.number(row.photos),
        "served": in_classes(row),
        "wrong": wrong_share(row),
    }


@register.simple_tag
def statuses() -> list[tuple[str, str]]:
    """Every status with its words, for a legend."""
    return [(status.value, capfirst(wording.status_name(status))) for status in Status]


@register.simple_tag
def wrong_shades() -> list[tuple[int, str]]:
    """The shades of the expected wrong share with what each means."""
    ends = [round(100 * share) for share in icicle.SHARES]
    words = [_("none expected"), *(_("up to %(end)s %%") % {"end": end} for end in ends[1:])]
    return list(enumerate([*words, _("more than %(end)s %%") % {"end": ends[-1]}]))


@register.inclusion_tag("taxa/_line_plot.html", takes_context=True)
def line_plot(context: template.Context, curve: curves.Counted, is_small: bool = False) -> dict[str, Any]:
    """The species by their photos with the line in it, as a picture, in words, and as a table."""
    criteria = context["criteria"]
    plot = lineplot.line_plot(curve, criteria)
    return {
        "plot": plot,
        "near": curve.near,
        "reach": NEAR_WITHIN,
        "statuses": [(status.value, capfirst(wording.status_name(status))) for status in curves.STATUSES],
        "share": numbers.part(plot.above / plot.species) if plot else "",
        "data": context["data"],
        "is_small": is_small,
    }
