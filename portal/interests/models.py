"""The groups and places that people with an account chose to see first."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Interests(models.Model):
    """What one person chose. It narrows what pages and mails show them, and is shown to nobody else."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="interests", primary_key=True
    )
    groups = models.JSONField(
        default=list, help_text=_("clades as addresses write them: iNaturalist's id, or a name without one")
    )
    places = models.JSONField(default=list, help_text=_("codes of continents, countries and regions"))

    class Meta:
        verbose_name = _("groups and places")
        verbose_name_plural = _("groups and places")

    def __str__(self) -> str:
        return f"of user {self.user_id}"
