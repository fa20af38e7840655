"""What other pages show of models."""

from typing import Any

from django.template import Context
from django.template.loader import render_to_string

from portal.hotspots.queries import LEAST_SHOWN
from portal.hotspots.slots import label_of
from portal.slots import fills, once
from portal.taxa.models import Taxon
from portal.versions import queries, wording
from portal.versions.models import ModelVersion
from portal.versions.queries.answers import Answer, answers, is_current
from portal.versions.queries.current import Reported, current_standing

#: How many taxa are named that the model takes a taxon for.
PARTNERS = 3


@fills("taxon-model", "versions/_in_model.html")
def in_model(context: Context, taxon: Taxon) -> dict[str, Any]:
    """Whether the taxon is a class of the current model, how well that knows it, what it takes it for."""
    version = _version(context)
    known = queries.knowledge(version, taxon, PARTNERS) if version else None
    return {"version": version, "taxon": taxon, "known": known, "current": _on_inaturalist(context, taxon)}


@fills("taxon-answer", "versions/_answer.html")
def answer(context: Context, taxon: Taxon) -> dict[str, Any]:
    """The taxon's page in a sentence, and what to do."""
    explained, (label, _confusions) = context.get("explained"), label_of(context, taxon)
    is_wrong = label is not None and label.row.expected_wrong >= LEAST_SHOWN
    is_now = is_current(taxon.id, _recorded(context, taxon), _version(context))
    row, hotspot = explained.row if explained else None, label.row if label and is_wrong else None
    return _said(Answer(taxon, is_now, row, hotspot), context["criteria"])


@fills("taxon-answers")
def answers_of(context: Context, taxa: list[Taxon]) -> list[dict[str, Any]]:
    """The same of each taxon of a list, as ``words``, with its readiness as ``row``."""
    criteria = context["criteria"]
    return [
        {
            "taxon": item.taxon,
            "row": item.row,
            "words": render_to_string("versions/_answer.html", _said(item, criteria)),
        }
        for item in answers(taxa, criteria, context["data"])
    ]


def _said(item: Answer, criteria: str) -> dict[str, Any]:
    hotspot = item.hotspot if item.hotspot and item.hotspot.to_review else None
    return {"taxon": item.taxon, "answer": wording.answer(item), "hotspot": hotspot, "criteria": criteria}


def _version(context: Context) -> ModelVersion | None:
    return once(context, "current-version", queries.current_version)


def _recorded(context: Context, taxon: Taxon) -> Reported | None:
    return once(context, "current-standing", lambda: current_standing(taxon.id, context.get("data")))


def _on_inaturalist(context: Context, taxon: Taxon) -> dict[str, Any] | None:
    """What iNaturalist says of its own model, and why our outlook may differ."""
    recorded = _recorded(context, taxon)
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
