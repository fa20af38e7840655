"""Who somebody is on iNaturalist, as far as that was told at the last sign-in."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Identity(models.Model):
    """A person's iNaturalist account. No token is kept: it is asked for anew at each sign-in."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="identity", primary_key=True
    )
    inat_id = models.PositiveBigIntegerField(unique=True)
    login = models.CharField(max_length=255)
    identifications = models.PositiveIntegerField(
        default=0, help_text=_("for others, as iNaturalist counts them; decides who counts as an identifier")
    )
    told_at = models.DateTimeField()

    class Meta:
        verbose_name = _("iNaturalist account")
        verbose_name_plural = _("iNaturalist accounts")

    def __str__(self) -> str:
        return self.login
