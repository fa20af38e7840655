"""Training runs as their trainers report them, their results, and the versions of the model they became."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


def _share() -> models.FloatField:
    return models.FloatField(help_text=_("0 to 1"))


class Run(models.Model):
    """One training run. It belongs to the token that reported it."""

    class State(models.TextChoices):
        RUNNING = "running", _("running")
        DONE = "done", _("done")

    token = models.ForeignKey("api.Token", on_delete=models.PROTECT, related_name="runs")
    key = models.CharField(max_length=100, help_text=_("the run's own name, so that it is made once"))
    state = models.CharField(max_length=16, choices=State, default=State.RUNNING)
    snapshot_digest = models.CharField(max_length=100, help_text=_("which snapshot it learned from"))
    config = models.JSONField(help_text=_("every setting of the run"))
    is_simulated = models.BooleanField()
    created_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(null=True)
    progress = models.JSONField(default=dict, help_text=_("what the last heartbeat told"))
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


class ModelVersion(models.Model):
    """A run that became a version of the model. The one released last is the current one."""

    name = models.SlugField(max_length=64, unique=True, help_text=_("as it stands in addresses: v2-13"))
    run = models.OneToOneField(Run, on_delete=models.PROTECT, related_name="version")
    released_at = models.DateTimeField(null=True, blank=True, help_text=_("empty: not in use yet"))

    class Meta:
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = [F("released_at").desc(nulls_first=True), "-id"]

    def __str__(self) -> str:
        return self.name


class Comparison(models.Model):
    """A version of the model beside the one before it, counted once for all pages that tell of it.

    Photos are test photos of the version's run. It is counted again when another version comes to stand
    before it; taxa are placed as the tree stood when it was counted.
    """

    version = models.OneToOneField(ModelVersion, on_delete=models.CASCADE, related_name="comparison")
    previous = models.ForeignKey(
        ModelVersion,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text=_("empty: the first one"),
    )
    refresh = models.ForeignKey(
        "sync.Refresh",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("whose taxon tree it was counted by"),
    )
    counted_at = models.DateTimeField()
    classes = models.PositiveIntegerField()
    images = models.PositiveBigIntegerField()
    hits = models.PositiveBigIntegerField(help_text=_("photos named right"))
    hits_in_five = models.PositiveBigIntegerField(help_text=_("the right name is among the first five"))
    images_before = models.PositiveBigIntegerField(help_text=_("photos of the version before"))
    hits_before = models.PositiveBigIntegerField(help_text=_("those it named right"))
    gained = models.PositiveIntegerField(help_text=_("classes that the version before did not have"))
    lost = models.PositiveIntegerField(help_text=_("classes that only the version before had"))
    better = models.PositiveIntegerField(help_text=_("classes known better, beyond chance"))
    worse = models.PositiveIntegerField(help_text=_("classes known less well, beyond chance"))
    unplaced = models.PositiveIntegerField(help_text=_("classes that are not in the taxon tree"))

    class Meta:
        verbose_name = _("comparison of versions")
        verbose_name_plural = _("comparisons of versions")

    def __str__(self) -> str:
        return f"{self.version} beside {self.previous}"


class ClassStanding(models.Model):
    """A class of a version or of the one before it: how well each knows it, and whether that differs.

    The intervals hold 90 %. Counts of the version are empty for a lost class, those before for a gained one.
    """

    class Change(models.TextChoices):
        GAINED = "gained", _("gained")
        LOST = "lost", _("lost")
        BETTER = "better", _("known better")
        WORSE = "worse", _("known less well")
        SAME = "same", _("no sure change")

    comparison = models.ForeignKey(
        Comparison, on_delete=models.CASCADE, related_name="standings", db_index=False
    )
    taxon_id = models.BigIntegerField()
    place = models.PositiveIntegerField(help_text=_("its number in a walk of the tree from the root"))
    change = models.CharField(
        max_length=8, choices=Change, blank=True, help_text=_("empty: nothing to compare with")
    )
    images = models.PositiveIntegerField(null=True)
    hits = models.PositiveIntegerField(null=True)
    low = models.FloatField(null=True, help_text=_("lower end of the share named right"))
    high = models.FloatField(null=True, help_text=_("upper end"))
    images_before = models.PositiveIntegerField(null=True)
    hits_before = models.PositiveIntegerField(null=True)
    difference = models.FloatField(null=True, help_text=_("of the shares named right, now less before"))
    difference_low = models.FloatField(null=True)
    difference_high = models.FloatField(null=True)
    q_value = models.FloatField(
        null=True, help_text=_("false discovery rate at which the difference is told from chance")
    )

    class Meta:
        verbose_name = _("class beside the version before")
        verbose_name_plural = _("classes beside the version before")
        constraints = [
            models.UniqueConstraint(fields=["comparison", "taxon_id"], name="standing_once_per_class"),
            models.CheckConstraint(
                condition=Q(change="") | Q(change__in=["gained", "lost", "better", "worse", "same"]),
                name="standing_change_known",
            ),
        ]
        indexes = [
            models.Index(fields=["comparison", "change", "place"], name="standing_by_change"),
            models.Index(fields=["comparison", "place"], name="standing_by_place"),
            models.Index(fields=["comparison", "-low", "place"], name="standing_best_known"),
            models.Index(fields=["comparison", "high", "place"], name="standing_least_known"),
        ]

    def __str__(self) -> str:
        return f"taxon {self.taxon_id}: {self.change}"


class CladeStanding(models.Model):
    """The classes of a clade, or of an iconic group, together.

    A group holds the classes of that iconic taxon alone: that of animals leaves out insects, birds and so on.
    ``first`` to ``last`` are the places of a clade's classes.
    """

    comparison = models.ForeignKey(
        Comparison, on_delete=models.CASCADE, related_name="clades", db_index=False
    )
    taxon_id = models.BigIntegerField(help_text=_("0: the classes of no iconic group"))
    is_group = models.BooleanField()
    rank_level = models.FloatField(null=True, help_text=_("empty for a group"))
    first = models.PositiveIntegerField(null=True)
    last = models.PositiveIntegerField(null=True)
    classes = models.PositiveIntegerField()
    images = models.PositiveBigIntegerField()
    hits = models.PositiveBigIntegerField()
    stayed = models.PositiveBigIntegerField(help_text=_("photos taken for another class of the clade"))
    images_before = models.PositiveBigIntegerField()
    hits_before = models.PositiveBigIntegerField()
    gained = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("clade in a version")
        verbose_name_plural = _("clades in versions")
        constraints = [
            models.UniqueConstraint(
                fields=["comparison", "taxon_id", "is_group"], name="clade_once_per_comparison"
            ),
            models.CheckConstraint(
                condition=Q(is_group=True) | Q(first__lte=F("last")), name="clade_places_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["comparison", "rank_level", "first"], name="clade_by_rank"),
            models.Index(fields=["comparison", "rank_level", "-stayed", "taxon_id"], name="clade_by_stayed"),
        ]

    def __str__(self) -> str:
        return f"clade {self.taxon_id}: {self.hits} of {self.images}"
