"""Writes of which generation pages show."""

from portal.lake.generations import other
from portal.lake.models import Generation
from portal.lake.queries import shown_key


def show_other(subject: str, criteria: str) -> None:
    """Let pages show the other generation of a subject's rows under a rule."""
    Generation.objects.update_or_create(
        subject=subject, criteria=criteria, defaults={"key": other(shown_key(subject, criteria))}
    )
