"""What people can do to a blitz in each state: the buttons, and the service that each one calls."""

from django.utils.translation import gettext_lazy as _

from portal.blitzes import services
from portal.blitzes.models import Blitz
from portal.blitzes.queries import REVIEW
from portal.blitzes.states import State
from portal.buttons import Action
from portal.cutoffs.queries import Viewer


class OwnAction(Action):
    """A button for whoever proposed the blitz."""

    def is_allowed(self, thing: Blitz, viewer: Viewer) -> bool:
        return viewer.is_authenticated and thing.proposer_id == viewer.pk


ACTIONS = {
    action.name: action
    for action in (
        Action(
            "approve",
            _("Approve"),
            REVIEW,
            frozenset({State.PROPOSED}),
            services.approve,
            warning=_("Everybody sees it who may know of its cutoff."),
        ),
        Action(
            "decline",
            _("Decline"),
            REVIEW,
            frozenset({State.PROPOSED}),
            services.decline,
            asks=_("Why, for the proposer to read"),
        ),
        Action(
            "cancel",
            _("Call it off"),
            REVIEW,
            frozenset({State.APPROVED, State.RUNNING}),
            services.cancel,
            asks=_("Why, for everybody to read"),
        ),
        OwnAction(
            "withdraw",
            _("Withdraw it"),
            "",
            frozenset({State.PROPOSED, State.APPROVED}),
            services.withdraw,
        ),
    )
}
