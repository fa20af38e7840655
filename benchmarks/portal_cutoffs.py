"""Made-up cutoffs, blitzes, models, subscriptions and webhooks at size, for the benchmarks of the portal."""

from datetime import timedelta

from django.utils import timezone

CUTOFFS = 200
BLITZES = 20
SUBSCRIPTIONS = 100
WEBHOOKS = 20
CLASSES = 20_000
STAFF = "benchmark"
#: A cutoff every 30 days; every tenth is not public, one is ahead, and one waits for review.
_APART = timedelta(days=30)
_AUDIENCES = {0: "identifiers", 5: "staff"}


def fill() -> None:
    """Put them into the database, and somebody who may do everything."""
    from django.contrib.auth import get_user_model

    get_user_model().objects.create_superuser(STAFF, password="only for the benchmark")
    _cutoffs()
    _blitzes()
    _receivers()
    _model()


def _cutoffs() -> None:
    from portal.cutoffs import services
    from portal.cutoffs.models import Cutoff, Snapshot
    from portal.cutoffs.report import condense
    from tests.portal.cutoffs.conftest import guard_report
    from tests.portal.cutoffs.test_report import MANIFEST

    now = timezone.now()
    for number in reversed(range(CUTOFFS)):
        at = now + _APART * (2 - number)
        values = {
            "name": f"Cutoff {number}",
            "cutoff_at": at,
            "audience": _AUDIENCES.get(number % 20, "public"),
            "note": "What was agreed on with the identifiers of this group.",
        }
        draft = services.draft(values, by=None, now=at - timedelta(days=90))
        announced = services.announce(draft, by=None, now=at - timedelta(days=80))
        if at > now:
            continue
        services.advance_due(at - timedelta(days=10))
        services.advance_due(at)
        state = "held" if number == 2 else "published"
        Cutoff.objects.filter(pk=announced.pk).update(state=state, model_name=f"v{CUTOFFS - number}")
        Snapshot.objects.filter(cutoff=announced).update(
            step="done",
            started_at=at,
            finished_at=at,
            lake_version=7,
            report=condense(MANIFEST),
            guards=guard_report("influx", "bunching"),
        )


def _blitzes() -> None:
    """Blitzes under way in the orders with most to look at, for the coming cutoff."""
    from django.contrib.auth import get_user_model

    from portal.blitzes import services
    from portal.cutoffs.models import Cutoff
    from portal.hotspots.models import Hotspot
    from portal.taxa.models import Taxon

    now = timezone.now()
    cutoff = Cutoff.objects.filter(audience="public", state__in=("announced", "settling"))[0]
    worst = (
        Hotspot.objects.filter(criteria=cutoff.criteria, to_review__gt=0)
        .order_by("-to_review")
        .select_related("taxon")
    )
    above = [int(part) for row in worst[:1_000] for part in row.taxon.ancestry.split("/")]
    orders = Taxon.objects.filter(pk__in=above, rank="order").in_bulk()
    for clade in list(orders.values())[:BLITZES]:
        proposed = services.propose(
            by=get_user_model().objects.create_user(f"proposer {clade.pk}"),
            clade=clade,
            cutoff=cutoff,
            starts_at=now,
            ends_at=cutoff.cutoff_at,
            title=f"{clade} before the cutoff",
            purpose="Look at each, and leave at the genus what a photo does not show.",
            for_whom="Whoever knows them",
            shown_as="",
            now=now - timedelta(days=1),
        )
        services.approve(proposed, by=None, now=now)


def _receivers() -> None:
    from portal.notices import services
    from portal.notices.models import Phase, Subscription

    now = timezone.now()
    Subscription.objects.bulk_create(
        Subscription(
            email=f"{number}@example.org",
            phases=Phase.values,
            asked_at=now,
            confirmed_at=now,
            clade_id=number,
        )
        for number in range(1, SUBSCRIPTIONS + 1)
    )
    for number in range(WEBHOOKS):
        services.add_webhook(
            {"name": f"Hook {number}", "url": f"https://example.org/{number}", "phases": Phase.values}
        )
    while services.fan_out():
        pass


def _model() -> None:
    """A version of the model with results for every class."""
    from portal.accounts.models import Scope
    from portal.accounts.services import make_token
    from portal.training import document, services
    from portal.versions import services as versions
    from tests.portal.training import documents

    token, _text = make_token("benchmark", Scope.TRAINER)
    run, _is_new = services.create_run(token.pk, "benchmark", "abc", {}, is_simulated=True)
    taxa = [documents.DOCUMENT["taxa"][0] | {"taxon_id": number} for number in range(1, CLASSES + 1)]
    results = document.read(documents.stream(documents.document(taxa=taxa)), is_gzip=False)
    services.take_results(run, results)
    run.refresh_from_db()
    versions.make_version(run, "v1", timezone.now())
    versions.compare_versions()
