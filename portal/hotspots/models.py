"""Hotspots: taxon labels under which wrong labels gather, their history, and what there is to look at."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.lake.generations import RuleField
from portal.places import Continent


class Kind(models.TextChoices):
    """How wrong labels come about: the kinds of `exporter.hotspots`."""

    LOOKALIKE = "lookalike", _("lookalikes")
    COLLAPSE = "collapse", _("a genus collapsed")
    VISION_LOOP = "vision_loop", _("suggested too often")
    OUT_OF_RANGE = "out_of_range", _("out of range")
    MODEL = "model", _("from a model")


class Evidence(models.TextChoices):
    """What is known of the observations behind a row, the most first."""

    IDENTIFICATIONS = "identifications", _("identification histories")
    VOTES = "votes", _("counts of agreement")
    RECORDS = "records", _("grade, place and date")


class Grade(models.TextChoices):
    """iNaturalist's quality grades."""

    NEEDS_ID = "needs_id", _("Needs ID")
    RESEARCH = "research", _("Research Grade")
    CASUAL = "casual", _("casual")


class Hotspot(models.Model):
    """What is wrong among the observations that carry one taxon's label, under one rule, at the last refresh.

    Counts are of observations, shares lie between 0 and 1, intervals hold 90 %.
    """

    taxon = models.ForeignKey("taxa.Taxon", on_delete=models.CASCADE, related_name="hotspots", db_index=False)
    criteria = RuleField(max_length=64, help_text=_("name of the rule: inat-2021, inat-2022"))
    rank = models.PositiveIntegerField(help_text=_("1 for the worst"))
    leaf_taxon_id = models.BigIntegerField(null=True, help_text=_("the class that its photos serve"))
    kind = models.CharField(max_length=16, choices=Kind, help_text=_("what explains most of it"))
    kinds = models.JSONField(help_text=_("every kind that applies, with its place: 1 explains the most"))
    evidence = models.CharField(max_length=16, choices=Evidence)
    confused_with_taxon_id = models.BigIntegerField(null=True)
    confused_with_expected = models.FloatField(help_text=_("how many are expected to be that taxon"))
    labels = models.PositiveIntegerField(help_text=_("observations that carry the label"))
    expected_wrong = models.FloatField(help_text=_("expected number of wrong ones that would be exported"))
    expected_wrong_low = models.FloatField()
    expected_wrong_high = models.FloatField()
    expected_wrong_photos = models.FloatField(help_text=_("wrong photos expected in the next export"))
    exported_photos = models.PositiveIntegerField(help_text=_("photos with this label in the next export"))
    from_vision = models.PositiveIntegerField(help_text=_("labels that came from a suggestion"))
    reviewed = models.PositiveIntegerField(help_text=_("labels that skilled people have looked at"))
    overturned = models.PositiveIntegerField(help_text=_("labels among these that they changed"))
    suggested_reviewed = models.PositiveIntegerField(help_text=_("suggested labels looked at"))
    suggested_overturned = models.PositiveIntegerField()
    unaided_reviewed = models.PositiveIntegerField(help_text=_("other labels looked at"))
    unaided_overturned = models.PositiveIntegerField()
    vision_q_value = models.FloatField(
        null=True, help_text=_("suggested against unaided: chance of this by accident, corrected over taxa")
    )
    suggested_share = models.FloatField(null=True, help_text=_("its share of its genus among suggestions"))
    skilled_share = models.FloatField(null=True, help_text=_("its share among skilled identifications"))
    collapse_q_value = models.FloatField(null=True, help_text=_("the same for these two shares"))
    leave_at_taxon_id = models.BigIntegerField(
        null=True, help_text=_("where photos do not show it: the taxon to leave the identification at")
    )
    to_review = models.PositiveIntegerField(help_text=_("entries in its worklist"))
    to_identify = models.PositiveIntegerField(
        db_default=0, help_text=_("those among them that the Identify page can open")
    )
    continents = models.JSONField(help_text=_("how many entries of its worklist lie on which continent"))
    tree_left = models.PositiveIntegerField(
        help_text=_("its number in the walk of the tree, as in readiness")
    )

    class Meta:
        verbose_name = _("hotspot")
        verbose_name_plural = _("hotspots")
        constraints = [
            models.UniqueConstraint(fields=["taxon", "criteria"], name="hotspot_once_per_taxon"),
            models.CheckConstraint(condition=Q(labels__gt=0), name="hotspot_has_labels"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="hotspot_kind_known"),
            models.CheckConstraint(condition=Q(evidence__in=Evidence.values), name="hotspot_evidence_known"),
            models.CheckConstraint(
                condition=Q(expected_wrong_low__lte=F("expected_wrong_high")),
                name="hotspot_interval_in_order",
            ),
        ]
        indexes = [
            # The last columns are there to be looked at without the rows: what lists are filtered by.
            models.Index(
                fields=["criteria", "rank", "expected_wrong", "kinds", "continents"],
                name="hotspot_by_rank_and_filters",
            ),
            models.Index(fields=["criteria", "-expected_wrong_photos"], name="hotspot_by_photos"),
        ]

    def __str__(self) -> str:
        return f"{self.taxon_id} {self.criteria}: {self.expected_wrong:.0f} of {self.labels}"


class HotspotHistory(models.Model):
    """What was expected to be wrong under a label at a refresh: one light row each, for the trend."""

    taxon = models.ForeignKey(
        "taxa.Taxon", on_delete=models.CASCADE, related_name="hotspot_history", db_index=False
    )
    criteria = models.CharField(max_length=64)
    refresh = models.ForeignKey("lake.Refresh", on_delete=models.CASCADE, related_name="hotspot_history")
    labels = models.PositiveIntegerField()
    expected_wrong = models.FloatField()
    expected_wrong_low = models.FloatField()
    expected_wrong_high = models.FloatField()

    class Meta:
        verbose_name = _("hotspot at a refresh")
        verbose_name_plural = _("hotspot history")
        constraints = [
            models.UniqueConstraint(
                fields=["taxon", "criteria", "refresh"], name="hotspot_history_once_per_refresh"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.taxon_id} {self.criteria} at refresh {self.refresh_id}: {self.expected_wrong:.0f}"


class Confusion(models.Model):
    """How many observations labelled as one taxon are expected to be another; directed."""

    criteria = RuleField(max_length=64)
    label_taxon_id = models.BigIntegerField()
    true_taxon_id = models.BigIntegerField()
    expected = models.FloatField()
    expected_low = models.FloatField()
    expected_high = models.FloatField()

    class Meta:
        verbose_name = _("confusion")
        verbose_name_plural = _("confusions")
        constraints = [
            models.UniqueConstraint(
                fields=["criteria", "label_taxon_id", "true_taxon_id"], name="confusion_once_per_direction"
            ),
        ]
        indexes = [models.Index(fields=["criteria", "true_taxon_id"], name="confusion_by_truth")]

    def __str__(self) -> str:
        return f"{self.label_taxon_id} that is {self.true_taxon_id} ({self.criteria}): {self.expected:.0f}"


class ListedObservation(models.Model):
    """An observation on a list. Pages and addresses name it by ``number``, or by its UUID: by ``name``."""

    observation_id = models.BigIntegerField(
        help_text=_("iNaturalist's number; below zero: one of the lake's own, which is shown to nobody")
    )
    observation_uuid = models.CharField(
        max_length=36, blank=True, db_default="", help_text=_("iNaturalist's; empty: not known")
    )

    class Meta:
        abstract = True

    @property
    def number(self) -> int | None:
        """iNaturalist's number of it; None where only its UUID is known."""
        return self.observation_id if self.observation_id > 0 else None

    @property
    def name(self) -> str:
        """What iNaturalist's addresses call it: its number, or else its UUID."""
        return str(self.number or self.observation_uuid)


#: The order of a worklist; the last columns are there to be looked at without the rows.
_FIRST = ["criteria", "-priority", "observation_id", "suspicion", "tree_left"]


class WorklistEntry(ListedObservation):
    """One observation worth another look, at the last refresh."""

    criteria = RuleField(max_length=64)
    label_taxon_id = models.BigIntegerField()
    suspicion = models.FloatField(help_text=_("probability of being wrong"))
    suggested_taxon_id = models.BigIntegerField(null=True)
    reasons = models.JSONField(
        default=list, db_default=[], help_text=_("why to look at it: messages (exporter.messages)")
    )
    reason = models.TextField(
        blank=True,
        default="",
        db_default="",
        help_text=_("the same in English, of refreshes before there were messages"),
    )
    priority = models.FloatField(help_text=_("wrong photos that one look is expected to remove"))
    photos = models.PositiveIntegerField()
    kind = models.CharField(max_length=16, choices=Kind)
    evidence = models.CharField(max_length=16, choices=Evidence)
    latitude = models.FloatField(null=True, help_text=_("public, in degrees"))
    longitude = models.FloatField(null=True)
    continent = models.CharField(
        max_length=16, choices=Continent, blank=True, help_text=_("empty: its place is not known")
    )
    country = models.CharField(
        max_length=48,
        blank=True,
        db_default="",
        default="",
        help_text=_("a code of exporter.boundaries; empty: none"),
    )
    region = models.CharField(
        max_length=48, blank=True, db_default="", default="", help_text=_("that of its first-level region")
    )
    observed_on = models.DateField(null=True)
    tree_left = models.PositiveIntegerField(null=True, help_text=_("that of its label, as in hotspots"))
    grade = models.CharField(
        max_length=16, choices=Grade, blank=True, db_default="", help_text=_("empty: not known")
    )
    is_suggested = models.BooleanField(
        db_default=False, help_text=_("its label came from a computer vision suggestion")
    )
    is_disputed = models.BooleanField(db_default=False, help_text=_("somebody calls it something else"))
    listed_in = models.BigIntegerField(
        null=True, help_text=_("the refresh that it came onto the worklist with; empty: an earlier one")
    )

    class Meta:
        verbose_name = _("worklist entry")
        verbose_name_plural = _("worklist entries")
        constraints = [
            models.UniqueConstraint(
                fields=["criteria", "observation_id"], name="worklist_once_per_observation"
            ),
            models.CheckConstraint(
                condition=Q(suspicion__gte=0) & Q(suspicion__lte=1), name="worklist_suspicion_a_probability"
            ),
        ]
        indexes = [
            models.Index(
                fields=["criteria", "label_taxon_id", "-priority", "observation_id"],
                name="worklist_by_priority",
            ),
            # Over all labels: the first ones anywhere, on a continent, and in a clade too small to find so.
            models.Index(
                fields=["criteria", "-priority", "observation_id", "tree_left"], name="worklist_over_all"
            ),
            models.Index(
                fields=["criteria", "continent", "-priority", "observation_id", "tree_left", "suspicion"],
                name="worklist_by_continent",
            ),
            models.Index(
                fields=["criteria", "tree_left", "continent", "-priority", "observation_id"],
                name="worklist_by_clade",
            ),
            # In a country, and by its last column in a region of it.
            models.Index(
                fields=["criteria", "country", "-priority", "observation_id", "tree_left", "region"],
                name="worklist_by_country",
            ),
            # By what few rows have: without these a facet that finds little reads the whole table.
            *(
                models.Index(fields=["criteria", column, "-priority", "observation_id"], name=name)
                for column, name in (
                    ("suggested_taxon_id", "worklist_by_other_taxon"),
                    ("listed_in", "worklist_by_count"),
                    ("kind", "worklist_by_kind"),
                    ("grade", "worklist_by_grade"),
                    ("evidence", "worklist_by_evidence"),
                )
            ),
            *(
                models.Index(fields=_FIRST, name=name, condition=which)
                for which, name in (
                    (Q(is_suggested=True), "worklist_of_suggested"),
                    (Q(is_disputed=True), "worklist_of_disputed"),
                    # `facets.BANDS`: less suspicious ones come after all others in the order of a worklist.
                    (Q(suspicion__gte=0.1, suspicion__lt=0.5), "worklist_of_possible"),
                    (Q(suspicion__lt=0.1), "worklist_of_unlikely"),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"observation {self.name}: {self.suspicion:.2f}"


class PlacedLabel(models.Model):
    """That the worklist of a label has entries in a country or a region: which hotspots to list there."""

    criteria = RuleField(max_length=64)
    place = models.CharField(max_length=48, help_text=_("a code of exporter.boundaries"))
    tree_left = models.PositiveIntegerField(help_text=_("that of the label, as in hotspots"))
    entries = models.PositiveIntegerField(help_text=_("how many entries of its worklist lie there"))

    class Meta:
        verbose_name = _("label in a place")
        verbose_name_plural = _("labels in places")
        constraints = [
            models.UniqueConstraint(fields=["criteria", "place", "tree_left"], name="label_once_per_place"),
        ]

    def __str__(self) -> str:
        return f"{self.tree_left} in {self.place} ({self.criteria}): {self.entries}"


class Involved(models.Model):
    """That somebody made an observation on a worklist, or alone contradicts its community there.

    It is read with the id of whoever is signed in, and shown to nobody else: not to staff either.
    """

    class Role(models.TextChoices):
        """The roles of `exporter.hotspots.involved`."""

        OBSERVER = "observer", _("observer")
        MAVERICK = "maverick", _("maverick")

    criteria = RuleField(max_length=64)
    inat_id = models.BigIntegerField(help_text=_("iNaturalist's id of the person"))
    role = models.CharField(max_length=16, choices=Role)
    observation_id = models.BigIntegerField()

    class Meta:
        verbose_name = _("person involved")
        verbose_name_plural = _("persons involved")
        constraints = [
            models.UniqueConstraint(
                fields=["criteria", "inat_id", "role", "observation_id"], name="involved_once_in_a_role"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["observer", "maverick"]), name="involved_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} of observation {self.observation_id} ({self.criteria})"


class NoteState(models.TextChoices):
    """Whether a note is shown: what is written waits for somebody to read it."""

    PENDING = "pending", _("waiting")
    APPROVED = "approved", _("approved")
    DECLINED = "declined", _("declined")


class PairNote(models.Model):
    """How to tell two taxa apart, in somebody's own words; of either direction of a confusion."""

    low_taxon_id = models.BigIntegerField(help_text=_("the lower id of the two taxa"))
    high_taxon_id = models.BigIntegerField()
    text = models.TextField()
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pair_notes")
    state = models.CharField(max_length=16, choices=NoteState, default=NoteState.PENDING)
    written_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("note on two taxa")
        verbose_name_plural = _("notes on two taxa")
        permissions = [("moderate_note", _("Can approve and decline notes on two taxa"))]
        constraints = [
            models.CheckConstraint(
                condition=Q(low_taxon_id__lt=F("high_taxon_id")), name="note_pair_in_order"
            ),
            models.CheckConstraint(condition=Q(state__in=NoteState.values), name="note_state_known"),
        ]
        indexes = [models.Index(fields=["low_taxon_id", "high_taxon_id", "state"], name="note_by_pair")]

    def __str__(self) -> str:
        return f"note {self.pk} on {self.low_taxon_id} and {self.high_taxon_id}: {self.state}"


class SavedSearch(models.Model):
    """Facets of a worklist that somebody keeps."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_searches"
    )
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=500, help_text=_("as an address has it, without the question mark"))
    saved_at = models.DateTimeField()

    class Meta:
        verbose_name = _("saved search")
        verbose_name_plural = _("saved searches")
        constraints = [models.UniqueConstraint(fields=["person", "query"], name="search_saved_once")]

    def __str__(self) -> str:
        return self.name
