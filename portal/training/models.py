"""Training runs as their trainers report them, and their results."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.opaque import new_id


def _share() -> models.FloatField:
    return models.FloatField(help_text=_("0 to 1"))


class Run(models.Model):
    """One training run. It belongs to the token that reported it."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    id = models.BigAutoField(primary_key=True, default=new_id)
    token = models.ForeignKey("accounts.Token", on_delete=models.PROTECT, related_name="runs")
    key = models.CharField(max_length=100, help_text=_("the run's own name, so that it is made once"))
    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    snapshot_digest = models.CharField(max_length=100, help_text=_("which snapshot it learned from"))
    config = models.JSONField(help_text=_("every setting of the run"))
    is_simulated = models.BooleanField()
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict, help_text=_("what the last heartbeat reported"))
    finished_at = models.DateTimeField(null=True, help_text=_("when its results came"))
    results_digest = models.CharField(max_length=64, blank=True, help_text=_("SHA-256 of the document"))
    run = models.JSONField(null=True, help_text=_("the document's `run`"))
    overall = models.JSONField(null=True, help_text=_("the document's `overall`"))

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["token", "key"], name="run_once_per_key"),
            models.CheckConstraint(condition=Q(state__in=["running", "done"]), name="run_state_known"),
            models.CheckConstraint(
                condition=~Q(state="done")
                | (Q(finished_at__isnull=False, overall__isnull=False) & ~Q(results_digest="")),
                name="run_done_has_results",
            ),
        ]

    def __str__(self) -> str:
        return f"run {self.pk} ({self.state})"


class Training(models.Model):
    """The training of a cutoff's snapshot by this portal's own worker; its run reports like any other."""

    class Step(models.TextChoices):
        """What is being done: the trainer's commands, in this order."""

        FETCH = "fetch", _("fetching photos")
        FIT = "fit", _("training")
        LABEL_ISSUES = "label-issues", _("looking for wrong labels")
        EVALUATE = "evaluate", _("judging it on test photos")
        REPORT = "report", _("handing in the results")
        DONE = "done", _("done")

    cutoff = models.OneToOneField("cutoffs.Cutoff", on_delete=models.CASCADE, related_name="training")
    step = models.CharField(max_length=16, choices=Step, default=Step.FETCH)
    begun_at = models.DateTimeField()
    seen_at = models.DateTimeField(help_text=_("when a worker was last at it"))
    attempts = models.PositiveSmallIntegerField(
        db_default=0, default=0, help_text=_("how often a worker has died at this step")
    )

    class Meta:
        verbose_name = _("training")
        verbose_name_plural = _("trainings")
        constraints = [
            models.CheckConstraint(
                condition=Q(step__in=["fetch", "fit", "label-issues", "evaluate", "report", "done"]),
                name="training_step_known",
            ),
        ]

    def __str__(self) -> str:
        return f"training of cutoff {self.cutoff_id} ({self.step})"


class TaxonResult(models.Model):
    """How well a run's model knows one class, on the class's test photos."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="taxa", db_index=False)
    taxon_id = models.BigIntegerField(db_index=True)
    images = models.PositiveIntegerField(help_text=_("test photos"))
    top1 = _share()
    top5 = _share()
    mean_true_probability = _share()

    class Meta:
        verbose_name = _("taxon of a run")
        verbose_name_plural = _("taxa of runs")
        constraints = [models.UniqueConstraint(fields=["run", "taxon_id"], name="taxon_once_per_run")]

    def __str__(self) -> str:
        return f"taxon {self.taxon_id} in run {self.run_id}: {self.top1:.2f}"


class Confusion(models.Model):
    """How many test photos of one class a run's model took for another."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="confusions", db_index=False)
    true_taxon_id = models.BigIntegerField()
    predicted_taxon_id = models.BigIntegerField()
    count = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("confusion by a model")
        verbose_name_plural = _("confusions by models")
        constraints = [
            models.UniqueConstraint(
                fields=["run", "true_taxon_id", "predicted_taxon_id"], name="model_confusion_once_per_run"
            ),
            models.CheckConstraint(
                condition=~Q(true_taxon_id=F("predicted_taxon_id")), name="model_confusion_of_two"
            ),
        ]
        indexes = [
            models.Index(
                fields=["run", "-count", "true_taxon_id", "predicted_taxon_id"],
                name="model_confusion_by_count",
            )
        ]

    def __str__(self) -> str:
        return f"{self.true_taxon_id} for {self.predicted_taxon_id}: {self.count}"


class LabelIssue(models.Model):
    """A photo whose label a run's model doubts."""

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="label_issues", db_index=False)
    photo_id = models.BigIntegerField()
    observation_id = models.BigIntegerField()
    label_taxon_id = models.BigIntegerField()
    suggested_taxon_id = models.BigIntegerField()
    score = models.FloatField(help_text=_("0 to 1: how likely the label is wrong, as the model sees it"))

    class Meta:
        verbose_name = _("label issue")
        verbose_name_plural = _("label issues")
        constraints = [
            models.UniqueConstraint(fields=["run", "photo_id"], name="label_issue_once_per_run"),
        ]
        indexes = [models.Index(fields=["run", "label_taxon_id"], name="label_issue_by_taxon")]

    def __str__(self) -> str:
        return f"photo {self.photo_id}: {self.score:.2f}"
