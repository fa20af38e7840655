"""What was taken over from the lake, and when."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from portal.lifecycle import MayFail


class RunState(models.TextChoices):
    """How a run of the portal's upkeep stands."""

    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Refresh(MayFail):
    """One computation of readiness from the lake: the date and source of every number on the pages."""

    State = RunState

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
    #: With the age of their records beside ("newest", "median"), and when they were last loaded.
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
    attempts = models.PositiveSmallIntegerField(
        db_default=1, default=1, help_text=_("how often it was begun; more than once if its worker died")
    )
    keeps_contents = models.BooleanField(
        db_default=False, default=True, help_text=_("its version keeps what it writes as files too")
    )

    class Meta:
        db_table = "sync_refresh"
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


class Generation(models.Model):
    """Which rows of a subject's tables pages show under a rule: see `portal.lake.generations`."""

    subject = models.CharField(max_length=16, help_text=_("the app whose tables these are"))
    criteria = models.CharField(max_length=64, help_text=_("name of the rule: inat-2021, inat-2022"))
    key = models.CharField(max_length=64, help_text=_("what the rows that are shown have in its place"))

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        constraints = [
            models.UniqueConstraint(fields=["subject", "criteria"], name="one_generation_is_shown"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.key}"


class Content(models.Model):
    """Where the files are that hold what rows of a subject are: see `portal.lake.contents`."""

    subject = models.CharField(max_length=16, help_text=_("the app whose tables these are"))
    key = models.CharField(max_length=64, help_text=_("that of a generation, or the name of a table"))
    folder = models.CharField(max_length=32)
    is_written = models.BooleanField(help_text=_("the database has just these rows"))

    class Meta:
        verbose_name = _("content")
        verbose_name_plural = _("contents")
        constraints = [models.UniqueConstraint(fields=["subject", "key"], name="one_content_by_key")]

    def __str__(self) -> str:
        return f"{self.subject} {self.key}: {self.folder}"
