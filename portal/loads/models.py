"""Clades and places whose observations people chose to load from iNaturalist."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from exporter.pull.lookups import LONGEST_NAME
from exporter.pull.regions import Region
from portal.lifecycle import MayFail
from portal.opaque import new_id


class State(models.TextChoices):
    """How a load stands."""

    PROPOSED = "proposed", _("not started")
    LOADING = "loading", _("loading")
    COUNTING = "counting", _("being counted")
    READY = "ready", _("ready")
    STOPPED = "stopped", _("stopped")
    FAILED = "failed", _("failed")


#: States in which the observations are loaded, or kept up to date.
STARTED = (State.LOADING, State.COUNTING, State.READY)


class Load(MayFail):
    """The observations of one clade in one place or everywhere, from the choice to their hotspots."""

    id = models.BigAutoField(primary_key=True, default=new_id)
    taxon_id = models.PositiveBigIntegerField(help_text=_("iNaturalist's id of the clade"))
    taxon_name = models.CharField(max_length=LONGEST_NAME)
    common_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    place_id = models.PositiveBigIntegerField(
        null=True, help_text=_("iNaturalist's id of the place; empty: everywhere")
    )
    place_name = models.CharField(max_length=LONGEST_NAME, blank=True)
    observations = models.PositiveIntegerField(help_text=_("as iNaturalist counted when it was proposed"))
    taxa = models.PositiveIntegerField(help_text=_("to be listed; none where a place is given"))
    state = models.CharField(max_length=16, choices=State, default=State.PROPOSED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    loaded_at = models.DateTimeField(null=True, help_text=_("when the lake had all of it"))
    ready_at = models.DateTimeField(null=True, help_text=_("when its hotspots were there"))
    refresh_asked_at = models.DateTimeField(null=True)
    is_mailed = models.BooleanField(default=False, help_text=_("whoever started it wants a mail"))
    mailed_at = models.DateTimeField(null=True)
    language = models.CharField(max_length=16, default=settings.LANGUAGE_CODE)

    class Meta:
        verbose_name = _("load")
        verbose_name_plural = _("loads")
        ordering = ["-proposed_at", "-id"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="load_state_known"),
            models.UniqueConstraint(
                "taxon_id",
                Coalesce("place_id", 0),
                condition=Q(state__in=["loading", "counting", "ready"]),
                name="region_loaded_once",
            ),
            models.UniqueConstraint(
                "by",
                "taxon_id",
                Coalesce("place_id", 0),
                condition=Q(state="proposed"),
                name="region_proposed_once_by_each",
            ),
            models.CheckConstraint(
                condition=Q(state="proposed") | Q(started_at__isnull=False), name="load_started_has_a_time"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["counting", "ready"]) | Q(loaded_at__isnull=False),
                name="load_counted_is_loaded",
            ),
        ]

    def __str__(self) -> str:
        if self.place_id is None:
            return self.taxon_name
        return gettext("%(taxon)s in %(place)s") % {"taxon": self.taxon_name, "place": self.place_name}

    @property
    def region(self) -> Region:
        """What is pulled."""
        return Region(self.taxon_id, self.place_id, self.observations, self.taxa)
