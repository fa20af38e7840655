"""What was pulled from iNaturalist, and how the queues are served."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.lake.models import RunState
from portal.lifecycle import MayFail


class Pull(MayFail):
    """One run of the upkeep of the lake: what it was to do, and what came of it."""

    State = RunState

    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    plan = models.JSONField(default=list, help_text=_('[{"name": "changes", "needed": 12, "given": 12}]'))
    requests = models.PositiveIntegerField(default=0, help_text=_("requests sent to iNaturalist"))
    observations = models.PositiveIntegerField(default=0, help_text=_("observations new or changed"))
    attempts = models.PositiveSmallIntegerField(
        db_default=1, default=1, help_text=_("how often it was begun; more than once if its worker died")
    )

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
