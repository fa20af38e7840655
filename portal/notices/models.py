"""Who gets news of cutoffs and blitzes by mail or webhook, and what was sent to whom."""

import secrets
import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from portal.cutoffs.states import State
from portal.lifecycle import MayFail

#: The longest key of news.
KEY_LENGTH = 100


def new_token() -> str:
    """A name for a subscription that nobody guesses."""
    return secrets.token_urlsafe(32)


def new_secret() -> str:
    """A key with which webhooks are signed."""
    return secrets.token_hex(32)


class Phase(models.TextChoices):
    """What there can be news of. "changed" is a new date or note of a cutoff that was announced."""

    ANNOUNCED = State.ANNOUNCED.value, _("a cutoff is announced")
    CHANGED = "changed", _("its date or its rules change")
    SETTLING = State.SETTLING.value, _("its settling window begins")
    CANCELLED = State.CANCELLED.value, _("it is called off")
    EXPORTED = State.EXPORTED.value, _("its snapshot is made")
    TRAINING = State.TRAINING.value, _("training begins")
    PUBLISHED = State.PUBLISHED.value, _("its model is out")
    BLITZ_BEGUN = "blitz-begun", _("a blitz begins")
    BLITZ_LAST_DAYS = "blitz-last-days", _("a blitz has two days left")
    BLITZ_RESULT = "blitz-result", _("the result of a blitz is known")


#: What there can be news of where people ask for news of blitzes.
OF_BLITZES = (Phase.BLITZ_BEGUN, Phase.BLITZ_LAST_DAYS, Phase.BLITZ_RESULT)


class Mailed(models.Model):
    """An address that is to get mails. None are sent before it has confirmed, but for that question."""

    email = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=16, default=settings.LANGUAGE_CODE)
    token = models.CharField(max_length=64, unique=True, default=new_token)
    asked_at = models.DateTimeField()
    question_sent_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


class Subscription(Mailed):
    """An address that gets news of cutoffs."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text=_("who subscribed, if signed in: the mails say what this person may know"),
    )
    phases = models.JSONField(_("when"), default=list)
    clade = models.ForeignKey(
        "taxa.Taxon",
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_constraint=False,
        help_text=_("the mails say how it stands"),
    )
    is_digest = models.BooleanField(_("once a week, on Mondays"), default=False)

    class Meta:
        verbose_name = _("subscription")
        verbose_name_plural = _("subscriptions")
        constraints = [models.UniqueConstraint(Lower("email"), name="one_subscription_per_address")]

    def __str__(self) -> str:
        return f"subscription {self.pk}"


class SearchMail(Mailed):
    """An address that gets a mail on Mondays about a search that somebody keeps, if anything is new."""

    search = models.OneToOneField("hotspots.SavedSearch", on_delete=models.CASCADE, related_name="+")
    counted_to = models.BigIntegerField(
        default=0, help_text=_("the refresh up to which observations were counted: later ones are new")
    )
    due_at = models.DateTimeField(null=True, help_text=_("when the next mail is due"))
    claimed_at = models.DateTimeField(null=True, help_text=_("since when a process is sending it"))
    attempts = models.PositiveSmallIntegerField(default=0, help_text=_("failed ones of this week"))

    class Meta:
        verbose_name = _("mail about a search")
        verbose_name_plural = _("mails about searches")
        indexes = [models.Index(fields=["due_at"], name="search_mail_by_due")]

    def __str__(self) -> str:
        return f"mail {self.pk} about search {self.search_id}"


class Webhook(models.Model):
    """An address of a program that gets news of what is public."""

    class Format(models.TextChoices):
        """What the program understands."""

        JSON = "json", _("JSON, signed")
        SLACK = "slack", _("Slack")
        DISCORD = "discord", _("Discord")
        DISCOURSE = "discourse", _("Discourse")

    name = models.CharField(_("name"), max_length=100)
    url = models.URLField(_("address"), max_length=500)
    format = models.CharField(_("format"), max_length=16, choices=Format, default=Format.JSON)
    phases = models.JSONField(_("when"), default=list)
    secret = models.CharField(max_length=64, default=new_secret, help_text=_("signs what is sent"))
    api_key = models.CharField(_("Discourse API key"), max_length=200, blank=True)
    api_user = models.CharField(_("Discourse user"), max_length=100, blank=True)
    topic_id = models.PositiveIntegerField(
        _("Discourse topic"),
        null=True,
        blank=True,
        help_text=_("Where to reply; empty: a new topic each time."),
    )
    is_active = models.BooleanField(_("active"), default=True)
    made_at = models.DateTimeField()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class FanOut(models.Model):
    """An event of a cutoff whose deliveries have been written down: each is, once."""

    event = models.OneToOneField(
        "cutoffs.Event", on_delete=models.CASCADE, primary_key=True, related_name="+"
    )

    class Meta:
        verbose_name = _("fan-out")
        verbose_name_plural = _("fan-outs")

    def __str__(self) -> str:
        return f"fan-out of event {self.event_id}"


class NewsFanOut(models.Model):
    """The same for news of another room, by their key (`portal.news`)."""

    key = models.CharField(max_length=KEY_LENGTH, primary_key=True)

    class Meta:
        verbose_name = _("fan-out of news")
        verbose_name_plural = _("fan-outs of news")

    def __str__(self) -> str:
        return f"fan-out of {self.key}"


class Delivery(MayFail):
    """One piece of news for one subscription or webhook: waiting, being sent, sent, or given up."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        GIVEN_UP = "given_up", _("given up")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    event = models.ForeignKey(
        "cutoffs.Event",
        on_delete=models.CASCADE,
        null=True,
        related_name="+",
        help_text=_("what happened to a cutoff; empty: news of another room"),
    )
    news = models.CharField(
        max_length=KEY_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text=_("the key of these (portal.news)"),
    )
    subscription = models.ForeignKey(
        Subscription, on_delete=models.CASCADE, null=True, related_name="deliveries"
    )
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, null=True, related_name="deliveries")
    status = models.CharField(max_length=16, choices=Status, default=Status.WAITING)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        constraints = [
            models.CheckConstraint(
                condition=Q(subscription__isnull=True, webhook__isnull=False)
                | Q(subscription__isnull=False, webhook__isnull=True),
                name="delivery_has_one_receiver",
            ),
            models.CheckConstraint(
                condition=Q(event__isnull=False, news="") | (Q(event__isnull=True) & ~Q(news="")),
                name="delivery_is_of_one_thing",
            ),
            models.UniqueConstraint(fields=["event", "subscription"], name="event_once_per_subscription"),
            models.UniqueConstraint(fields=["event", "webhook"], name="event_once_per_webhook"),
            models.UniqueConstraint(
                fields=["news", "subscription"], condition=~Q(news=""), name="news_once_per_subscription"
            ),
            models.UniqueConstraint(
                fields=["news", "webhook"], condition=~Q(news=""), name="news_once_per_webhook"
            ),
        ]
        indexes = [models.Index(fields=["status", "due_at"], name="delivery_by_due")]

    def __str__(self) -> str:
        return f"delivery {self.pk} ({self.status})"
