"""Writes of which generation pages show, and of what no page shows."""

from collections.abc import Iterable

from django.db.models import Model

from exporter.criteria import PRESETS
from portal import bulk
from portal.lake.models import Generation
from portal.lake.queries import next_key


def show_other(subject: str, criteria: str) -> None:
    """Let pages show the other generation of a subject's rows under a rule."""
    Generation.objects.update_or_create(
        subject=subject, criteria=criteria, defaults={"key": next_key(subject, criteria)}
    )


def clear_unseen(subject: str, tables: Iterable[type[Model]], history: type[Model]) -> None:
    """Remove what no reader sees: the former generation, or what an unfinished refresh left."""
    for table in tables:
        for criteria in PRESETS:
            bulk.clear(table, "criteria = %s", next_key(subject, criteria))
    bulk.clear(history, "refresh_id IN (SELECT id FROM sync_refresh WHERE state <> 'done')")
