"""Batches of observations to look at, who holds them, and what people answered. Only `Tally` is public."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.hotspots.models import Evidence, Kind, ListedObservation, WorklistEntry
from portal.opaque import new_id

#: What a row keeps of a worklist's entry besides the observation.
COPIED = (
    "label_taxon_id",
    "suggested_taxon_id",
    "suspicion",
    "reasons",
    "kind",
    "evidence",
    "photos",
    "observed_on",
)


class Holder(models.Model):
    """Somebody who takes batches: an account, or a browser without one, known by the key in its cookie."""

    id = models.BigAutoField(primary_key=True, default=new_id)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="batch_holder"
    )
    key_digest = models.CharField(
        max_length=64, null=True, unique=True, help_text=_("SHA-256 of the cookie's key")
    )
    used_at = models.DateTimeField(help_text=_("when a batch was last taken or answered"))
    has_finished = models.BooleanField(default=False, help_text=_("has finished a batch"))

    class Meta:
        verbose_name = _("holder")
        verbose_name_plural = _("holders")
        constraints = [
            models.CheckConstraint(
                condition=Q(user=None, key_digest__isnull=False) | Q(user__isnull=False, key_digest=None),
                name="holder_is_account_or_cookie",
            ),
        ]

    def __str__(self) -> str:
        return f"holder {self.pk}"


class Batch(models.Model):
    """Up to 30 observations that somebody looks at, and what became of them at the last count.

    One that is returned is deleted. One that lapses is released and keeps its receipt.
    """

    id = models.BigAutoField(primary_key=True, default=new_id)
    holder = models.ForeignKey(Holder, on_delete=models.CASCADE, related_name="batches")
    pool = models.CharField(
        max_length=32, blank=True, help_text=_("where it comes from (portal.batches.pools); empty: worklists")
    )
    criteria = models.CharField(max_length=64)
    query = models.CharField(
        max_length=1000, blank=True, help_text=_("which part of the pool: the query of a worklist's address")
    )
    counted_at = models.DateTimeField(null=True, help_text=_("the data of the count that it comes from"))
    taken_at = models.DateTimeField()
    held_until = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    extensions = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, help_text=_("when iNaturalist last got a request"))
    checked_at = models.DateTimeField(null=True, help_text=_("when iNaturalist last answered"))
    is_reminded = models.BooleanField(
        default=False, help_text=_("its holder wants one mail before it lapses")
    )
    reminded_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=16, default=settings.LANGUAGE_CODE)
    measured_at = models.DateTimeField(null=True, help_text=_("the moment of the count in its receipt"))
    looked_at = models.PositiveSmallIntegerField(default=0)
    moved = models.PositiveSmallIntegerField(default=0)
    moved_photos = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")
        ordering = ["-taken_at", "-id"]
        indexes = [
            models.Index(fields=["pool", "done_at", "held_until"], name="batch_by_pool"),
            models.Index(fields=["done_at", "held_until"], name="batch_by_time"),
            models.Index(fields=["taken_at"], name="batch_by_age"),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk}"

    def is_open(self, now: datetime) -> bool:
        """Whether it still is its holder's to look at."""
        return self.done_at is None and self.held_until > now


class Settled(models.TextChoices):
    """Why an observation needs no look any more, as iNaturalist said it: `exporter.hotspots.settled`."""

    GONE = "gone", _("no longer usable for training")
    MOVED = "moved", _("label changed")
    CONFIRMED = "confirmed", _("label confirmed")


class BatchRow(ListedObservation):
    """An observation of a batch, as the worklist had it. While it is held, no other batch has it."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="rows", db_index=False)
    place = models.PositiveSmallIntegerField(help_text=_("0 for the first"))
    label_taxon_id = models.BigIntegerField(help_text=_("its label when it was taken"))
    suggested_taxon_id = models.BigIntegerField(null=True)
    suspicion = models.FloatField(help_text=_("probability of being wrong"))
    reasons = models.JSONField(default=list, db_default=[])
    kind = models.CharField(max_length=16, choices=Kind)
    evidence = models.CharField(max_length=16, choices=Evidence)
    photos = models.PositiveIntegerField()
    observed_on = models.DateField(null=True)
    is_held = models.BooleanField(default=True)
    is_control = models.BooleanField(default=False, help_text=_("on no worklist: in no tally"))
    settled = models.CharField(max_length=16, choices=Settled, blank=True)

    class Meta:
        verbose_name = _("observation in a batch")
        verbose_name_plural = _("observations in batches")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "observation_id"], name="batch_row_once"),
            models.UniqueConstraint(
                fields=["observation_id"], condition=Q(is_held=True), name="observation_held_once"
            ),
        ]
        indexes = [models.Index(fields=["observation_id"], name="batch_row_by_observation")]

    def __str__(self) -> str:
        return f"observation {self.name} in batch {self.batch_id}"

    def as_entry(self) -> WorklistEntry:
        """Return it as the worklist had it, not saved: what boards show."""
        values = {name: getattr(self, name) for name in (*COPIED, "observation_id", "observation_uuid")}
        return WorklistEntry(**values)


class SettledObservation(models.Model):
    """An observation that iNaturalist said needs no look: in no batch until a count knows of it."""

    observation_id = models.BigIntegerField(primary_key=True)
    how = models.CharField(max_length=16, choices=Settled)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("settled observation")
        verbose_name_plural = _("settled observations")
        indexes = [models.Index(fields=["at"], name="settled_by_time")]

    def __str__(self) -> str:
        return f"observation {self.observation_id}: {self.how}"


class SeenObservation(models.Model):
    """An observation that a holder is not shown again. Known to the holder alone, who can delete it."""

    holder = models.ForeignKey(Holder, on_delete=models.CASCADE, related_name="seen", db_index=False)
    observation_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("observation seen")
        verbose_name_plural = _("observations seen")
        constraints = [
            models.UniqueConstraint(fields=["holder", "observation_id"], name="seen_once"),
        ]

    def __str__(self) -> str:
        return f"observation {self.observation_id}, seen by holder {self.holder_id}"


class Verdict(models.TextChoices):
    """What a holder may answer about a row. None of these is an identification."""

    RIGHT = "right", _("The label is right")
    UNCLEAR = "unclear", _("Cannot be decided from the photo")
    SEVERAL = "several", _("Photo: several organisms")
    SIGN = "sign", _("Photo: no organism, such as a sign")
    DUPLICATE = "duplicate", _("Photo: a duplicate")
    REASON = "reason", _("The reason is wrong")


#: Answers about the photo, which make a public list.
PHOTO_FAULTS = (Verdict.SEVERAL, Verdict.SIGN, Verdict.DUPLICATE)


class Answer(ListedObservation):
    """What one holder answered about one observation."""

    holder = models.ForeignKey(Holder, on_delete=models.CASCADE, related_name="answers", db_index=False)
    label_taxon_id = models.BigIntegerField()
    verdict = models.CharField(max_length=16, choices=Verdict)
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("answer")
        verbose_name_plural = _("answers")
        constraints = [
            models.UniqueConstraint(fields=["holder", "observation_id"], name="answered_once"),
            models.CheckConstraint(condition=Q(verdict__in=Verdict.values), name="verdict_known"),
        ]
        indexes = [models.Index(fields=["observation_id", "verdict"], name="answer_by_observation")]

    def __str__(self) -> str:
        return f"observation {self.name}: {self.verdict}"


class Tally(models.Model):
    """How often the rows of finished batches were answered, by kind or by reason. It names nobody."""

    class Group(models.TextChoices):
        """What rows are grouped by."""

        KIND = "kind", _("kind")
        REASON = "reason", _("reason")

    group = models.CharField(max_length=8, choices=Group)
    code = models.CharField(max_length=32, help_text=_("a kind, or the code of a message"))
    since = models.DateTimeField(help_text=_("when its first batch was finished"))
    until = models.DateTimeField(help_text=_("when its last batch was finished"))
    asked = models.PositiveIntegerField(default=0, help_text=_("rows of finished batches"))
    right = models.PositiveIntegerField(default=0)
    unclear = models.PositiveIntegerField(default=0)
    photo = models.PositiveIntegerField(default=0)
    reason = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("tally")
        verbose_name_plural = _("tallies")
        ordering = ["group", "code"]
        constraints = [models.UniqueConstraint(fields=["group", "code"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.group} {self.code}: {self.asked}"
