"""What templates say of batches."""

from datetime import datetime

from django import template
from django.utils import timezone

from portal.batches import wording
from portal.batches.models import Batch
from portal.hotspots.queries import worklists

register = template.Library()

register.filter("receipt", wording.receipt)
register.filter("alarm_words", wording.alarm)


@register.filter
def ago(then: datetime) -> str:
    """How long ago something was."""
    return wording.minutes_ago(then, timezone.now())


@register.filter
def one_batch_of(listed: int) -> int:
    """How many of a list the next batch has: 30, or all of a shorter one."""
    return min(worklists.BATCH, listed)


@register.filter
def batch_size(batch: Batch) -> int:
    """How many rows a batch has, which were read with it."""
    return len(batch.rows.all())
