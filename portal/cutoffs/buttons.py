"""What staff can do to a cutoff in each state: the buttons, and the service that each one calls."""

from django.utils.translation import gettext_lazy as _

from portal.buttons import Button
from portal.cutoffs import services
from portal.cutoffs.states import PLANNED, State

SCHEDULE, REVIEW = "cutoffs.schedule_cutoff", "cutoffs.review_snapshot"


BUTTONS = {
    action.name: action
    for action in (
        Button(
            "announce",
            _("Announce"),
            SCHEDULE,
            frozenset({State.DRAFT}),
            services.announce,
            warning=_("The next page says who is notified."),
            asks_on="notices:announce",
        ),
        Button(
            "dry-run",
            _("Dry run"),
            SCHEDULE,
            frozenset(PLANNED),
            services.ask_for_dry_run,
            warning=_("Works out what would be exported if it were cut now. Nobody is notified."),
        ),
        Button(
            "release",
            _("Release"),
            REVIEW,
            frozenset({State.HELD}),
            services.release,
            asks=_("What you looked at, for everybody to read"),
            warning=_("The snapshot counts, and its seed is published."),
        ),
        Button(
            "cut-again",
            _("Cut again"),
            REVIEW,
            frozenset({State.HELD}),
            services.cut_again,
            asks=_("Why, for the audit log"),
            warning=_("From the newest data, with the same cutoff and the same sealed seed."),
        ),
        Button(
            "pull",
            _("Pull now"),
            SCHEDULE,
            frozenset({State.SNAPSHOTTING}),
            services.ask_for_data,
            warning=_("For a snapshot that waits for data: pulls them now, within the day’s budget."),
        ),
        Button("retry", _("Try again"), REVIEW, frozenset({State.FAILED}), services.retry),
        Button(
            "train",
            _("Training began"),
            REVIEW,
            frozenset({State.EXPORTED}),
            services.begin_training,
            asks=_("Name of the model: v2.30"),
        ),
        Button("publish", _("Model is out"), REVIEW, frozenset({State.TRAINING}), services.publish),
        Button(
            "cancel",
            _("Call it off"),
            SCHEDULE,
            frozenset(
                {
                    State.DRAFT,
                    State.ANNOUNCED,
                    State.SETTLING,
                    State.SNAPSHOTTING,
                    State.HELD,
                    State.FAILED,
                }
            ),
            services.cancel,
            asks=_("Why, for everybody to read"),
        ),
    )
}
