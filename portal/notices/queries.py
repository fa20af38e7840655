"""Reads for mails and webhooks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef, QuerySet
from django.http import QueryDict

from portal import news
from portal.cutoffs.models import Cutoff, Event
from portal.cutoffs.queries import Viewer, will_know
from portal.hotspots import queries as hotspots
from portal.hotspots.facets import Facets
from portal.hotspots.forms import FacetsForm
from portal.hotspots.models import SavedSearch, WorklistEntry
from portal.hotspots.queries import worklists
from portal.hotspots.seen import Visitor
from portal.interests.choices import NOTHING, Choice
from portal.interests.queries import kept_of
from portal.lake.models import Refresh
from portal.news import News
from portal.notices.cutoff_news import CutoffNews
from portal.notices.models import Delivery, FanOut, NewsFanOut, Phase, SearchMail, Subscription, Webhook
from portal.present import present

#: How many events, and how many deliveries, one round takes.
AT_ONCE = 200
LOG_LINES = 100


def new_events() -> QuerySet[Event]:
    """Events that people get news of and whose deliveries are not written down yet, oldest first."""
    done = FanOut.objects.filter(event=OuterRef("pk"))
    return Event.objects.filter(~Exists(done), is_told=True).select_related("cutoff").order_by("id")[:AT_ONCE]


def new(now: datetime) -> list[News]:
    """What people get news of and whose deliveries are not written down yet."""
    of_rooms = news.recent(now)
    done = set(NewsFanOut.objects.filter(key__in=[one.key for one in of_rooms]).values_list("key", flat=True))
    of_cutoffs: list[News] = [CutoffNews(event) for event in new_events()]
    return of_cutoffs + [one for one in of_rooms if one.key not in done]


def subscribers(one: News, now: datetime) -> list[Subscription]:
    """The confirmed addresses that subscribe to such news, may know of them, and whose groups they concern.

    Who chose no group gets the news of all.
    """
    rows = _asking_for(one.phase, lambda viewer: one.is_for(viewer or AnonymousUser(), now))
    groups = {row: choice_for(row).groups for row in rows}
    concerned = one.groups_concerned({group for some in groups.values() for group in some})
    return [row for row, some in groups.items() if not some or concerned.intersection(some)]


def _asking_for(phase: str, knows: Callable[[Viewer | None], bool]) -> list[Subscription]:
    """The confirmed addresses that subscribe to such news, of whoever ``knows``; None did not sign in."""
    is_public = knows(None)
    confirmed = Subscription.objects.filter(confirmed_at__isnull=False)
    confirmed = confirmed.select_related("user__interests", "clade").order_by("id")
    return [one for one in confirmed if phase in one.phases and (is_public or (one.user and knows(one.user)))]


@dataclass(frozen=True)
class Audience:
    """How many mails and calls of webhooks something sends: at once, and with Monday's digest."""

    at_once: int
    on_monday: int
    webhooks: int


def audience_of_announcement(cutoff: Cutoff) -> Audience:
    """Whom announcing a cutoff would notify, by mail and by webhook."""

    def knows(viewer: Viewer | None) -> bool:
        return will_know(viewer or AnonymousUser(), cutoff)

    mailed = _asking_for(Phase.ANNOUNCED, knows)
    return Audience(
        at_once=sum(not one.is_digest for one in mailed),
        on_monday=sum(one.is_digest for one in mailed),
        webhooks=len(_called_for(Phase.ANNOUNCED)) if knows(None) else 0,
    )


def webhooks(one: News, now: datetime) -> list[Webhook]:
    """The programs that subscribe to such news; they get what is public alone."""
    return _called_for(one.phase) if one.is_for(AnonymousUser(), now) else []


def _called_for(phase: str) -> list[Webhook]:
    return [one for one in Webhook.objects.filter(is_active=True) if phase in one.phases]


def unasked() -> QuerySet[Subscription]:
    """Addresses that are to confirm that they want mails."""
    return Subscription.objects.filter(confirmed_at=None, question_sent_at=None).order_by("id")[:AT_ONCE]


def due_mails(now: datetime) -> list[tuple[Subscription, list[Delivery]]]:
    """What is to be mailed now, by subscription: one mail each."""
    due = _due(now).filter(subscription__isnull=False).order_by("subscription_id", "event_id", "news")
    rows = due.select_related("subscription__user__interests", "subscription__clade", "event__cutoff")[
        :AT_ONCE
    ]
    return [(one, list(group)) for one, group in groupby(rows, key=lambda row: row.subscription)]


def with_news(rows: Iterable[Delivery]) -> list[tuple[Delivery, News | None]]:
    """Deliveries with what each is about, the oldest news first; None where that is no more."""
    rows = list(rows)
    named = news.named(row.news for row in rows if row.news)
    pairs = [(row, CutoffNews(row.event) if row.event else named.get(row.news)) for row in rows]
    return sorted(pairs, key=lambda pair: (pair[1].at if pair[1] else pair[0].due_at, pair[0].news))


def choice_for(subscription: Subscription) -> Choice:
    """What mails are narrowed to: what the subscriber's account keeps, or the clade of the subscription."""
    kept = kept_of(subscription.user) if subscription.user else None
    if kept is not None or subscription.clade is None:
        return kept or NOTHING
    return Choice((str(subscription.clade.pk),))


def due_calls(now: datetime) -> QuerySet[Delivery]:
    """What is to be sent to webhooks now."""
    due = _due(now).filter(webhook__isnull=False, webhook__is_active=True).order_by("event_id", "news")
    return due.select_related("webhook", "event__cutoff")[:AT_ONCE]


def _due(now: datetime) -> QuerySet[Delivery]:
    return Delivery.objects.filter(status=Delivery.Status.WAITING, due_at__lte=now)


def subscription(token: str) -> Subscription | None:
    """The subscription of that name."""
    return Subscription.objects.filter(token=token).select_related("clade").first()


# Searches ----------------------------------------------------------------------------------------


def has_confirmed(user: User, email: str) -> bool:
    """Whether somebody confirmed, for mails of this account, that the address is theirs."""
    mine = {"email__iexact": email, "confirmed_at__isnull": False}
    searches = SearchMail.objects.filter(search__person=user, **mine)
    return searches.exists() or Subscription.objects.filter(user=user, **mine).exists()


def search_of(user: User, search_id: int) -> SavedSearch | None:
    """The saved search of that id, if it is this person's."""
    return SavedSearch.objects.filter(pk=search_id, person=user).select_related("person").first()


def search_mails_of(user: User) -> dict[int, SearchMail]:
    """The mails about this person's searches, by search."""
    return {one.search_id: one for one in SearchMail.objects.filter(search__person=user)}


def search_mail(token: str) -> SearchMail | None:
    """The mails about a search, by their name."""
    return SearchMail.objects.filter(token=token).select_related("search__person").first()


def unasked_for_searches() -> QuerySet[SearchMail]:
    """Addresses that are to confirm that they want mails about a search."""
    waiting = SearchMail.objects.filter(confirmed_at=None, question_sent_at=None)
    return waiting.select_related("search").order_by("id")[:AT_ONCE]


def due_search_mails(now: datetime) -> QuerySet[SearchMail]:
    """Mails about searches that are due, of accounts that are open."""
    confirmed = SearchMail.objects.filter(confirmed_at__isnull=False)
    due = confirmed.filter(due_at__lte=now, search__person__is_active=True)
    return due.select_related("search__person").order_by("due_at", "id")[:AT_ONCE]


def facets_of(search: SavedSearch) -> Facets | None:
    """What a saved search is narrowed to; None where it cannot be read any more: its taxon is gone."""
    facets, notices = FacetsForm(QueryDict(search.query)).facets(visitor=Visitor(search.person))
    return None if notices else facets


def newest_count(search: SavedSearch) -> int:
    """The refresh that the search's worklist comes from; 0 where there is none."""
    facets = facets_of(search)
    counted = hotspots.counted_last(facets.criteria) if facets else None
    return counted.pk if counted else 0


@dataclass(frozen=True)
class New:
    """What came onto a search's worklist since a refresh.

    observations: how many there are.
    first:        the most worthwhile of them, a batch at most.
    refresh:      the newest count, and ``since``: the first one that brought any.
    """

    facets: Facets
    observations: int
    first: list[WorklistEntry]
    refresh: Refresh
    since: Refresh


def new_in(mailed: SearchMail) -> New | None:
    """What came onto the search's worklist since its last mail; None where nothing did."""
    facets = facets_of(mailed.search)
    refresh = hotspots.counted_last(facets.criteria) if facets else None
    if facets is None or refresh is None or refresh.pk <= mailed.counted_to:
        return None
    rows = worklists.worklist(facets).filter(listed_in__gt=mailed.counted_to)
    first = list(rows[: worklists.BATCH])
    if not first:
        return None
    earliest = rows.order_by("listed_in").values_list("listed_in", flat=True)[:1]
    since = Refresh.objects.get(pk=present(earliest[0]))
    return New(facets, rows.order_by().count(), first, refresh, since)


def all_webhooks() -> QuerySet[Webhook]:
    """Every webhook, by name."""
    return Webhook.objects.all()


def webhook_with_id(webhook_id: int) -> Webhook | None:
    """The webhook of that id."""
    return Webhook.objects.filter(pk=webhook_id).first()


def delivery_log() -> list[tuple[Delivery, News | None]]:
    """What was sent to webhooks, latest first, each with what it was about."""
    calls = Delivery.objects.filter(webhook__isnull=False).select_related("webhook", "event__cutoff")
    return with_news(calls.order_by("-due_at", "webhook_id")[:LOG_LINES])[::-1]
