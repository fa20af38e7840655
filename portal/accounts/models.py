"""Who somebody is on iNaturalist, as far as that was known at the last sign-in; and tokens for programs."""

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Identity(models.Model):
    """A person's iNaturalist account. No token is kept: each sign-in gets a new one."""

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


class NamedAccount(models.Model):
    """The iNaturalist account that somebody says is theirs. Nothing proves it, as signing in there would.

    So two people may name the same one, and it opens nothing but what everybody may see on iNaturalist.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="named_account", primary_key=True
    )
    inat_id = models.PositiveBigIntegerField()
    login = models.CharField(max_length=255)
    named_at = models.DateTimeField()

    class Meta:
        verbose_name = _("iNaturalist account by name")
        verbose_name_plural = _("iNaturalist accounts by name")

    def __str__(self) -> str:
        return self.login


class BrowserSession(AbstractBaseSession):
    """A browser's session, and who is signed in with it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="+")

    class Meta(AbstractBaseSession.Meta):
        pass

    @classmethod
    def get_session_store_class(cls) -> type[SessionBase]:
        from portal.accounts.sessions import SessionStore

        return SessionStore


class LinkRequest(models.Model):
    """An address that requested a link to choose a new password; kept until it was mailed, an hour at most.

    It is written down before anybody looks whether an account has that address, so that both take as long.
    """

    email = models.EmailField()
    language = models.CharField(max_length=16)
    asked_at = models.DateTimeField(db_index=True)
    tried_at = models.DateTimeField(null=True, help_text=_("when a worker took it up last"))
    mailed_up_to = models.BigIntegerField(
        default=0,
        help_text=_("of the accounts with this address, by id, those up to this one have their link"),
    )

    class Meta:
        verbose_name = _("request for a new password")
        verbose_name_plural = _("requests for a new password")

    def __str__(self) -> str:
        return f"request {self.pk}"


class Scope(models.TextChoices):
    """What a token may do besides public reads."""

    CONSUMER = "consumer", _("more reads a minute")
    TRAINER = "trainer", _("its own training runs")
    STAFF = "staff", _("every training run, to read")
    PERSON = "person", _("the worklists of its own account")


#: What staff give a token for.
OF_PROGRAMS = (Scope.CONSUMER, Scope.TRAINER, Scope.STAFF)


class Token(models.Model):
    """A token as we keep it: its digest. The token itself is shown once, when it is made.

    One that somebody made for their own account has its ``user``; others are of programs that staff know.
    """

    name = models.CharField(max_length=100, help_text=_("who or what uses it"))
    scope = models.CharField(max_length=16, choices=Scope)
    start = models.CharField(max_length=16, help_text=_("its first characters, to recognise it"))
    digest = models.CharField(max_length=64, unique=True, help_text=_("its SHA-256"))
    created_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, help_text=_("to the minute"))
    revoked_at = models.DateTimeField(null=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, related_name="tokens"
    )

    class Meta:
        db_table = "api_token"
        verbose_name = _("token")
        verbose_name_plural = _("tokens")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(scope__in=Scope.values), name="token_scope_known"),
            models.CheckConstraint(
                condition=Q(scope=Scope.PERSON, user__isnull=False)
                | (~Q(scope=Scope.PERSON) & Q(user__isnull=True)),
                name="token_of_account_is_personal",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.start}…)"
