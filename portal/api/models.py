"""Tokens: who may do more than read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a token may do besides public reads."""

    CONSUMER = "consumer", _("more reads a minute")
    TRAINER = "trainer", _("its own training runs")
    STAFF = "staff", _("every training run, to read")


class Token(models.Model):
    """A token as we keep it: its digest. The token itself is shown once, when it is made."""

    name = models.CharField(max_length=100, help_text=_("who or what uses it"))
    scope = models.CharField(max_length=16, choices=Scope)
    start = models.CharField(max_length=16, help_text=_("its first characters, to tell it by"))
    digest = models.CharField(max_length=64, unique=True, help_text=_("its SHA-256"))
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, help_text=_("to the minute"))
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="token_scope_known"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"
