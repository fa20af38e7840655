"""What a holder answers about a row. It is no identification, and nobody else reads it."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from portal.batches.models import Answer, Batch, BatchRow, SeenObservation, Verdict


@transaction.atomic
def answer(batch: Batch, row: BatchRow, verdict: Verdict, now: datetime | None = None) -> None:
    """Answer a row, in place of a former answer; it rests for its holder."""
    at = now or timezone.now()
    Answer.objects.update_or_create(
        holder_id=batch.holder_id,
        observation_id=row.observation_id,
        defaults={
            "observation_uuid": row.observation_uuid,
            "label_taxon_id": row.label_taxon_id,
            "verdict": verdict,
            "at": at,
        },
    )
    skip(batch, row)


def skip(batch: Batch, row: BatchRow) -> None:
    """Let a row rest for its holder without an answer."""
    SeenObservation.objects.get_or_create(holder_id=batch.holder_id, observation_id=row.observation_id)


@transaction.atomic
def take_back(batch: Batch, row: BatchRow) -> None:
    """Take an answer, or a skip, back."""
    ours = {"holder_id": batch.holder_id, "observation_id": row.observation_id}
    Answer.objects.filter(**ours).delete()
    SeenObservation.objects.filter(**ours).delete()
