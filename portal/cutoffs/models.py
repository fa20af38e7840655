"""A cutoff, what happened to it, its snapshots, and what is known of exports before there were any here."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from exporter.criteria import DEFAULT_CRITERIA, PRESETS
from exporter.snapshot import SETTLE_DAYS
from portal.cutoffs.states import State
from portal.lifecycle import LoggedEvent, MayFail
from portal.opaque import new_id, new_key


class Audience(models.TextChoices):
    """Who may know of a cutoff."""

    PUBLIC = "public", _("everybody")
    IDENTIFIERS = "identifiers", _("identifiers only")
    STAFF = "staff", _("staff only")


class Hold(models.TextChoices):
    """When a finished snapshot waits for a person before it counts as exported."""

    ALARM = "alarm", _("when a guard fires")
    ALWAYS = "always", _("always")
    NEVER = "never", _("never")


class Cutoff(models.Model):
    """One date at which the data are taken for a model, from the first draft to the model."""

    id = models.BigAutoField(primary_key=True, default=new_id)
    name = models.CharField(_("name"), max_length=100, help_text=_("What people call it: Spring 2027."))
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    audience = models.CharField(_("who may know"), max_length=16, choices=Audience, default=Audience.PUBLIC)
    minimum_identifications = models.PositiveIntegerField(
        _("an identifier has made"),
        default=1000,
        help_text=_("Identifications on iNaturalist, for a cutoff that is for identifiers only."),
    )
    cutoff_at = models.DateTimeField(_("cutoff"), help_text=_("In UTC."))
    settle_days = models.PositiveSmallIntegerField(
        _("days to settle"),
        default=SETTLE_DAYS,
        help_text=_("Labels made or refined in these last days wait for the next export."),
    )
    criteria = models.CharField(
        _("rule"), max_length=64, choices=[(name, name) for name in PRESETS], default=DEFAULT_CRITERIA
    )
    hold = models.CharField(_("hold for review"), max_length=16, choices=Hold, default=Hold.ALARM)
    note = models.TextField(
        _("note"), blank=True, max_length=2000, help_text=_("Shown on the cutoff's page and in its feeds.")
    )
    model_name = models.CharField(_("model"), max_length=64, blank=True)
    is_simulated = models.BooleanField(default=False, help_text=_("an example in a simulated world"))
    created_at = models.DateTimeField()
    announced_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(help_text=_("when anything that notices report last changed"))
    uid = models.UUIDField(default=uuid.uuid4, unique=True, help_text=_("its name in calendars"))
    sequence = models.PositiveIntegerField(
        default=0, help_text=_("counts the changes that calendars must take")
    )
    commitment = models.CharField(
        max_length=64, blank=True, help_text=_("SHA-256 of the draw's seed, in hexadecimal")
    )

    class Meta:
        verbose_name = _("cutoff")
        verbose_name_plural = _("cutoffs")
        ordering = ["-cutoff_at", "-id"]
        permissions = [
            ("schedule_cutoff", _("Can draft, announce, move and cancel cutoffs")),
            ("review_snapshot", _("Can release, cut again and retry snapshots")),
            ("know_identifiers_cutoffs", _("Is an identifier: may know of cutoffs for identifiers")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="cutoff_state_known"),
            models.CheckConstraint(condition=Q(audience__in=Audience.values), name="cutoff_audience_known"),
            models.CheckConstraint(condition=Q(settle_days__lte=90), name="cutoff_settles_in_90_days"),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "cancelled"])
                | (Q(announced_at__isnull=False) & ~Q(commitment="")),
                name="cutoff_is_sealed_when_announced",
            ),
        ]
        indexes = [models.Index(fields=["state", "cutoff_at"], name="cutoff_by_state")]

    def __str__(self) -> str:
        return self.name

    @property
    def window_start(self) -> datetime:
        """When the settling window begins."""
        return self.cutoff_at - timedelta(days=self.settle_days)


class Seal(models.Model):
    """The secret seed of a cutoff's draw. Apart from the cutoff, so that no list of its fields shows it."""

    cutoff = models.OneToOneField(Cutoff, on_delete=models.CASCADE, related_name="seal", primary_key=True)
    seed = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("seal")
        verbose_name_plural = _("seals")

    def __str__(self) -> str:
        return f"seal of cutoff {self.cutoff_id}"


class Event(LoggedEvent):
    """A line of the audit log: a transition, or a change that left the state as it was. Never altered."""

    cutoff = models.ForeignKey(Cutoff, on_delete=models.CASCADE, related_name="events")
    before = models.CharField(max_length=16, choices=State, blank=True, help_text=_("empty: it was made"))
    after = models.CharField(max_length=16, choices=State)
    is_told = models.BooleanField(
        default=False, help_text=_("the audience is notified of it; all else is for staff")
    )
    changes = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text=_('what was changed: [{"field": "name", "before": "Winter", "after": "Spring"}]'),
    )
    key = models.CharField(
        max_length=32,
        unique=True,
        null=True,
        default=new_key,
        help_text=_("its name in feeds; empty for the first events, which are known by their number"),
    )

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"cutoff {self.cutoff_id}: {self.before} to {self.after}"

    @property
    def public_name(self) -> str:
        """What feeds and pages call it, for ever."""
        return self.key or str(self.pk)


class Snapshot(MayFail):
    """One attempt to make a cutoff's snapshot, or a dry run of it; the last attempt counts."""

    class Step(models.TextChoices):
        """What is being done; those after "guards" are `exporter.snapshot.STEPS`."""

        WAITING = "waiting", _("waiting for data that reach the cutoff")
        GUARDS = "guards", _("looking for a push")
        SETTLING = "settling", _("deciding which labels count")
        CLASSES = "classes", _("finding the classes")
        DRAW = "draw", _("drawing observations")
        PHOTOS = "photos", _("writing photos")
        PLACES = "places", _("writing places")
        REPORT = "report", _("writing the report")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    cutoff = models.ForeignKey(Cutoff, on_delete=models.CASCADE, related_name="snapshots")
    number = models.PositiveSmallIntegerField(help_text=_("1 for the first attempt"))
    is_dry_run = models.BooleanField(
        default=False, help_text=_("what would come out now; nothing is kept but the report")
    )
    step = models.CharField(max_length=16, choices=Step, default=Step.WAITING)
    asked_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, help_text=_("when the lake was pinned"))
    stepped_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lake_version = models.PositiveBigIntegerField(null=True, help_text=_("the version that is pinned"))
    looked_at_version = models.PositiveBigIntegerField(
        null=True, help_text=_("the newest version that does not reach the cutoff")
    )
    data_until = models.DateTimeField(null=True, help_text=_("the newest record of that version"))
    guards = models.JSONField(null=True, help_text=_("the guards' report"))
    report = models.JSONField(null=True, help_text=_("what pages show of its manifest"))
    folder = models.CharField(max_length=200, blank=True, help_text=_("below the data folder"))
    digest = models.CharField(
        max_length=64,
        blank=True,
        db_index=True,
        help_text=_("SHA-256 of its manifest, by which a training run names it"),
    )
    attempts = models.PositiveSmallIntegerField(
        db_default=0, default=0, help_text=_("how often a worker took it up")
    )

    class Meta:
        verbose_name = _("snapshot")
        verbose_name_plural = _("snapshots")
        ordering = ["cutoff", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["cutoff", "number"], name="snapshot_numbered_in_its_cutoff"),
            models.CheckConstraint(
                condition=~Q(step="done") | Q(report__isnull=False, lake_version__isnull=False),
                name="snapshot_done_has_a_report",
            ),
        ]

    def __str__(self) -> str:
        return f"snapshot {self.number} of cutoff {self.cutoff_id} ({self.step})"


class PastExport(models.Model):
    """An export made before there was a Leafline, as far as iNaturalist reported it, with the source."""

    model_name = models.CharField(max_length=64, unique=True)
    exports_since = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text=_("exports from the last one above with a day to this one; empty: not known"),
    )
    exported_from = models.DateField(
        null=True, blank=True, help_text=_("the earliest day that it can have been")
    )
    exported_to = models.DateField(
        null=True, blank=True, help_text=_("the latest one; the same where the day is known")
    )
    released = models.CharField(max_length=32, blank=True, help_text=_("as it was reported: April 2022"))
    order = models.PositiveSmallIntegerField(unique=True, help_text=_("oldest first"))
    taxa = models.PositiveIntegerField(null=True, blank=True)
    photos = models.PositiveBigIntegerField(null=True, blank=True)
    source = models.CharField(max_length=200)
    source_url = models.URLField(blank=True)

    class Meta:
        verbose_name = _("past export")
        verbose_name_plural = _("past exports")
        ordering = ["order"]
        constraints = [
            models.CheckConstraint(
                condition=Q(exported_from__isnull=True, exported_to__isnull=True)
                | Q(exported_from__lte=F("exported_to")),
                name="past_export_days_in_order",
            )
        ]

    def __str__(self) -> str:
        return self.model_name
