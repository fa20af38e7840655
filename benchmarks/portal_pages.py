"""What every page takes: queries, time, processor time and compressed size. A part of `benchmarks.portal`."""

import gzip
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.urls import URLPattern, URLResolver, get_resolver

REQUESTS = 30
QUERIES, MILLISECONDS = 20, 100
HEAD = """| page | queries | fastest | median | p95 | processor: web, database | compressed |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |"""
_TICKS_PER_MS = os.sysconf("SC_CLK_TCK") / 1000
#: Addresses of every page and file by the name of its route. In braces: what `subjects` finds. Those of the
#: second table are for staff.
PUBLIC = {
    "home": ["/", "/?criteria=inat-2021"],
    "taxa:readiness": [
        "/readiness/",
        "/readiness/?tab=losing",
        "/readiness/?tab=included",
        "/readiness/?tab=included&page=2000",
        "/readiness/?tab=included&sort=name",
        "/readiness/?tab=dropped",
        "/readiness/?within=1000&sort=photos",
        "/readiness/?clade={kingdom}",
        "/readiness/?tab=included&clade={kingdom}",
        "/readiness/?clade={genus}",
    ],
    "taxa:tree": ["/tree/", "/tree/?taxon={kingdom}&colour=wrong", "/tree/?taxon={genus}"],
    "taxa:taxon": ["/taxa/{fullest}/", "/taxa/{kingdom}/", "/taxa/1/"],
    "taxa:search": ["/search/?q=blue", "/search/?q=c"],
    "taxa:suggest": ["/search/suggest/?q=blue"],
    "taxa:suggest_clade": ["/readiness/suggest/?clade=blue"],
    "hotspots:list": [
        "/hotspots/",
        "/hotspots/?clade={kingdom}&kind=lookalike&least=2&exported=1&sort=share",
        "/hotspots/?place=europe&sort=name",
        "/hotspots/?page=700",
    ],
    "hotspots:suggest_clade": ["/hotspots/suggest/?clade=blue"],
    "hotspots:worklist": [
        "/hotspots/worklist/",
        "/hotspots/worklist/?page=90",
        "/hotspots/worklist/?place=antarctica",
        "/hotspots/worklist/?clade=1&place=europe",
        "/hotspots/worklist/?clade={kingdom}",
        "/hotspots/worklist/?clade={kingdom}&place=antarctica",
        "/hotspots/worklist/?clade={family}&place=europe",
        "/hotspots/worklist/?clade={fullest}",
        "/hotspots/worklist/?grade=casual",
        "/hotspots/worklist/?kind=out_of_range",
        "/hotspots/worklist/?kind=model",
        "/hotspots/worklist/?kind=out_of_range&grade=casual",
        "/hotspots/worklist/?rather={fullest}",
        "/hotspots/worklist/?since=count&place=europe",
        "/hotspots/worklist/?disputed=1&clade={family}",
        "/hotspots/worklist/?evidence=records",
        "/hotspots/worklist/?chance=unlikely&place=antarctica",
    ],
    "hotspots:suggest_worklist_clade": ["/hotspots/worklist/suggest/?clade=blue"],
    "hotspots:worklist_over_all_file": ["/hotspots/worklist.csv?clade={kingdom}&place=europe"],
    "hotspots:hotspot": ["/hotspots/{fullest}/", "/hotspots/{fullest}/?page=60"],
    "hotspots:review": ["/hotspots/{fullest}/review/"],
    "hotspots:worklist_file": ["/hotspots/{fullest}/worklist.csv"],
    "hotspots:places": ["/hotspots/{fullest}/places.json"],
    "hotspots:matrix": ["/hotspots/{genus}/matrix/"],
    "hotspots:pair": ["/hotspots/{fullest}/or/{other}/"],
    "hotspots:suggest_place": ["/hotspots/places/?place=can"],
    "worklist_feed": ["/feeds/worklist.atom", "/feeds/worklist.atom?clade={family}&place=europe"],
    "batches:mine": ["/batches/"],
    "batches:false_alarms": ["/batches/false-alarms/"],
    "batches:photo_faults": ["/batches/photo-faults/"],
    "batches:photo_faults_file": ["/batches/photo-faults.csv"],
    "blitzes_feed": ["/feeds/blitzes.atom"],
    "blitzes_calendar": ["/feeds/blitzes.ics"],
    "about": ["/about/"],
    "my_groups": ["/my-groups/"],
    "blitzes:list": ["/blitzes/"],
    "blitzes:picture": ["/blitzes/{blitz}/picture.png"],
    "blitzes:suggest_clade": ["/blitzes/suggest/?clade=blue"],
    "blitzes:blitz": ["/blitzes/{blitz}/"],
    "versions:models": ["/models/"],
    "versions:model": ["/models/v1/"],
    "versions:classes": ["/models/v1/classes/"],
    "versions:suggest_clade": ["/models/v1/classes/suggest/?clade=blue"],
    "versions:classes_file": ["/models/v1/classes.csv?clade={genus}"],
    "training:runs": ["/training/"],
    "training:comparison": ["/training/one-or-many/"],
    "training:comparison_document": ["/training/one-or-many/comparison.json"],
    "training:run": ["/training/{run}/"],
    "training:progress": ["/training/{run}/progress/"],
    "hotspots_feed": ["/feeds/hotspots.atom", "/feeds/hotspots.atom?clade={kingdom}"],
    "methods": ["/methods/"],
    "policy:lab": ["/policy/", "/policy/?who=rush&lead=28&window=0&draw=open"],
    "policy:document": ["/policy/results.json"],
    "policy:table": ["/policy/results.csv"],
    "badge": ["/taxa/{fullest}/badge.svg"],
    "api:root": ["/api/v1/"],
    "api:inclusion": ["/api/v1/inclusion/?taxon_id={five_hundred}"],
    "api:readiness": ["/api/v1/readiness/", "/api/v1/readiness/?clade={kingdom}&status=short"],
    "api:taxon": ["/api/v1/taxa/{fullest}/"],
    "api:cutoffs": ["/api/v1/cutoffs/"],
    "api:next_cutoff": ["/api/v1/cutoffs/next/"],
    "api:hotspots": ["/api/v1/hotspots/", "/api/v1/hotspots/?clade={kingdom}"],
    "api:worklist_over_all": ["/api/v1/worklist/", "/api/v1/worklist/?clade={family}&place=europe"],
    "api:worklist": ["/api/v1/hotspots/{fullest}/worklist/"],
    "api:blitzes": ["/api/v1/blitzes/"],
    "api:blitz": ["/api/v1/blitzes/{blitz}/"],
    "api:models": ["/api/v1/models/"],
    "api:model_taxa": ["/api/v1/models/v1/taxa/"],
    "api:schema": ["/api/schema/"],
    "api:docs": ["/api/docs/"],
    "api:use": ["/api/"],
    "cutoffs:timeline": ["/cutoffs/", "/cutoffs/?page=9"],
    "cutoffs:cutoff": ["/cutoffs/{coming}/", "/cutoffs/{published}/"],
    "cutoffs:progress": ["/cutoffs/{published}/progress/"],
    "cutoffs:calendar": ["/feeds/cutoffs.ics"],
    "cutoffs:news": ["/feeds/cutoffs.atom", "/feeds/cutoffs.atom?clade={kingdom}"],
    "notices:subscribe": ["/subscribe/"],
    "notices:confirm": ["/subscriptions/{token}/confirm/"],
    "notices:manage": ["/subscriptions/{token}/"],
    "notices:unsubscribe": ["/subscriptions/{token}/unsubscribe/"],
    "accounts:sign_in": ["/accounts/sign-in/"],
    "accounts:sign_up": ["/accounts/sign-up/"],
    "accounts:forgotten": ["/accounts/forgotten/"],
    "sitemap": ["/sitemap.xml"],
    "robots": ["/robots.txt"],
    "sync:status": ["/status/"],
    "sync:metrics": ["/metrics"],
}
STAFF = {
    "home": ["/"],
    "taxa:taxon": ["/taxa/{fullest}/"],
    "hotspots:hotspot": ["/hotspots/{fullest}/"],
    "blitzes:blitz": ["/blitzes/{blitz}/"],
    "blitzes:new": ["/blitzes/new/"],
    "batches:mine": ["/batches/"],
    "batches:batch": ["/batches/{batch}/"],
    "loads:list": ["/loads/"],
    "loads:new": ["/loads/new/"],
    "loads:load": ["/loads/{load}/"],
    "loads:progress": ["/loads/{load}/progress/"],
    "arrive": ["/arrive/"],
    "accounts:account": ["/accounts/"],
    "accounts:change_password": ["/accounts/password/"],
    "cutoffs:desk": ["/cutoffs/desk/"],
    "cutoffs:new": ["/cutoffs/new/"],
    "cutoffs:edit": ["/cutoffs/{coming}/edit/"],
    "cutoffs:cutoff": ["/cutoffs/{held}/"],
    "notices:webhooks": ["/webhooks/"],
    "notices:new_webhook": ["/webhooks/new/"],
    "admin:index": ["/admin/"],
}
#: What changes something, needs a trainer's token, a letter's or another site, is a file made beforehand, or
#: is measured by `benchmarks.models`.
NOT_PAGES = {
    "accounts:begin", "accounts:choose_password", "accounts:finish", "accounts:make_token",
    "accounts:name_account", "accounts:revoke_token", "accounts:sign_out", "accounts:sign_out_everywhere",
    "api:heartbeat", "api:inclusion_file", "api:inclusion_file_checksum", "api:results", "api:training_run",
    "api:training_runs", "batches:act", "batches:answer", "batches:forget", "batches:take", "blitzes:act",
    "blitzes:claim", "blitzes:finish", "blitzes:give_back", "cutoffs:act", "cutoffs:file", "hotspots:forget",
    "hotspots:save", "hotspots:withdraw", "language", "loads:start", "loads:stop", "notices:announce",
    "notices:confirm_search", "notices:remove_webhook", "notices:subscribe_search",
    "notices:unsubscribe_search", "versions:genus",
}  # fmt: skip


@dataclass(frozen=True)
class Taken:
    """What one address takes: times in ms, of the web process alone and of PostgreSQL where they are so
    called; size in bytes as gzip makes it."""

    queries: int
    fastest: float
    median: float
    p95: float
    web: float
    database: float
    size: int

    @property
    def is_over(self) -> bool:
        """Whether it breaks the budget, whatever else the machine did."""
        return self.queries >= QUERIES or self.web + self.database > MILLISECONDS


def measure(parts: list[str]) -> None:
    """Print what the pages take whose address has one of these parts, as a table; and what has no address."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from benchmarks.portal_cutoffs import STAFF as STAFF_NAME

    anybody, staff = (Client(headers={"host": "127.0.0.1"}) for _ in range(2))
    staff.force_login(get_user_model().objects.get(username=STAFF_NAME))
    known = subjects() | furnish()
    print(f"load average {os.getloadavg()[0]:.1f}")
    print(HEAD)
    for client, table in ((anybody, PUBLIC), (staff, STAFF)):
        for address in (address for addresses in table.values() for address in addresses):
            if any(part in address for part in parts):
                print_page(client, address.format(**known), called=address)
    print(f"load average {os.getloadavg()[0]:.1f}")
    if missing := sorted(set(_routes(get_resolver())) - PUBLIC.keys() - STAFF.keys() - NOT_PAGES):
        print(f"Without an address in {__name__}: {', '.join(missing)}")


def print_page(client, address: str, called: str = "") -> None:
    """Print the table's row for an address, under another name if it has one."""
    print(_line(called or address, _take(client, address)), flush=True)


def _line(address: str, taken: Taken) -> str:
    mark = "**" if taken.is_over else ""
    return (
        f"| {mark}`{address}`{mark} | {taken.queries} | {taken.fastest:.0f} ms | {taken.median:.0f} ms |"
        f" {taken.p95:.0f} ms | {taken.web:.0f}, {taken.database:.0f} ms | {taken.size / 1000:.1f} kB |"
    )


def _routes(resolver: URLResolver, spaces: tuple[str, ...] = ()) -> Iterator[str]:
    """The names of all routes, but for Django's own admin beyond its first page."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            if pattern.namespace != "admin":
                yield from _routes(pattern, (*spaces, *filter(None, [pattern.namespace])))
        elif isinstance(pattern, URLPattern) and pattern.name:
            yield ":".join((*spaces, pattern.name))


def subjects() -> dict[str, object]:
    """What the addresses are about: the label with the longest worklist, taxa above it, cutoffs by state."""
    from portal.blitzes.models import Blitz
    from portal.cutoffs.models import Cutoff
    from portal.hotspots.models import Hotspot
    from portal.notices.models import Subscription
    from portal.taxa.queries import ancestors
    from portal.training.models import Run

    species = Hotspot.objects.filter(taxon__rank="species").select_related("taxon")
    hotspot = species.order_by("-to_review", "taxon_id")[0]
    path = ancestors(hotspot.taxon)
    above = {taxon.rank: taxon.pk for taxon in path}
    public = Cutoff.objects.filter(audience="public")
    return {
        "fullest": hotspot.taxon_id,
        "five_hundred": ",".join(map(str, range(1001, 2001, 2))),
        "kingdom": above["kingdom"],
        # A small world has no families: then what holds the genus.
        "family": above.get("family", path[-2].pk),
        "genus": above["genus"],
        "coming": public.filter(state__in=("announced", "settling"))[0].pk,
        "held": Cutoff.objects.filter(state="held")[0].pk,
        "published": public.filter(state="published")[0].pk,
        "blitz": Blitz.objects.order_by("pk")[0].pk,
        "run": Run.objects.order_by("pk")[0].pk,
        "token": Subscription.objects.order_by("pk")[0].token,
    }


def furnish() -> dict[str, object]:
    """What else the addresses are about, made where it is missing: a batch of the staff user, and a load."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from benchmarks.portal_cutoffs import STAFF as STAFF_NAME
    from portal.batches.models import Batch
    from portal.batches.pools import Part
    from portal.batches.services import holders, taking
    from portal.hotspots.models import Hotspot
    from portal.loads.models import Load, State

    staff, now = get_user_model().objects.get(username=STAFF_NAME), timezone.now()
    batch = Batch.objects.filter(holder__user=staff).first()
    batch = batch or taking.take(holders.of_account(staff, now), Part(""), now=now)
    values = {"taxon_name": "Apidae", "observations": 1_000, "taxa": 100, "proposed_at": now}
    load, _ = Load.objects.get_or_create(taxon_id=47221, state=State.PROPOSED, by=staff, defaults=values)
    worst = Hotspot.objects.filter(confused_with_taxon_id__isnull=False, taxon__rank="species")
    other = worst.order_by("-to_review", "taxon_id").values_list("confused_with_taxon_id", flat=True)[0]
    return {"batch": batch.pk, "load": load.pk, "other": other}


def _take(client, address: str) -> Taken:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        body, status = _get(client, address)
        queries = len(captured)
    if status >= 400:
        raise SystemExit(f"{address} answers {status}")
    times, web = [], []
    before = database_ms(connection)
    for _ in range(REQUESTS):
        start, start_processor = time.perf_counter(), time.process_time()
        _get(client, address)
        times.append((time.perf_counter() - start) * 1000)
        web.append((time.process_time() - start_processor) * 1000)
    database = (database_ms(connection) - before) / REQUESTS
    return Taken(
        queries=queries,
        fastest=min(times),
        median=float(np.median(times)),
        p95=float(np.percentile(times, 95)),
        web=float(np.median(web)),
        database=database,
        size=len(gzip.compress(body)),
    )


def _get(client, address: str) -> tuple[bytes, int]:
    """The answer's body, whole, and its status; settings' limits on requests are not what is measured."""
    from django.core.cache import cache

    cache.clear()
    response = client.get(address)
    return b"".join(response), response.status_code


def database_ms(connection) -> float:
    """Processor time of PostgreSQL's process for this connection, if it runs on this machine; else 0."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (process,) = cursor.fetchone()
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_MS
