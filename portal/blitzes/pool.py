"""Blitzes as pools of batches: see `portal.batches.pools`."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext as _

from exporter.draw import draw_key
from exporter.messages import message
from portal.batches.pools import Part, Source
from portal.blitzes import queries
from portal.blitzes.forms import ClaimForm
from portal.blitzes.models import Blitz, SecondLook
from portal.blitzes.states import State
from portal.cutoffs.queries import Viewer
from portal.hotspots.models import WorklistEntry
from portal.hotspots.queries import worklists
from portal.lifecycle import NotAllowedError
from portal.present import present

#: For so many rows of a batch one is a second look.
ROWS_FOR_ONE = 10


class Blitzes:
    """Batches of a blitz under way, of one label or from one place if the part says so."""

    def criteria(self, part: Part) -> str:
        return present(queries.of_pool(part.pool)).criteria

    def draw(self, part: Part, leave_out: QuerySet, size: int, now: datetime) -> Iterable[WorklistEntry]:
        blitz = present(queries.of_pool(part.pool))
        if blitz.state != State.RUNNING or blitz.closes_at <= now:
            raise NotAllowedError(_("This blitz is not under way: there is nothing to take."))
        form = ClaimForm(QueryDict(part.query))
        form.full_clean()
        free = queries.free(blitz, leave_out, **form.cleaned_data)[:size]
        entries = worklists.entries(free, blitz.criteria)
        return _mixed(blitz, entries, _controls(blitz, leave_out, form.cleaned_data), size)

    def source(self, part: Part, viewer: Viewer) -> Source | None:
        blitz = queries.of_pool(part.pool)
        if blitz is None or queries.shown_with_id(viewer, blitz.pk) is None:
            return None
        return Source(blitz.title, reverse("blitzes:blitz", args=[blitz.pk]))


def _controls(blitz: Blitz, leave_out: QuerySet, part: Mapping[str, Any]) -> list[SecondLook]:
    """The second looks to mix in; none in a batch of one place, for theirs are not known here."""
    return [] if part["place"] else queries.controls(blitz, leave_out, part["label"])


def _mixed(
    blitz: Blitz, entries: list[WorklistEntry], controls: list[SecondLook], size: int
) -> list[WorklistEntry]:
    """Put second looks, one for every ten rows, in places by the draw; the best rows stay."""
    chosen = controls[: len(entries) // ROWS_FOR_ONE]
    mixed = entries[: size - len(chosen)]
    for control in chosen:
        place = int(draw_key(blitz.draw_seed, control.observation_id), 16) % len(mixed)
        mixed.insert(place, _unmarked(control, mixed[place]))
    return mixed


def _unmarked(control: SecondLook, beside: WorklistEntry) -> WorklistEntry:
    """A second look as a row that nothing sets apart: what is not its own is its neighbour's."""
    return WorklistEntry(
        observation_id=control.observation_id,
        observation_uuid=control.observation_uuid,
        label_taxon_id=control.label_taxon_id,
        suggested_taxon_id=control.former_taxon_id,
        suspicion=beside.suspicion,
        reasons=[message("maybe_other")],
        kind=beside.kind,
        evidence=beside.evidence,
        photos=control.photos,
        observed_on=control.observed_on,
    )
