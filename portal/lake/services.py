"""Writes of the generations of what a refresh counts: which one pages show, and what is in the other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa
from django.db.models import Model

from exporter.criteria import PRESETS
from exporter.differences import difference
from portal import bulk
from portal.lake import contents
from portal.lake.models import Content, Generation
from portal.lake.queries import next_key

#: A table of which more than this share changes is analysed anew.
_MUCH = 0.1


@dataclass(frozen=True)
class Rows:
    """What a table will have in a generation.

    key:      columns that are unique together in one generation.
    shifting: a column that changes in many rows when a few of them change: see `_write`.
    """

    model: type[Model]
    rows: pa.Table
    key: Sequence[str]
    shifting: str = ""

    @property
    def name(self) -> str:
        """Return the name of its file."""
        return self.model._meta.db_table


def write_next(subject: str, criteria: str, tables: Sequence[Rows]) -> None:
    """Write the next generation of a subject's rows under a rule, in short transactions.

    It was shown before the one that is shown now. Of what it had, only what differs is written, where that
    is known. Killed on the way, the next one begins with nothing.
    """
    key = next_key(subject, criteria)
    former = contents.known(subject, key)
    begin_content(subject, key, {each.name: each.rows for each in tables})
    for each in tables:
        _write(each, former.table(each.name, each.rows.schema) if former else None, key)
    end_content(subject, key)


def _write(new: Rows, former: pa.Table | None, key: str) -> None:
    """Make the rows of a generation the new ones. ``former``: what they are, if that is known.

    Rows that differ are removed and written anew, which touches every index; those that differ in the
    shifting column alone are altered where they are.
    """
    if former is None:
        bulk.clear(new.model, "criteria = %s", key)
        written = new.rows
    else:
        changes = difference(former, new.rows, new.key, new.shifting)
        bulk.drop(new.model, changes.gone, criteria=key)
        if new.shifting:
            bulk.alter(new.model, changes.shifted, new.shifting, criteria=key)
        written = changes.written
    bulk.append(new.model, written, criteria=key)
    if former is None or written.num_rows > _MUCH * new.rows.num_rows:
        bulk.analyse(new.model)


def begin_content(subject: str, key: str, tables: dict[str, pa.Table]) -> None:
    """Keep what rows will be, before any is written. Until `end_content` nothing is known of them."""
    folder = contents.write(tables)
    Content.objects.update_or_create(
        subject=subject, key=key, defaults={"folder": folder, "is_written": False}
    )


def end_content(subject: str, key: str) -> None:
    """Note that the database has what `begin_content` kept."""
    Content.objects.filter(subject=subject, key=key).update(is_written=True)
    contents.remove_others()


def forget_contents() -> None:
    """Note that nothing is known of what the database has."""
    Content.objects.all().delete()


def show_other(subject: str, criteria: str) -> None:
    """Let pages show the other generation of a subject's rows under a rule."""
    Generation.objects.update_or_create(
        subject=subject, criteria=criteria, defaults={"key": next_key(subject, criteria)}
    )


def clear_unfinished(subject: str, tables: Iterable[type[Model]], history: type[Model]) -> None:
    """Remove what an unfinished refresh left. A former generation stays: the next one is made of it."""
    tables = list(tables)
    for criteria in PRESETS:
        key = next_key(subject, criteria)
        if contents.known(subject, key) is None:
            for table in tables:
                bulk.clear(table, "criteria = %s", key)
    bulk.clear(history, "refresh_id IN (SELECT id FROM sync_refresh WHERE state <> 'done')")
