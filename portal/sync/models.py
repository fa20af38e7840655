"""What was pulled from iNaturalist and taken over from the lake, and when."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _


class Refresh(models.Model):
    """One computation of readiness from the lake: the date and source of every number on the pages."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    as_of = models.DateTimeField(null=True, help_text=_("the past time computed for; empty: as the data are"))
    lake_version = models.PositiveBigIntegerField(null=True)
    data_as_of = models.DateTimeField(null=True, help_text=_("the newest change that the data contain"))
    moment = models.GeneratedField(
        expression=Coalesce("as_of", "data_as_of"),
        output_field=models.DateTimeField(null=True),
        db_persist=True,
        help_text=_("the time that its numbers describe: the order of the history"),
    )
    sources = models.JSONField(
        default=list, help_text=_('where the observations came from: [{"source": "api", "observations": 12}]')
    )
    is_simulated = models.BooleanField(default=False)
    has_lower_bounds = models.BooleanField(
        default=False, help_text=_("some observations are known only in part: their counts are lower bounds")
    )
    counts = models.JSONField(
        default=dict,
        help_text=_(
            '{"taxa": {"new": 1, "changed": 2}, "criteria": {"inat-2022": {"leaf": 3, "short": 4}},'
            ' "hotspots": {"inat-2022": 5}}'
        ),
    )
    error = models.TextField(blank=True, help_text=_("why it failed, in words"))

    class Meta:
        verbose_name = _("refresh")
        verbose_name_plural = _("refreshes")
        ordering = ["-started_at", "-id"]
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "failed"]), name="refresh_state_known"
            ),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="running"), name="one_refresh_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(state="running") | Q(finished_at__isnull=False), name="refresh_ended_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state="done") | Q(data_as_of__isnull=False, lake_version__isnull=False),
                name="refresh_done_is_dated",
            ),
        ]

    def __str__(self) -> str:
        return f"refresh {self.pk} ({self.state})"


class Pull(models.Model):
    """One run of the upkeep of the lake: what it was to do, and what came of it."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    plan = models.JSONField(
        default=list, help_text=_('[{"name": "changes", "purpose": "...", "needed": 12, "given": 12}]')
    )
    requests = models.PositiveIntegerField(default=0, help_text=_("requests sent to iNaturalist"))
    observations = models.PositiveIntegerField(default=0, help_text=_("observations new or changed"))
    error = models.TextField(blank=True, help_text=_("why it stopped, in words"))

    class Meta:
        verbose_name = _("pull")
        verbose_name_plural = _("pulls")
        ordering = ["-started_at", "-id"]
        get_latest_by = "id"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["running", "done", "failed"]), name="pull_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running") | Q(finished_at__isnull=False), name="pull_ended_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"pull {self.pk} ({self.state})"


class QueueActivity(models.Model):
    """When a queue's tasks last began and ended: how one sees that nobody serves it."""

    queue = models.CharField(max_length=32, primary_key=True)
    task = models.CharField(max_length=100, blank=True, help_text=_("the task that began last"))
    began_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("queue's activity")
        verbose_name_plural = _("queues' activity")

    def __str__(self) -> str:
        return self.queue
