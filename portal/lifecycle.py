"""What has a life in states: the one way to make a transition, and what an audit log says of it."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from exporter.errors import DataError

State = TypeVar("State", bound=models.TextChoices)


class NotAllowedError(DataError):
    """It is not in a state, or not at a time, in which that can be done."""


class MayFail(models.Model):
    """What may fail, and why it did."""

    failure = models.JSONField(
        default=list, db_default=[], blank=True, help_text=gettext_lazy("why it failed: messages")
    )
    error = models.TextField(
        blank=True, help_text=gettext_lazy("the same in English, from before there were messages")
    )

    class Meta:
        abstract = True


class LoggedEvent(models.Model):
    """A line of an audit log: a transition from ``before`` to ``after``, or a change that left the state."""

    at = models.DateTimeField()
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text=gettext_lazy("empty: the clock"),
    )
    note = models.TextField(blank=True, help_text=gettext_lazy("a person's own words: why"))
    messages = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text=gettext_lazy("what the portal says of it: messages"),
    )

    #: States, which each log has of its own kind.
    before: str
    after: str

    class Meta:
        abstract = True

    @property
    def is_transition(self) -> bool:
        return self.before != self.after


def claim(
    thing: Any,
    after: State,
    transitions: Mapping[State, frozenset[State]],
    *,
    same: Mapping[str, object] | None = None,
    **values: object,
) -> None:
    """Store another state, if the thing still is as it was read: its state, and the fields of ``same``.

    Of any number of processes that read the same state, one succeeds. It belongs inside a transaction with
    the event that records it. NotAllowedError if the table has no such transition, or somebody was faster.
    """
    before = type(after)(thing.state)
    if after not in transitions[before]:
        raise NotAllowedError(
            _("“%(name)s” is %(before)s: it cannot become %(after)s.")
            % {"name": thing, "before": before.label, "after": after.label}
        )
    unchanged = type(thing)._default_manager.filter(pk=thing.pk, state=before, **(same or {}))
    if not unchanged.update(state=after, **values):
        raise NotAllowedError(changed_meanwhile(thing))


def steps(order: Sequence[models.TextChoices], current: str) -> list[dict[str, str]]:
    """Return each step with its label, and whether it is done, now or ahead; done if none is current."""
    values = [step.value for step in order]
    here = values.index(current) if current in values else len(values)
    return [
        {"label": str(step.label), "status": "done" if place < here else "now" if place == here else "ahead"}
        for place, step in enumerate(order)
    ]


def changed_meanwhile(thing: object) -> str:
    """That somebody else was faster."""
    return _("“%(name)s” was changed meanwhile: look at it again.") % {"name": thing}
