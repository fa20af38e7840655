"""Claims of the former version become batches: held ones stay held, finished ones stay seen."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from portal.batches.models import Batch, BatchRow, SeenObservation
from tests.portal.blitzes.conftest import BOMBUS

HOUR = timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_claims_become_batches_of_their_people(hotspots, ida, anna):
    now = timezone.now()
    try:
        executor = MigrationExecutor(connection)
        old = executor.migrate([("blitzes", "0003_messages")]).apps
        blitz = old.get_model("blitzes", "Blitz").objects.create(
            title="x", purpose="x", clade_id=BOMBUS, criteria="inat-2022", state="approved",
            starts_at=now - HOUR, ends_at=now + HOUR, proposed_at=now, changed_at=now,
        )  # fmt: skip
        for person, claimed_at, done_at, ids in (
            (ida.pk, now - 2 * HOUR, None, [1000, 1001]),
            (ida.pk, now - 30 * HOUR, None, [1002]),
            (anna.pk, now - 40 * HOUR, now - 39 * HOUR, [1000, 9999]),
        ):
            claim = old.get_model("blitzes", "Claim").objects.create(
                blitz=blitz, person_id=person, claimed_at=claimed_at, done_at=done_at
            )
            for number in ids:
                old.get_model("blitzes", "ClaimedObservation").objects.create(
                    claim=claim, blitz=blitz, observation_id=number, label_taxon_id=118970, is_held=False
                )
    finally:
        call_command("migrate", verbosity=0)  # what stands on it went back too
    rows = BatchRow.objects.order_by("-batch__taken_at", "place")
    assert list(rows.values_list("batch__holder__user__username", "observation_id", "is_held")) == [
        ("ida", 1000, True),
        ("ida", 1001, True),
        ("ida", 1002, False),
        ("anna", 1000, False),
        ("anna", 9999, False),
    ]
    assert list(rows.values_list("suspicion", "suggested_taxon_id"))[::4] == [(0.9, 120215), (0.0, None)]
    assert {(batch.pool, batch.criteria) for batch in Batch.objects.all()} == {
        (f"blitz-{blitz.pk}", "inat-2022")
    }
    assert list(SeenObservation.objects.values_list("holder__user__username", "observation_id")) == [
        ("anna", 1000),
        ("anna", 9999),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM blitzes_claim")
        assert cursor.fetchone() == (0,)
