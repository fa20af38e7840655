"""Every address of the portal, and what it answers to whom: a new one needs a line here."""

from dataclasses import dataclass

#: Who asks: nobody, somebody signed in, an identifier, whoever may do everything, and a trainer's program.
ROLES = ("stranger", "member", "identifier", "staff", "trainer")
#: The same to everybody.
ALL = (200,) * 5
#: Strangers, and programs, which do not sign in, are asked to.
SIGNED_IN = (302, 200, 200, 200, 302)
STAFF = (302, 403, 403, 200, 302)
MISSING = (404,) * 5


@dataclass(frozen=True)
class Door:
    """One address: how it is asked, and the status for each of `ROLES`.

    ``{cutoff}`` and the like stand for ids of what is public; "missing" ones belong to nobody.
    """

    path: str
    statuses: tuple[int, ...] = ALL
    method: str = "get"


def post(path: str, *statuses: int) -> Door:
    """An address that is posted to, with an empty form."""
    return Door(path, statuses, "post")


#: By the name of the pattern.
DOORS: dict[str, Door] = {
    "home": Door("/"),
    "taxa:readiness": Door("/readiness/"),
    "taxa:tree": Door("/tree/"),
    "taxa:taxon": Door("/taxa/118970/"),
    "taxa:search": Door("/search/?q=bombus"),
    "taxa:suggest": Door("/search/suggest/?q=bombus"),
    "taxa:suggest_clade": Door("/readiness/suggest/?clade=bombus"),
    "hotspots:list": Door("/hotspots/"),
    "hotspots:suggest_clade": Door("/hotspots/suggest/?clade=bombus"),
    "hotspots:suggest_place": Door("/hotspots/places/?place=spa"),
    "my_groups": Door("/my-groups/"),
    "about": Door("/about/"),
    "arrive": Door("/arrive/", (302,) * 5),
    "hotspots:worklist": Door("/hotspots/worklist/"),
    "hotspots:suggest_worklist_clade": Door("/hotspots/worklist/suggest/?clade=bombus"),
    "hotspots:worklist_over_all_file": Door("/hotspots/worklist.csv"),
    "hotspots:save": post("/hotspots/worklist/save/", *(302,) * 5),
    "hotspots:forget": post("/hotspots/worklist/saved/1/remove/", 302, 404, 404, 404, 302),
    "hotspots:withdraw": post("/hotspots/notes/1/withdraw/", 302, 404, 404, 404, 302),
    "hotspots:pair": Door("/hotspots/118970/or/120215/"),
    "hotspots:hotspot": Door("/hotspots/118970/"),
    "hotspots:review": Door("/hotspots/118970/review/", (302,) * 5),
    "hotspots:worklist_file": Door("/hotspots/118970/worklist.csv"),
    "hotspots:places": Door("/hotspots/118970/places.json"),
    "hotspots:matrix": Door("/hotspots/52775/matrix/"),
    "worklist_feed": Door("/feeds/worklist.atom"),
    "hotspots_feed": Door("/feeds/hotspots.atom"),
    "blitzes_feed": Door("/feeds/blitzes.atom"),
    "blitzes_calendar": Door("/feeds/blitzes.ics"),
    "methods": Door("/methods/"),
    "policy:lab": Door("/policy/"),
    "policy:document": Door("/policy/results.json"),
    "policy:table": Door("/policy/results.csv"),
    "language": post("/language/", *(302,) * 5),
    "badge": Door("/taxa/118970/badge.svg"),
    "taxa/<str:rest>/badge.svg": Door("/taxa/x/badge.svg", MISSING),
    "api:root": Door("/api/v1/"),
    "api:inclusion": Door("/api/v1/inclusion/?taxon_id=118970"),
    "api:inclusion_file": Door("/api/v1/files/inclusion.parquet", MISSING),
    "api:inclusion_file_checksum": Door("/api/v1/files/inclusion.parquet.sha256", MISSING),
    "api:readiness": Door("/api/v1/readiness/"),
    "api:taxon": Door("/api/v1/taxa/118970/"),
    "api:cutoffs": Door("/api/v1/cutoffs/"),
    "api:next_cutoff": Door("/api/v1/cutoffs/next/"),
    "api:blitzes": Door("/api/v1/blitzes/"),
    "api:blitz": Door("/api/v1/blitzes/{blitz}/"),
    "api:hotspots": Door("/api/v1/hotspots/"),
    "api:worklist_over_all": Door("/api/v1/worklist/?place=europe"),
    "api:worklist": Door("/api/v1/hotspots/118970/worklist/"),
    "api:models": Door("/api/v1/models/"),
    "api:model_taxa": Door("/api/v1/models/v1/taxa/"),
    "api:training_runs": Door("/api/v1/training-runs/", (401, 401, 401, 401, 200)),
    "api:training_run": Door("/api/v1/training-runs/{run}/", (401, 401, 401, 401, 404)),
    "api:heartbeat": Door("/api/v1/training-runs/{run}/heartbeat/", (401, 401, 401, 401, 404), "post"),
    "api:results": Door("/api/v1/training-runs/{run}/results/", (401, 401, 401, 401, 404), "put"),
    "api:schema": Door("/api/schema/"),
    "api:docs": Door("/api/docs/"),
    "api:use": Door("/api/"),
    "api:^": Door("/api/v2/", MISSING),
    "blitzes:list": Door("/blitzes/"),
    "blitzes:new": Door("/blitzes/new/", SIGNED_IN),
    "blitzes:suggest_clade": Door("/blitzes/suggest/?clade=bombus"),
    "blitzes:blitz": Door("/blitzes/{blitz}/"),
    "blitzes:picture": Door("/blitzes/{blitz}/picture.png"),
    "blitzes:act": post("/blitzes/{blitz}/do/cancel/", 403, 403, 403, 302, 403),
    "blitzes:claim": post("/blitzes/{blitz}/claim/", *(302,) * 5),
    "batches:mine": Door("/batches/"),
    "batches:take": post("/batches/take/", *(302,) * 5),
    "batches:forget": post("/batches/forget/", *(302,) * 5),
    "batches:false_alarms": Door("/batches/false-alarms/"),
    "batches:photo_faults": Door("/batches/photo-faults/"),
    "batches:photo_faults_file": Door("/batches/photo-faults.csv"),
    "batches:batch": Door("/batches/1/", MISSING),
    "batches:act": post("/batches/1/do/finish/", *MISSING),
    "batches:answer": post("/batches/1/answer/1000/", *MISSING),
    "loads:list": Door("/loads/"),
    "loads:new": Door("/loads/new/", STAFF),
    "loads:load": Door("/loads/1/", MISSING),
    "loads:progress": Door("/loads/1/progress/", MISSING),
    "loads:start": post("/loads/1/start/", *MISSING),
    "loads:stop": post("/loads/1/stop/", *MISSING),
    "cutoffs:timeline": Door("/cutoffs/"),
    "cutoffs:desk": Door("/cutoffs/desk/", STAFF),
    "cutoffs:new": Door("/cutoffs/new/", STAFF),
    "cutoffs:edit": Door("/cutoffs/{cutoff}/edit/", STAFF),
    "cutoffs:act": post("/cutoffs/{cutoff}/do/cancel/", 302, 403, 403, 302, 302),
    "cutoffs:cutoff": Door("/cutoffs/{cutoff}/"),
    "cutoffs:progress": Door("/cutoffs/{cutoff}/progress/"),
    "cutoffs:file": Door("/cutoffs/{cutoff}/files/manifest.json", MISSING),
    "cutoffs:calendar": Door("/feeds/cutoffs.ics"),
    "cutoffs:news": Door("/feeds/cutoffs.atom"),
    "training:runs": Door("/training/"),
    "training:comparison": Door("/training/one-or-many/"),
    "training:comparison_document": Door("/training/one-or-many/comparison.json"),
    "training:run": Door("/training/{run}/"),
    "training:progress": Door("/training/{run}/progress/"),
    "versions:models": Door("/models/"),
    "versions:model": Door("/models/v1/"),
    "versions:classes": Door("/models/v1/classes/"),
    "versions:suggest_clade": Door("/models/v1/classes/suggest/?clade=bombus"),
    "versions:classes_file": Door("/models/v1/classes.csv"),
    "versions:genus": Door("/models/v1/genera/52775/"),
    "notices:subscribe": Door("/subscribe/"),
    "notices:confirm": Door("/subscriptions/missing/confirm/", MISSING),
    "notices:manage": Door("/subscriptions/missing/", MISSING),
    "notices:unsubscribe": Door("/subscriptions/missing/unsubscribe/"),
    "notices:subscribe_search": Door("/searches/1/mails/", (302, 404, 404, 404, 302)),
    "notices:confirm_search": Door("/searches/missing/confirm/", MISSING),
    "notices:unsubscribe_search": Door("/searches/missing/unsubscribe/"),
    "notices:announce": Door("/cutoffs/{cutoff}/announce/", (302, 403, 403, 302, 302)),
    "notices:webhooks": Door("/webhooks/", STAFF),
    "notices:new_webhook": Door("/webhooks/new/", STAFF),
    "notices:remove_webhook": post("/webhooks/1/remove/", 302, 403, 403, 404, 302),
    "accounts:sign_in": Door("/accounts/sign-in/", (200, 302, 302, 302, 200)),
    "accounts:name_account": post("/accounts/named/", *(302,) * 5),
    "accounts:make_token": post("/accounts/tokens/", *(302,) * 5),
    "accounts:revoke_token": post("/accounts/tokens/revoke/", 302, 404, 404, 404, 302),
    "accounts:sign_out": post("/accounts/sign-out/", *(302,) * 5),
    "accounts:sign_up": Door("/accounts/sign-up/"),
    "accounts:account": Door("/accounts/", SIGNED_IN),
    "accounts:sign_out_everywhere": post("/accounts/sign-out-everywhere/", *(302,) * 5),
    "accounts:change_password": Door("/accounts/password/", SIGNED_IN),
    "accounts:forgotten": Door("/accounts/forgotten/"),
    "accounts:choose_password": Door("/accounts/forgotten/x/y/"),
    "accounts:begin": post("/accounts/inaturalist/", *MISSING),
    "accounts:finish": Door("/accounts/inaturalist/back/", MISSING),
    "sync:status": Door("/status/"),
    "sync:metrics": Door("/metrics"),
    "sitemap": Door("/sitemap.xml"),
    "robots": Door("/robots.txt"),
}
#: Parts of pages, which scripts put into one; and what is no page.
_PARTS = ("suggest", "progress", "schema")
#: Those that are pages.
PAGES = [
    door
    for name, door in DOORS.items()
    if door.method == "get"
    and not door.path.startswith(("/api/v1", "/feeds", "/metrics"))
    and "." not in door.path
    and not any(part in name for part in _PARTS)
]
