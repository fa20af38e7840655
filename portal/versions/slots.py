"""What other pages show of models."""

from typing import Any

from django.template import Context

from portal.slots import fills
from portal.taxa.models import Taxon
from portal.versions import queries

#: How many taxa are named that the model takes a taxon for.
PARTNERS = 3


@fills("taxon-model", "versions/_in_model.html")
def in_model(context: Context, taxon: Taxon) -> dict[str, Any]:
    """Whether the taxon is a class of the current model, how well that knows it, what it takes it for."""
    version = queries.current_version()
    if version is None:
        return {"version": None}
    known = queries.knowledge(version, taxon, PARTNERS)
    return {"version": version, "taxon": taxon, "known": known}


@fills("released-models")
def released_models(context: Context, subject: None) -> frozenset[str]:
    """The names of the versions that have a page."""
    return queries.released_names()
