"""What other pages show of hotspots."""

from typing import Any

from django.template import Context

from portal.hotspots import queries
from portal.slots import fills, once
from portal.taxa.models import Taxon

#: How many partners of a taxon its own page shows in each direction.
PARTNERS = 4


@fills("taxon-labels", "hotspots/_of_taxon.html")
def labels_of_taxon(context: Context, taxon: Taxon) -> dict[str, Any]:
    """What is wrong under the taxon's label, and under which other labels it lies."""
    criteria = context["criteria"]
    item, confusions = label_of(context, taxon)
    data = context.get("data")
    return {"taxon": taxon, "criteria": criteria, "item": item, "confusions": confusions, "data": data}


def label_of(context: Context, taxon: Taxon) -> tuple[queries.Explained | None, queries.Confusions]:
    """The hotspot under the label of the page's taxon, and its confusions."""
    return once(
        context,
        "label",
        lambda: queries.of_label(taxon, context["criteria"], reach=0, limit=PARTNERS),
    )
