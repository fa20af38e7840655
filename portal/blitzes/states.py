"""The states of a blitz, and which may follow which.

Anybody proposes one; staff approve or decline it. It runs from its beginning to its end by the clock, unless
staff call it off.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a blitz is in its life."""

    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("to come")
    RUNNING = "running", _("under way")
    FINISHED = "finished", _("finished")
    DECLINED = "declined", _("declined")
    WITHDRAWN = "withdrawn", _("withdrawn")
    CANCELLED = "cancelled", _("called off")


#: The only transitions there are.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.PROPOSED: frozenset({State.APPROVED, State.DECLINED, State.WITHDRAWN}),
    State.APPROVED: frozenset({State.RUNNING, State.CANCELLED}),
    State.RUNNING: frozenset({State.FINISHED, State.CANCELLED}),
    State.FINISHED: frozenset(),
    State.DECLINED: frozenset(),
    State.WITHDRAWN: frozenset(),
    State.CANCELLED: frozenset(),
}

#: Those that everybody may see who may know of the cutoff; the others are the proposer's and the staff's.
SHOWN = (State.APPROVED, State.RUNNING, State.FINISHED, State.CANCELLED)
