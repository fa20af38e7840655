"""What people put into a portal: cutoffs, a blitz, models, a webhook, subscriptions. Dates are the lake's."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.core.cache import cache
from django.utils import timezone

from demo import filling
from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.api import edition, files
from portal.batches.pools import Part
from portal.batches.services import holders, taking
from portal.blitzes import measuring
from portal.blitzes import services as blitzes
from portal.cutoffs import services as cutoffs
from portal.cutoffs import snapshotting
from portal.cutoffs.models import Cutoff, Hold
from portal.cutoffs.states import State
from portal.hotspots.models import Hotspot, WorklistEntry
from portal.loads.models import Load
from portal.loads.models import State as LoadState
from portal.notices import services as notices
from portal.notices.models import Phase, Subscription
from portal.taxa.models import Readiness, Taxon
from portal.training import services as training
from portal.versions import services
from portal.versions.models import ModelVersion
from portal.versions.queries import classes_of
from tests.portal.versions.releases import release
from tests.real.commands import end_of_data

DAY = timedelta(days=1)
_OF_HOTSPOTS = (
    "hotspots:hotspot",
    "hotspots:places",
    "hotspots:review",
    "hotspots:worklist_file",
    "hotspots:worklist_over_all_file",
    "api:worklist",
)
_OF_MODELS = (
    "api:model_taxa",
    "versions:model",
    "versions:classes",
    "versions:classes_file",
    "versions:suggest_clade",
)
_OF_TAXA = ("api:taxon", "api:inclusion", "badge", "taxa:taxon")


@dataclass(frozen=True)
class Furnished:
    """Who works there, and where people come from their mails.

    key:     an API token of a trainer.
    lacking: the patterns whose pages need more than the lake holds.
    """

    staff: AbstractUser
    tokens: tuple[str, ...]
    key: str
    lacking: frozenset[str]


def forget() -> None:
    """Forget what this process keeps of another lake's portal."""
    cache.clear()
    edition.forget()
    classes_of.cache_clear()


def furnish() -> Furnished:
    """Do what staff and visitors do, and what the clock then does."""
    forget()
    filling.renew_staff()
    staff = get_user_model().objects.get(username=filling.STAFF)
    due = _plan_cutoffs(staff)
    has_genus, has_blitz = _release_models(), _hold_blitz(staff)
    has_load = _choose_group(staff)
    tokens = _subscribe()
    notices.add_webhook(
        {"name": "Forum", "url": "https://hooks.example.org/leafline", "phases": list(Phase.values)}
    )
    snapshotting.cut_all()
    _wait_for_snapshot(staff)
    _token, key = make_token("a trainer", Scope.TRAINER)
    training.create_run(_token.pk, "under way", "a snapshot", {}, is_simulated=False)
    files.publish()
    forget()
    lacking = {
        "versions:genus": not has_genus,
        "hotspots:matrix": not Hotspot.objects.filter(taxon__rank_level__lte=20).exists(),
        "loads:load": not has_load,
        "loads:progress": not has_load,
        "blitzes:blitz": not has_blitz,
        "api:blitz": not has_blitz,
        "cutoffs:file": Cutoff.objects.get(pk=due.pk).state != State.EXPORTED,
        **dict.fromkeys(_OF_MODELS, not ModelVersion.objects.exists()),
        **dict.fromkeys(_OF_HOTSPOTS, not Hotspot.objects.exists()),
        **dict.fromkeys(_OF_TAXA, not Readiness.objects.exists()),
    }
    return Furnished(
        staff, tokens, key, frozenset(name for name, is_lacking in lacking.items() if is_lacking)
    )


def _plan_cutoffs(staff: AbstractUser) -> Cutoff:
    """A draft, one to come, and one whose data are there: gives that."""
    now = timezone.now()
    cutoffs.draft({"name": "A draft", "cutoff_at": now + 90 * DAY}, by=staff)
    to_come = {
        "name": "To come",
        "cutoff_at": now + 40 * DAY,
        "note": "Come & see: 5 < 6\x0bthen <b>wait</b>",
    }
    cutoffs.announce(cutoffs.draft(to_come, by=staff), by=staff)
    return _come(staff, "Past", end_of_data(settings.LAKE_DIR))


def _choose_group(staff: AbstractUser) -> bool:
    """A clade of the lake that is being loaded from iNaturalist; whether there is one."""
    taxon = Taxon.objects.order_by("pk").first()
    if taxon is None:
        return False
    now = timezone.now()
    Load.objects.create(
        taxon_id=taxon.pk,
        taxon_name=taxon.name or str(taxon.pk),
        observations=1_200,
        taxa=30,
        state=LoadState.LOADING,
        by=staff,
        proposed_at=now,
        started_at=now,
    )
    return True


def _wait_for_snapshot(staff: AbstractUser) -> None:
    """One whose snapshot nobody makes yet."""
    _come(staff, "Waiting", timezone.now() - DAY)


def _come(staff: AbstractUser, name: str, at: datetime) -> Cutoff:
    """A cutoff whose time has come."""
    given, before = {"name": name, "cutoff_at": at, "hold": Hold.NEVER}, at - 60 * DAY
    due = cutoffs.announce(cutoffs.draft(given, by=staff, now=before), by=staff, now=before)
    for moment in (due.window_start, due.cutoff_at):
        cutoffs.advance_due(now=moment)
    return due


def _release_models() -> bool:
    """Two models of the taxa with most photos; whether two of their classes are of one genus."""
    rows = Readiness.objects.filter(criteria="inat-2022", taxon__rank_level=10).select_related("taxon")
    chosen = [row.taxon for row in rows.order_by("-photos", "taxon_id")[:40]]
    known = {taxon.pk: _genus(taxon) for taxon in chosen}
    if len(known) < 2:
        return False
    first = dict.fromkeys(known, (25, 20))
    second = dict.fromkeys(list(known)[1:], (25, 15))
    pairs = [
        (one, other, 4)
        for one in second
        for other in second
        if one < other and known[one] is not None and known[one] == known[other]
    ]
    release("first", 3, first, is_simulated=False)
    release("second", 9, second, pairs, is_simulated=False)
    services.compare_versions()
    return bool(pairs)


def _genus(taxon: Taxon) -> int | None:
    """The genus that a species lies in: not always its parent, and unknown where ancestors have no rank."""
    above = [int(each) for each in taxon.ancestry.split("/") if each]
    return Taxon.objects.filter(pk__in=above, rank_level=20).values_list("pk", flat=True).first()


def _hold_blitz(staff: AbstractUser) -> bool:
    """A blitz under way on the label that has most to look at; whether there is any."""
    entry = WorklistEntry.objects.filter(criteria="inat-2022").order_by("-suspicion").first()
    if entry is None:
        return False
    now = timezone.now()
    blitz = blitzes.propose(
        by=staff,
        clade=Taxon.objects.get(pk=entry.label_taxon_id),
        cutoff=None,
        starts_at=now + DAY,
        ends_at=now + 8 * DAY,
        title="A look together",
        purpose="Many look alike.",
        for_whom="Whoever likes",
        shown_as="Ida",
    )
    blitz = blitzes.approve(blitz, by=staff)
    blitzes.advance_due(now=now + DAY)
    measuring.measure()
    taking.take(holders.of_account(staff), Part(f"blitz-{blitz.pk}"), now=now + DAY)
    return True


def _subscribe() -> tuple[str, ...]:
    """One address that has confirmed, and one that has not: gives where their mails lead."""
    addresses = []
    for email in ("bo@example.org", "cy@example.org"):
        notices.subscribe(email, list(Phase.values), clade=None, is_digest=False, user=None)
        subscription = Subscription.objects.get(email=email)
        addresses.append(f"/subscriptions/{subscription.token}/confirm/")
        if email.startswith("bo"):
            notices.confirm(subscription)
            addresses += [
                f"/subscriptions/{subscription.token}/",
                f"/subscriptions/{subscription.token}/unsubscribe/",
            ]
    return tuple(addresses)
