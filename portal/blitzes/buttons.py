"""What people can do to a blitz in each state: the buttons, and the service that each one calls."""

from django.utils.translation import gettext_lazy as _

from portal.blitzes import services
from portal.blitzes.models import Blitz
from portal.blitzes.queries import REVIEW
from portal.blitzes.states import State
from portal.buttons import Button
from portal.cutoffs.queries import Viewer


class OwnButton(Button):
    """A button for whoever proposed the blitz."""

    def is_allowed(self, thing: Blitz, viewer: Viewer) -> bool:
        return viewer.is_authenticated and thing.proposer_id == viewer.pk


BUTTONS = {
    action.name: action
    for action in (
        Button(
            "approve",
            _("Approve"),
            REVIEW,
            frozenset({State.PROPOSED}),
            services.approve,
            warning=_("Everybody sees it who may know of its cutoff."),
        ),
        Button(
            "decline",
            _("Decline"),
            REVIEW,
            frozenset({State.PROPOSED}),
            services.decline,
            asks=_("Why, for the proposer to read"),
        ),
        Button(
            "cancel",
            _("Call it off"),
            REVIEW,
            frozenset({State.APPROVED, State.RUNNING}),
            services.cancel,
            asks=_("Why, for everybody to read"),
        ),
        OwnButton(
            "withdraw",
            _("Withdraw it"),
            "",
            frozenset({State.PROPOSED, State.APPROVED}),
            services.withdraw,
        ),
    )
}
