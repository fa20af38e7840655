"""What blitzes changed in the next version of the model, beside like classes that nobody cleaned."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Effect(models.Model):
    """A blitz's classes in the first version whose export came after it.

    Shares are of test photos, means over the pairs; differences: the change of its classes less that
    of their partners, with 90 % intervals; empty where there are too few pairs. It goes with its
    comparison, and is counted anew with that.
    """

    blitz = models.ForeignKey("blitzes.Blitz", on_delete=models.CASCADE, related_name="effects")
    comparison = models.ForeignKey(
        "versions.Comparison", on_delete=models.CASCADE, related_name="effects", db_index=False
    )
    counted_at = models.DateTimeField()
    classes = models.PositiveIntegerField(
        help_text=_("labels of its list that both versions have as classes")
    )
    right_difference = models.FloatField(null=True, help_text=_("of the shares named right"))
    right_low = models.FloatField(null=True)
    right_high = models.FloatField(null=True)
    stayed_difference = models.FloatField(
        null=True, help_text=_("of the shares taken for another class of the genus")
    )
    stayed_low = models.FloatField(null=True)
    stayed_high = models.FloatField(null=True)

    class Meta:
        verbose_name = _("effect of a blitz")
        verbose_name_plural = _("effects of blitzes")
        constraints = [
            models.UniqueConstraint(fields=["comparison", "blitz"], name="effect_once_per_comparison"),
            models.CheckConstraint(
                condition=Q(right_difference__isnull=True, right_low__isnull=True, right_high__isnull=True)
                | Q(right_difference__isnull=False, right_low__isnull=False, right_high__isnull=False),
                name="effect_with_its_interval",
            ),
        ]

    def __str__(self) -> str:
        return f"blitz {self.blitz_id} in comparison {self.comparison_id}"


class Member(models.Model):
    """A class of a pair: how many of its test photos each version named right, or took for one of the genus.

    Pairs are numbered from 0; that with most photos of the blitz's class comes first.
    """

    effect = models.ForeignKey(Effect, on_delete=models.CASCADE, related_name="members", db_index=False)
    pair = models.PositiveIntegerField()
    is_cleaned = models.BooleanField(help_text=_("it was on the blitz's list; else it is the partner"))
    taxon_id = models.BigIntegerField()
    images_before = models.PositiveIntegerField()
    right_before = models.PositiveIntegerField()
    stayed_before = models.PositiveIntegerField()
    images = models.PositiveIntegerField()
    right = models.PositiveIntegerField()
    stayed = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("class of a pair")
        verbose_name_plural = _("classes of pairs")
        ordering = ["effect", "pair", "-is_cleaned"]
        constraints = [
            models.UniqueConstraint(fields=["effect", "pair", "is_cleaned"], name="effect_pair_of_two"),
        ]

    def __str__(self) -> str:
        return f"taxon {self.taxon_id} in pair {self.pair} of effect {self.effect_id}"
