"""The states of a cutoff's life, and which may follow which.

A draft is announced; its settling window begins; at the cutoff the snapshot is made. It is exported at once,
or held for review first. Then the model is trained and published. Whatever has not been exported can be
cancelled, and what failed can be tried again.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """Where a cutoff is in its life."""

    DRAFT = "draft", _("draft")
    ANNOUNCED = "announced", _("announced")
    SETTLING = "settling", _("settling")
    SNAPSHOTTING = "snapshotting", _("making the snapshot")
    HELD = "held", _("held for review")
    EXPORTED = "exported", _("exported")
    TRAINING = "training", _("in training")
    PUBLISHED = "published", _("model published")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


#: The only transitions there are.
TRANSITIONS: dict[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.ANNOUNCED, State.CANCELLED}),
    State.ANNOUNCED: frozenset({State.SETTLING, State.CANCELLED}),
    State.SETTLING: frozenset({State.SNAPSHOTTING, State.CANCELLED}),
    State.SNAPSHOTTING: frozenset({State.HELD, State.EXPORTED, State.FAILED, State.CANCELLED}),
    State.HELD: frozenset({State.EXPORTED, State.SNAPSHOTTING, State.CANCELLED}),
    State.EXPORTED: frozenset({State.TRAINING}),
    State.TRAINING: frozenset({State.PUBLISHED, State.FAILED}),
    State.PUBLISHED: frozenset(),
    State.CANCELLED: frozenset(),
    State.FAILED: frozenset({State.SNAPSHOTTING, State.TRAINING, State.CANCELLED}),
}

#: Those whose date is still to come, or whose snapshot is being made: what "next" chooses from.
AHEAD = (State.ANNOUNCED, State.SETTLING, State.SNAPSHOTTING, State.HELD)
#: Those that are still to come.
PLANNED = (State.DRAFT, State.ANNOUNCED, State.SETTLING)
#: Those whose snapshot stands: the seed is published, the files are there.
CUT = (State.EXPORTED, State.TRAINING, State.PUBLISHED)
#: Those whose beginning the audience is notified of.
TOLD = (State.ANNOUNCED, State.SETTLING, *CUT, State.CANCELLED)
