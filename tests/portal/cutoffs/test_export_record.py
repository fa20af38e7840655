"""The exports known of, which the forecast rests on."""

from datetime import date, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser

from exporter.forecast import Export
from portal.cutoffs import queries
from portal.cutoffs.models import Cutoff
from portal.cutoffs.states import State


def test_the_record_is_what_was_told_then_what_was_made_here(db, at_state):
    recorded = [
        Export(date(2020, 12, 13), date(2020, 12, 13), None),
        Export(date(2021, 11, 1), date(2021, 11, 30), 1),
        Export(date(2023, 9, 17), date(2023, 9, 17), None),
        Export(date(2024, 2, 2), date(2024, 2, 2), 4),
        Export(date(2025, 12, 28), date(2025, 12, 28), 16),
    ]
    assert queries.export_record(AnonymousUser()) == recorded
    at_state(State.CANCELLED)
    at_state(State.EXPORTED, is_simulated=True)
    own = [at_state(state) for state in (State.EXPORTED, State.PUBLISHED)]
    Cutoff.objects.filter(pk=own[1].pk).update(cutoff_at=own[0].cutoff_at + timedelta(days=40))
    day, later = date(2027, 1, 20), date(2027, 3, 1)
    assert queries.export_record(AnonymousUser()) == [
        *recorded,
        Export(day, day, None),
        Export(later, later, 1),
    ]


def test_every_past_export_names_its_source(db):
    rows = queries.past_exports()
    assert [row.model_name for row in rows] == [
        "2020-03", "2021-07", "2022-04", "v1.x", "v2.7", "v2.8", "v2.12", "v2.28",
    ]  # fmt: skip
    assert all(row.source and row.source_url.startswith("https://") for row in rows)


@pytest.mark.parametrize("audience", ["identifiers", "staff"])
def test_an_export_that_few_may_know_of_moves_nobody_else_s_forecast(
    client, world, at_state, person, audience
):
    """Of three pages that show a forecast, where no cutoff is announced."""
    addresses = ("/", "/cutoffs/", "/api/v1/cutoffs/next/")
    before = [client.get(address).content for address in addresses]
    at_state(State.EXPORTED, audience=audience)
    assert [client.get(address).content for address in addresses] == before
    recorded = [export.latest for export in queries.export_record(person("staff", "view_cutoff"))]
    assert recorded[-1] == date(2027, 1, 20)
    assert len(queries.export_record(AnonymousUser())) == len(recorded) - 1
