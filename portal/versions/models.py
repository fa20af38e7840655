"""Versions of the model, each beside the one before it."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class ModelVersion(models.Model):
    """A run that became a version of the model. The one released last is the current one."""

    name = models.SlugField(max_length=64, unique=True, help_text=_("as it stands in addresses: v2-13"))
    run = models.OneToOneField("training.Run", on_delete=models.PROTECT, related_name="version")
    released_at = models.DateTimeField(null=True, blank=True, help_text=_("empty: not in use yet"))
    #: How many it has, where a query counts them.
    classes: int

    class Meta:
        db_table = "training_modelversion"
        verbose_name = _("model version")
        verbose_name_plural = _("model versions")
        ordering = [F("released_at").desc(nulls_first=True), "-id"]

    def __str__(self) -> str:
        return self.name


class Comparison(models.Model):
    """A version of the model beside the one before it, counted once for all pages that show it.

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
        "lake.Refresh",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("whose taxon tree it was counted by"),
    )
    counted_at = models.DateTimeField()
    classes = models.PositiveIntegerField()
    images = models.PositiveBigIntegerField()
    right = models.PositiveBigIntegerField(help_text=_("photos named right"))
    right_in_five = models.PositiveBigIntegerField(help_text=_("the right name is among the first five"))
    images_before = models.PositiveBigIntegerField(help_text=_("photos of the version before"))
    right_before = models.PositiveBigIntegerField(help_text=_("those it named right"))
    gained = models.PositiveIntegerField(help_text=_("classes that the version before did not have"))
    lost = models.PositiveIntegerField(help_text=_("classes that only the version before had"))
    better = models.PositiveIntegerField(help_text=_("classes known better, beyond chance"))
    worse = models.PositiveIntegerField(help_text=_("classes known less well, beyond chance"))
    unplaced = models.PositiveIntegerField(help_text=_("classes that are not in the taxon tree"))

    class Meta:
        db_table = "training_comparison"
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
    right = models.PositiveIntegerField(null=True)
    low = models.FloatField(null=True, help_text=_("lower end of the share named right"))
    high = models.FloatField(null=True, help_text=_("upper end"))
    images_before = models.PositiveIntegerField(null=True)
    right_before = models.PositiveIntegerField(null=True)
    difference = models.FloatField(null=True, help_text=_("of the shares named right, now less before"))
    difference_low = models.FloatField(null=True)
    difference_high = models.FloatField(null=True)
    q_value = models.FloatField(
        null=True, help_text=_("false discovery rate at which the difference is significant")
    )

    class Meta:
        db_table = "training_classstanding"
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
    right = models.PositiveBigIntegerField()
    stayed = models.PositiveBigIntegerField(help_text=_("photos taken for another class of the clade"))
    images_before = models.PositiveBigIntegerField()
    right_before = models.PositiveBigIntegerField()
    gained = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()

    class Meta:
        db_table = "training_cladestanding"
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
        return f"clade {self.taxon_id}: {self.right} of {self.images}"


class CurrentClass(models.Model):
    """Whether a taxon is a class of the model that iNaturalist uses now, as far as iNaturalist said so."""

    taxon_id = models.BigIntegerField(primary_key=True)
    is_included = models.BooleanField()
    told_on = models.DateField(help_text=_("the day of the API's answer, or of the export"))
    is_from_export = models.BooleanField()
    status = models.CharField(
        max_length=16,
        blank=True,
        db_default="",
        help_text=_("ours at the refresh; empty: no observations here"),
    )
    observations = models.PositiveIntegerField(db_default=0, help_text=_("usable ones here at the refresh"))
    has_classes_below = models.BooleanField(
        db_default=False,
        help_text=_("pending, a class by our count, and iNaturalist includes taxa within it"),
    )

    class Meta:
        verbose_name = _("class of iNaturalist's current model")
        verbose_name_plural = _("classes of iNaturalist's current model")
        indexes = [
            models.Index(
                fields=["is_included", "status", "-observations", "taxon_id"], name="current_class_by_outlook"
            )
        ]

    def __str__(self) -> str:
        return f"taxon {self.taxon_id}: {'included' if self.is_included else 'pending'}"
