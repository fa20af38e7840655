"""Reads of what people write beside worklists: notes on two taxa, and searches that they keep."""

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q, QuerySet

from portal.hotspots.models import NoteState, PairNote, SavedSearch
from portal.taxa.models import Taxon

#: How many notes on two taxa a page shows.
SHOWN = 20


def notes_on(pair: tuple[int, int], viewer: User | AnonymousUser) -> list[PairNote]:
    """The notes on two taxa that somebody may read, the oldest first: approved ones, and their own."""
    low, high = sorted(pair)
    return list(_readable(viewer).filter(low_taxon_id=low, high_taxon_id=high)[:SHOWN])


def notes_beside(label: Taxon | None, rather: Taxon | None, viewer: User | AnonymousUser) -> list[PairNote]:
    """The notes on a board's two taxa; none where it has not just two."""
    return notes_on((label.id, rather.id), viewer) if label and rather else []


def waiting() -> int:
    """How many notes wait for somebody to read them."""
    return PairNote.objects.filter(state=NoteState.PENDING).count()


def _readable(viewer: User | AnonymousUser) -> QuerySet[PairNote]:
    may_read = Q(state=NoteState.APPROVED)
    if viewer.is_authenticated:
        may_read |= Q(author=viewer)
    return PairNote.objects.filter(may_read).select_related("author").order_by("written_at", "id")


def saved_searches(viewer: User | AnonymousUser) -> list[SavedSearch]:
    """The searches that somebody keeps, the newest first."""
    if not viewer.is_authenticated:
        return []
    return list(SavedSearch.objects.filter(person=viewer).order_by("-saved_at", "-id"))
