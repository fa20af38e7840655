"""What other pages show of models."""

from typing import Any

from django.template import Context

from portal.slots import fills
from portal.taxa.models import Taxon
from portal.versions import queries, wording
from portal.versions.queries.current import current_standing

#: How many taxa are named that the model takes a taxon for.
PARTNERS = 3


@fills("taxon-model", "versions/_in_model.html")
def in_model(context: Context, taxon: Taxon) -> dict[str, Any]:
    """Whether the taxon is a class of the current model, how well that knows it, what it takes it for."""
    version = queries.current_version()
    known = queries.knowledge(version, taxon, PARTNERS) if version else None
    return {"version": version, "taxon": taxon, "known": known, "current": _on_inaturalist(context, taxon)}


def _on_inaturalist(context: Context, taxon: Taxon) -> dict[str, Any] | None:
    """What iNaturalist says of its own model, and why our outlook may differ."""
    recorded = current_standing(taxon.id, context.get("data"))
    if recorded is None:
        return None
    explained = context.get("explained")
    status = explained.row.status if explained else None
    return {
        "words": wording.standing(recorded),
        "difference": wording.difference(recorded, status),
        "is_unexplained": wording.is_unexplained(recorded, status),
    }


@fills("released-models")
def released_models(context: Context, subject: None) -> frozenset[str]:
    """The names of the versions that have a page."""
    return queries.released_names()
