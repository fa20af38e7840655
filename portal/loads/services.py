"""Writes to loads: proposed, started, loaded, counted, ready."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from exporter.lake import Lake
from exporter.messages import Message
from exporter.pull.limiter import DAY, LIMITS
from exporter.pull.lookups import Match
from exporter.pull.regions import Region
from exporter.pull.store import Store
from portal.lake.asking import ask_for_pull, ask_for_refresh
from portal.lifecycle import NotAllowedError
from portal.loads import queries
from portal.loads.access import is_staff
from portal.loads.models import Load, State
from portal.numbers import number

#: Requests of one load: staff may spend a day's, others about as many as a large clade's upkeep takes.
MOST_REQUESTS = max(window.amount for window in LIMITS["requests"] if window.seconds == DAY)
MOST_REQUESTS_OF_MEMBERS = 500
#: Loads of one person that are under way at once.
MOST_AT_ONCE, MOST_AT_ONCE_OF_MEMBERS = 10, 1
#: A proposal older than this was counted too long ago to be started; later it is forgotten.
GOOD_FOR, KEPT_FOR = timedelta(days=1), timedelta(days=7)
#: A refresh is requested again when it has not come for so long.
ASK_AGAIN = timedelta(minutes=30)


def refuse_simulated() -> None:
    """NotAllowedError where the lake holds a simulated world: nobody could say what is real."""
    version = Lake(settings.LAKE_DIR).latest()
    if version is not None and version.is_simulated:
        raise NotAllowedError(
            _(
                "This portal shows a simulated world. Real observations are not mixed into it: use a portal"
                " with another data folder (LEAFLINE_DATA)."
            )
        )


def propose(
    taxon: Match, place: Match | None, region: Region, *, by: User, now: datetime | None = None
) -> Load:
    """Keep what somebody chose, with what it costs; the load of it that was started, if there is one.

    NotAllowedError where there is nothing to load, or too much.
    """
    refuse_simulated()
    if (same := queries.same_region(region)) is not None:
        return same
    if not region.observations:
        raise NotAllowedError(_("iNaturalist has no observations there. Choose another clade or place."))
    _refuse_too_large(region, by)
    proposed, _is_new = Load.objects.update_or_create(
        taxon_id=region.taxon_id,
        place_id=region.place_id,
        by=by,
        state=State.PROPOSED,
        defaults={
            "taxon_name": taxon.name,
            "common_name": taxon.common_name,
            "place_name": place.name if place else "",
            "observations": region.observations,
            "taxa": region.taxa,
            "proposed_at": now or timezone.now(),
        },
    )
    return proposed


def _refuse_too_large(region: Region, by: User) -> None:
    most = MOST_REQUESTS if is_staff(by) else MOST_REQUESTS_OF_MEMBERS
    if region.requests > most:
        raise NotAllowedError(
            _(
                "It takes %(requests)s requests, and you may load what takes %(most)s at most. Choose a"
                " smaller clade or place."
            )
            % {"requests": number(region.requests), "most": number(most)}
        )


def start(
    load: Load, *, by: User, is_mailed: bool = False, language: str = "", now: datetime | None = None
) -> None:
    """Begin to load it. NotAllowedError where it was begun, is out of date, or is one too many."""
    at = now or timezone.now()
    refuse_simulated()
    if at - load.proposed_at > GOOD_FOR:
        raise NotAllowedError(_("It was counted more than a day ago: choose it again to see what it costs."))
    _refuse_too_large(load.region, by)
    most = MOST_AT_ONCE if is_staff(by) else MOST_AT_ONCE_OF_MEMBERS
    if queries.started_by(by) >= most:
        words = ngettext(
            "You are loading %(most)s group already: wait until it is there, or stop it.",
            "You are loading %(most)s groups already: wait until one is there, or stop one.",
            most,
        )
        raise NotAllowedError(words % {"most": number(most)})
    values = {"by": by, "started_at": at, "is_mailed": is_mailed, "language": language or load.language}
    try:
        with transaction.atomic():
            proposed = Load.objects.filter(pk=load.pk, state=State.PROPOSED)
            is_ours = proposed.update(state=State.LOADING, **values)
    except IntegrityError:
        is_ours = 0
    if not is_ours:
        raise NotAllowedError(_("It is loaded already."))
    ask_for_pull()


def stop(load: Load) -> bool:
    """Discard a proposal, or stop what was started: what is loaded stays. Whether there is a load left."""
    if load.state == State.PROPOSED:
        Load.objects.filter(pk=load.pk, state=State.PROPOSED).delete()
        return False
    Load.objects.filter(pk=load.pk, state__in=[State.LOADING, State.COUNTING, State.READY]).update(
        state=State.STOPPED
    )
    return True


def record_progress(
    store: Store, refused: Mapping[Region, list[Message]], now: datetime | None = None
) -> None:
    """Record which loads the lake has whole by now, and which of them iNaturalist refused."""
    at = now or timezone.now()
    failures = {(region.taxon_id, region.place_id): why for region, why in refused.items()}
    for load in queries.loading():
        under_way = Load.objects.filter(pk=load.pk, state=State.LOADING)
        if load.region.since(store) is not None:
            under_way.update(state=State.COUNTING, loaded_at=at)
        elif why := failures.get((load.taxon_id, load.place_id)):
            under_way.update(state=State.FAILED, failure=why)


def advance(now: datetime | None = None) -> None:
    """Have what is loaded counted, note what is ready, and forget what was proposed long ago."""
    at = now or timezone.now()
    Load.objects.filter(state=State.PROPOSED, proposed_at__lt=at - KEPT_FOR).delete()
    for load in queries.counting():
        being_counted = Load.objects.filter(pk=load.pk, state=State.COUNTING)
        if load.loaded_at is not None and queries.refreshed_since(load.loaded_at):
            being_counted.update(state=State.READY, ready_at=at)
        elif (load.refresh_asked_at or at - 2 * ASK_AGAIN) < at - ASK_AGAIN and ask_for_refresh():
            being_counted.update(refresh_asked_at=at)


def claim_mail(load: Load, now: datetime) -> bool:
    """Whether the mail is for this process to send."""
    return bool(Load.objects.filter(pk=load.pk, mailed_at=None).update(mailed_at=now))


def mail_not_sent(load: Load) -> None:
    """The mail is to be tried again."""
    Load.objects.filter(pk=load.pk).update(mailed_at=None)
