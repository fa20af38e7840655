"""Reads of what was taken over from the lake."""

from portal.lake.generations import other
from portal.lake.models import Content, Generation, Refresh

#: Where `Refresh.counts` keeps, in words, which steps failed after a refresh was shown: by step.
UNDONE = "undone"
#: Where it keeps how many taxa have a common name, by language, English left out.
NAMED = "named"


def current_refresh(criteria: str = "") -> Refresh | None:
    """The refresh that the current readiness comes from, under that rule or under any."""
    done = Refresh.objects.filter(state=Refresh.State.DONE, as_of=None)
    if criteria:
        done = done.filter(counts__criteria__has_key=criteria)
    return done.order_by("-id").first()


def last_refresh() -> Refresh | None:
    """The refresh that was done last, of the present or of the past."""
    return Refresh.objects.filter(state=Refresh.State.DONE).order_by("-id").first()


def newest_refresh() -> Refresh | None:
    """The refresh that began last, whatever came of it."""
    return Refresh.objects.first()


def interrupted() -> Refresh | None:
    """The refresh that is recorded as under way: where its lock is free, its worker has died."""
    return Refresh.objects.filter(state=Refresh.State.RUNNING).first()


def is_refreshing() -> bool:
    """Whether one is under way."""
    return Refresh.objects.filter(state=Refresh.State.RUNNING).exists()


def is_taken_over(lake_version: int) -> bool:
    """Whether a refresh has been done from this version of the lake."""
    return Refresh.objects.filter(state=Refresh.State.DONE, lake_version=lake_version).exists()


def shown_key(subject: str, criteria: str) -> str:
    """What the rows that pages show under a rule have as their rule: see `portal.lake.generations`."""
    row = Generation.objects.filter(subject=subject, criteria=criteria).first()
    return row.key if row else criteria


def next_key(subject: str, criteria: str) -> str:
    """What the rows that a refresh writes, and no page shows yet, have as their rule."""
    return other(shown_key(subject, criteria))


def last_keeps_contents(refresh: Refresh) -> bool:
    """Whether the refresh begun before this one, if there was one, kept what it wrote as files."""
    before = Refresh.objects.filter(pk__lt=refresh.pk).order_by("-id").first()
    return before is None or before.keeps_contents


def content_of(subject: str, key: str) -> str | None:
    """The folder with what a subject's rows under a key are; None where that is not known."""
    row = Content.objects.filter(subject=subject, key=key, is_written=True).first()
    return row.folder if row else None


def content_folders() -> set[str]:
    """The folders of all contents."""
    return set(Content.objects.values_list("folder", flat=True))
