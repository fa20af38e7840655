"""The taxon tree, its names for search, and each taxon's readiness with its history."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.lake.generations import RuleField
from portal.taxa.fields import SearchKey
from portal.taxa.names import EVERYBODYS, KEY_LENGTH, common_name
from portal.taxa.shown import ShownTaxa


class Taxon(models.Model):
    """One taxon of iNaturalist's tree. The tree is a copy of the lake's: nothing here is edited by hand."""

    id = models.BigIntegerField(primary_key=True, help_text=_("iNaturalist's id"))
    parent_id = models.BigIntegerField(null=True, db_index=True)
    ancestry = models.TextField(help_text=_("ids of its ancestors from the root, '/'-separated: 48460/1/2"))
    name = models.TextField()
    common_name = models.TextField(blank=True, help_text=_("in English"))
    common_name_es = models.TextField(blank=True, default="", db_default="", help_text=_("in Spanish"))
    rank = models.TextField(blank=True)
    rank_level = models.FloatField(null=True, help_text=_("species 10, genus 20, ... 100 for the root"))
    is_active = models.BooleanField(default=True)
    is_extinct = models.BooleanField(default=False)
    iconic_taxon_id = models.BigIntegerField(null=True)
    #: By which a search orders taxa, written before it is shown: pages show what readiness says.
    observations = models.PositiveIntegerField(
        db_default=0, help_text=_("usable observations in its clade at the last refresh")
    )
    added_by = models.BigIntegerField(
        null=True, help_text=_("the refresh that it came with; readers see it once that is done")
    )

    objects = ShownTaxa["Taxon"]()

    class Meta:
        verbose_name = _("taxon")
        verbose_name_plural = _("taxa")
        constraints = [
            models.CheckConstraint(condition=~Q(parent_id=F("id")), name="taxon_is_not_its_own_parent"),
        ]
        indexes = [models.Index(fields=["name"], name="taxon_by_name")]

    def __str__(self) -> str:
        return common_name(self).text or self.name


class TaxonName(models.Model):
    """A name from one of its words on, folded by `portal.text.fold`, so that a prefix finds any word.

    "Common eastern bumble bee" has four rows: the whole, "eastern bumble bee", "bumble bee", "bee".
    `popularity` is the bit length of the taxon's observations (0, 1, 2, 2, 3 ... 24): a search takes a few
    rows of each popularity, highest first, and so never sorts all the names that match a short prefix.
    `language` says whose search lists it (`portal.taxa.names.searched`); the index holds it, so that a search
    passes over the others' names without reading a row.
    """

    taxon = models.ForeignKey(
        Taxon, on_delete=models.CASCADE, related_name="names", db_index=False, db_constraint=False
    )
    key = SearchKey(max_length=KEY_LENGTH)
    popularity = models.PositiveSmallIntegerField(default=0)
    language = models.CharField(max_length=8, blank=True, default=EVERYBODYS, db_default=EVERYBODYS)

    class Meta:
        verbose_name = _("taxon name")
        verbose_name_plural = _("taxon names")
        constraints = [
            models.UniqueConstraint(fields=["taxon", "key", "language"], name="name_once_per_taxon")
        ]
        indexes = [models.Index(fields=["popularity", "key", "taxon", "language"], name="name_search")]

    def __str__(self) -> str:
        return self.key


class NamedClade(models.Model):
    """A clade of which the data know the name alone, as of those in CSV exports; never its made-up id.

    It is a range in the walk of the tree that `Readiness` has under the same rule. See
    `exporter.lineages`, and `portal.taxa.queries.named`, which reads it.
    """

    criteria = RuleField(max_length=64)
    name = models.TextField()
    rank = models.TextField()
    key = SearchKey(max_length=KEY_LENGTH, help_text=_("its name as it is searched"))
    tree_left = models.PositiveIntegerField(help_text=_("its number in a walk of the tree from the root"))
    tree_right = models.PositiveIntegerField(help_text=_("the last number in its clade"))
    taxa = models.PositiveIntegerField(help_text=_("how many taxa with observations lie in it"))

    class Meta:
        verbose_name = _("clade known by name alone")
        verbose_name_plural = _("clades known by name alone")
        indexes = [models.Index(fields=["criteria", "key"], name="named_clade_by_key")]

    def __str__(self) -> str:
        return f"{self.rank} {self.name}"


class Status(models.TextChoices):
    """What becomes of a taxon in the export: the statuses of `exporter.readiness`."""

    LEAF = "leaf", _("included")
    COVERED = "covered", _("has classes below it")
    ROLLED_UP = "rolled_up", _("rolled up into a wider class")
    DROPPED = "dropped", _("unused")
    SHORT = "short", _("not enough data")
    EXCLUDED = "excluded", _("not eligible")


#: Below the line, and could cross it.
_BELOW = Q(status__in=[Status.SHORT.value, Status.ROLLED_UP.value, Status.DROPPED.value])


class Readiness(models.Model):
    """How a taxon stands now under one rule: one row per taxon with any observation in its clade."""

    taxon = models.ForeignKey(Taxon, on_delete=models.CASCADE, related_name="readiness", db_index=False)
    criteria = RuleField(max_length=64, help_text=_("name of the rule: inat-2021, inat-2022"))
    status = models.CharField(max_length=16, choices=Status)
    leaf_taxon_id = models.BigIntegerField(null=True, help_text=_("the class that its photos serve"))
    observations = models.PositiveIntegerField(help_text=_("usable observations in its clade"))
    community_confirmed = models.PositiveIntegerField(help_text=_("confirmed ones among them"))
    photos = models.PositiveIntegerField(help_text=_("usable photos in its clade"))
    short_observations = models.PositiveIntegerField(help_text=_("fewest further observations that would do"))
    short_confirmed = models.PositiveIntegerField(help_text=_("confirmed observations missing"))
    short_photos = models.PositiveIntegerField(help_text=_("photos for training missing"))
    margin = models.IntegerField(
        null=True,
        help_text=_("observations missing (below 0), or that it can lose; empty: never a class"),
    )
    incomplete_observations = models.PositiveIntegerField(
        default=0, help_text=_("observations known only in part: the counts are lower bounds")
    )
    is_partly_loaded = models.BooleanField(
        db_default=False,
        default=False,
        help_text=_("only some places' observations were loaded of it, or of taxa in it: lower bounds"),
    )
    tree_left = models.PositiveIntegerField(help_text=_("its number in a walk of the tree from the root"))
    tree_right = models.PositiveIntegerField(help_text=_("the last number in its clade"))
    is_drawn = models.BooleanField(db_default=False, help_text=_("whether the picture of the tree shows it"))
    stem_id = models.BigIntegerField(
        null=True, help_text=_("the nearest taxon above it that the picture shows")
    )
    branches = models.PositiveIntegerField(
        db_default=0, help_text=_("taxa below it in the picture, with none between")
    )
    branch_photos = models.PositiveIntegerField(db_default=0, help_text=_("their photos"))
    classes = models.PositiveIntegerField(db_default=0, help_text=_("classes in its clade"))
    largest_class_taxon_id = models.BigIntegerField(
        null=True, help_text=_("of the classes below it the one with most observations")
    )
    class_photos = models.PositiveIntegerField(
        db_default=0, help_text=_("photos in its clade that serve a class")
    )
    expected_wrong = models.FloatField(
        db_default=0, help_text=_("wrong observations in its clade that would be exported")
    )
    expected_wrong_low = models.FloatField(db_default=0)
    expected_wrong_high = models.FloatField(db_default=0)
    #: Whether it was a class at some refresh, where a query asks for that.
    was_class: bool

    class Meta:
        verbose_name = _("readiness")
        verbose_name_plural = _("readiness")
        constraints = [
            models.UniqueConstraint(fields=["taxon", "criteria"], name="readiness_once_per_taxon"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="readiness_status_known"),
            models.CheckConstraint(
                condition=Q(tree_left__lte=F("tree_right")), name="readiness_clade_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["criteria", "status", "margin", "tree_left"], name="readiness_by_margin"),
            models.Index(fields=["criteria", "tree_left", "status", "margin"], name="readiness_by_clade"),
            # The API's pages of a clade go by id: whatever is passed over is passed over in the index.
            models.Index(fields=["criteria", "taxon", "tree_left", "status"], name="readiness_by_taxon"),
            models.Index(fields=["criteria", "status", "-observations", "taxon"], name="readiness_by_size"),
            models.Index(
                fields=["criteria", "status", "-photos", "-observations", "taxon"], name="readiness_by_photos"
            ),
            *(
                models.Index(
                    fields=["criteria", *fields, "-observations", "taxon"], condition=_BELOW, name=name
                )
                for name, fields in (
                    ("readiness_below_by_margin", ["-margin"]),
                    ("readiness_below_by_photos", ["-photos"]),
                    ("readiness_below_by_size", []),
                )
            ),
            models.Index(
                fields=["criteria", "stem_id", "-photos", "taxon"],
                condition=Q(is_drawn=True),
                name="readiness_by_stem",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taxon_id} {self.criteria}: {self.status}"

    @property
    def is_lower_bound(self) -> bool:
        """Whether there may be more of it than its counts say."""
        return self.incomplete_observations > 0 or self.is_partly_loaded


class MarginCount(models.Model):
    """How many taxa have a status at a distance from the line, under one rule: counted when readiness is
    replaced, so that pages about all taxa need not count half a million rows. Above order there is none."""

    criteria = RuleField(max_length=64)
    status = models.CharField(max_length=16, choices=Status)
    margin = models.IntegerField(null=True, help_text=_("as in readiness"))
    taxa = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("count by distance from the line")
        verbose_name_plural = _("counts by distance from the line")
        constraints = [
            models.UniqueConstraint(fields=["criteria", "status", "margin"], name="margin_counted_once"),
        ]

    def __str__(self) -> str:
        return f"{self.criteria} {self.status} {self.margin}: {self.taxa}"


class Curve(models.Model):
    """The species of a large clade by their photos, under one rule: see `portal.taxa.curves`."""

    taxon_id = models.BigIntegerField(help_text=_("the clade; 0 for everything"))
    criteria = RuleField(max_length=64)
    steps = models.JSONField(help_text=_("by the fewest photos of a step: species of each status"))
    near = models.PositiveIntegerField(help_text=_("species that lack a few observations"))

    class Meta:
        verbose_name = _("curve of photos")
        verbose_name_plural = _("curves of photos")
        constraints = [
            models.UniqueConstraint(fields=["criteria", "taxon_id"], name="curve_once_per_clade"),
        ]

    def __str__(self) -> str:
        return f"{self.taxon_id} {self.criteria}"


class Photo(models.Model):
    """An openly licensed photo of iNaturalist's that a page may show, of an observation or for a taxon."""

    observation_id = models.BigIntegerField(primary_key=True)
    taxon_id = models.BigIntegerField(null=True, unique=True, help_text=_("the taxon that it stands for"))
    photo_id = models.BigIntegerField(help_text=_("iNaturalist's id"))
    extension = models.CharField(max_length=8)
    license = models.CharField(max_length=16, help_text=_("Creative Commons code: cc-by-nc, cc0"))

    class Meta:
        verbose_name = _("photo")
        verbose_name_plural = _("photos")

    def __str__(self) -> str:
        return f"photo {self.photo_id} of observation {self.observation_id}"


class ReadinessHistory(models.Model):
    """How a taxon stood at a refresh, written only when it had changed since the refresh before it in time.

    "gone" is a taxon that had observations before and has none any more.
    """

    GONE = "gone"

    taxon = models.ForeignKey(
        Taxon, on_delete=models.CASCADE, related_name="readiness_history", db_index=False
    )
    criteria = models.CharField(max_length=64)
    refresh = models.ForeignKey("lake.Refresh", on_delete=models.CASCADE, related_name="readiness_history")
    status = models.CharField(max_length=16, choices=[*Status.choices, (GONE, _("no observations left"))])
    status_before = models.CharField(
        max_length=16, help_text=_("that of the row before it in time; gone where there is none")
    )
    observations = models.PositiveIntegerField()
    community_confirmed = models.PositiveIntegerField()
    photos = models.PositiveIntegerField()
    margin = models.IntegerField(null=True)

    class Meta:
        verbose_name = _("readiness at a refresh")
        verbose_name_plural = _("readiness history")
        constraints = [
            models.UniqueConstraint(fields=["taxon", "criteria", "refresh"], name="history_once_per_refresh"),
            models.CheckConstraint(
                condition=Q(status__in=[*Status.values, "gone"]), name="history_status_known"
            ),
        ]
        indexes = [
            # Classes gained and lost, the most observed first.
            models.Index(
                fields=["criteria", "refresh", "-observations", "taxon"],
                condition=(Q(status="leaf") & ~Q(status_before__in=["leaf", "gone"]))
                | (Q(status_before="leaf") & ~Q(status="leaf")),
                name="history_of_classes",
            )
        ]

    def __str__(self) -> str:
        return f"{self.taxon_id} {self.criteria} at refresh {self.refresh_id}: {self.status}"
