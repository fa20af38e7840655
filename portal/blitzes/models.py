"""Blitzes: people clean up a clade together before a cutoff. What it changed is measured from the data."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.blitzes.states import State
from portal.hotspots.models import ListedObservation
from portal.lifecycle import LoggedEvent
from portal.opaque import new_id


class Blitz(models.Model):
    """One clean-up of one clade, from the proposal to its result. Dates are in UTC."""

    id = models.BigAutoField(primary_key=True, default=new_id)
    title = models.CharField(_("title"), max_length=100)
    purpose = models.TextField(_("what it is for"), max_length=1000)
    for_whom = models.CharField(_("who it is for"), max_length=200, blank=True)
    shown_as = models.CharField(_("your name beside it"), max_length=60, blank=True)
    clade = models.ForeignKey("taxa.Taxon", on_delete=models.CASCADE, related_name="blitzes")
    cutoff = models.ForeignKey(
        "cutoffs.Cutoff",
        on_delete=models.CASCADE,
        null=True,
        related_name="blitzes",
        help_text=_("empty: the next export, whenever it comes. Who may not know of it knows of no blitz"),
    )
    criteria = models.CharField(max_length=64, help_text=_("name of the rule: inat-2021, inat-2022"))
    state = models.CharField(max_length=16, choices=State, default=State.PROPOSED)
    proposer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    starts_at = models.DateTimeField(_("begins"), help_text=_("In UTC."))
    ends_at = models.DateTimeField(_("ends"), help_text=_("In UTC; at the latest at the cutoff."))
    proposed_at = models.DateTimeField()
    began_at = models.DateTimeField(null=True, help_text=_("when its list was taken"))
    changed_at = models.DateTimeField(help_text=_("when anything that notices report last changed"))
    is_simulated = models.BooleanField(
        default=False, help_text=_("the observations that it is about are made up")
    )

    draw_seed = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text=_("draws its second looks (exporter.draw); secret until it ends"),
    )

    class Meta:
        verbose_name = _("blitz")
        verbose_name_plural = _("blitzes")
        ordering = ["-starts_at", "-id"]
        permissions = [("review_blitz", _("Can approve, decline and call off blitzes"))]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="blitz_state_known"),
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at")), name="blitz_begins_before_it_ends"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "finished"]) | Q(began_at__isnull=False),
                name="blitz_running_has_begun",
            ),
        ]
        indexes = [models.Index(fields=["state", "starts_at"], name="blitz_by_state")]

    def __str__(self) -> str:
        return self.title

    @property
    def closes_at(self) -> datetime:
        """Its end, or its cutoff where that was moved before it."""
        return min(self.ends_at, self.cutoff.cutoff_at) if self.cutoff else self.ends_at


class Event(LoggedEvent):
    """A line of the audit log. Never altered."""

    blitz = models.ForeignKey(Blitz, on_delete=models.CASCADE, related_name="events")
    before = models.CharField(max_length=16, choices=State, blank=True, help_text=_("empty: it was proposed"))
    after = models.CharField(max_length=16, choices=State)

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"blitz {self.blitz_id}: {self.before} to {self.after}"


class Target(models.Model):
    """An observation that was on the clade's worklist when the blitz began, with its label then."""

    blitz = models.ForeignKey(Blitz, on_delete=models.CASCADE, related_name="targets", db_index=False)
    observation_id = models.BigIntegerField()
    label_taxon_id = models.BigIntegerField()
    photos = models.PositiveIntegerField(help_text=_("those that training would take of it"))

    class Meta:
        verbose_name = _("observation on its list")
        verbose_name_plural = _("observations on its list")
        constraints = [
            models.UniqueConstraint(fields=["blitz", "observation_id"], name="blitz_target_once"),
        ]

    def __str__(self) -> str:
        return f"blitz {self.blitz_id}: observation {self.observation_id}"


class Measurement(models.Model):
    """How a blitz stood at a count: the first is what it began with, the last what it changed.

    What is expected is over all labels of the clade, those new since among them. The bounds are the sums of
    the labels' own 90 % bounds: labels may err together, so the interval holds at least that.
    """

    blitz = models.ForeignKey(Blitz, on_delete=models.CASCADE, related_name="measurements", db_index=False)
    at = models.DateTimeField(help_text=_("the time that its numbers describe"))
    data_as_of = models.DateTimeField(
        help_text=_("the data that the clade was counted from, at that time or later")
    )
    looked_at = models.PositiveIntegerField(default=0, help_text=_("of its list: identified since it began"))
    moved = models.PositiveIntegerField(default=0, help_text=_("of these: the label was moved away"))
    moved_photos = models.PositiveIntegerField(
        default=0, help_text=_("photos of these, as training takes them")
    )
    off_list = models.PositiveIntegerField(
        default=0, help_text=_("of its list: on the clade's worklist no more, whatever the reason")
    )
    labels = models.PositiveIntegerField(help_text=_("observations under the clade's labels"))
    expected_wrong = models.FloatField()
    expected_wrong_low = models.FloatField()
    expected_wrong_high = models.FloatField()
    expected_wrong_photos = models.FloatField(help_text=_("wrong photos expected in the next export"))

    class Meta:
        verbose_name = _("measurement")
        verbose_name_plural = _("measurements")
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["blitz", "at"], name="blitz_measured_once_at_a_time"),
            models.CheckConstraint(condition=Q(moved__lte=F("looked_at")), name="blitz_moved_was_looked_at"),
            models.CheckConstraint(
                condition=Q(expected_wrong_low__lte=F("expected_wrong_high")),
                name="blitz_interval_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"blitz {self.blitz_id} at {self.at:%Y-%m-%d}: {self.moved} moved"


class SecondLook(ListedObservation):
    """An observation that batches of a blitz hold unmarked: a moved label, or one that nobody suspected.

    Which ones is drawn by the blitz's seed. What became of them is counted, people are not.
    """

    blitz = models.ForeignKey(Blitz, on_delete=models.CASCADE, related_name="second_looks", db_index=False)
    label_taxon_id = models.BigIntegerField(help_text=_("its label when it was drawn"))
    former_taxon_id = models.BigIntegerField(
        null=True, help_text=_("the label that was moved away; empty: nobody suspected it")
    )
    photos = models.PositiveIntegerField()
    observed_on = models.DateField(null=True)
    added_at = models.DateTimeField(help_text=_("the moment of the count that drew it"))
    is_looked_at = models.BooleanField(default=False, help_text=_("identified since then"))
    is_changed = models.BooleanField(
        default=False, help_text=_("moved back to the former label; of an unsuspected one: moved away")
    )

    class Meta:
        verbose_name = _("second look")
        verbose_name_plural = _("second looks")
        constraints = [
            models.UniqueConstraint(fields=["blitz", "observation_id"], name="second_look_once"),
        ]

    def __str__(self) -> str:
        return f"blitz {self.blitz_id}: second look at observation {self.name}"
