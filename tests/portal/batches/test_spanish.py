"""No English is left on the pages of batches."""

from django.core.cache import cache
from django.utils import timezone

from portal.batches.models import Batch, Tally
from portal.batches.pools import Part
from portal.batches.services import answering, taking
from tests.portal.test_spanish import english_in, spanish

__all__ = ["spanish"]


def test_no_english_is_left_on_the_pages_of_batches(ida, ben, spanish):
    cache.clear()
    now = timezone.now()
    for holder in (ida, ben):
        batch = taking.take(holder, Part(query="clade=52775"), now=now)
        answering.answer(batch, batch.rows.first(), "several", now)
        taking.finish(batch, now)
    Batch.objects.update(measured_at=now, looked_at=21, moved=6, moved_photos=8)
    Tally.objects.create(group="reason", code="overturned", asked=30, right=6, since=now, until=now)
    assert english_in(spanish.get("/batches/")) == set()
    spanish.force_login(ida.user)
    for address in ("/batches/", "/batches/false-alarms/", "/batches/photo-faults/"):
        assert english_in(spanish.get(address)) == set()
