"""Where each app's pages lie."""

from django.contrib import admin
from django.urls import include, path, register_converter

from portal.api import problems
from portal.api.views import Badge
from portal.blitzes import feeds as blitzes
from portal.home.methods import methods
from portal.home.mine import my_groups
from portal.home.views import about, arrive, home
from portal.hotspots.feeds import worklist, worst
from portal.ids import IdConverter
from portal.languages import choose

register_converter(IdConverter, "id")
urlpatterns = [
    path("", home, name="home"),
    path("", include("portal.taxa.urls")),
    path("hotspots/", include("portal.hotspots.urls")),
    path("feeds/hotspots.atom", worst, name="hotspots_feed"),
    path("about/", about, name="about"),
    path("arrive/", arrive, name="arrive"),
    path("feeds/blitzes.atom", blitzes.feed, name="blitzes_feed"),
    path("feeds/blitzes.ics", blitzes.calendar, name="blitzes_calendar"),
    path("feeds/worklist.atom", worklist, name="worklist_feed"),
    path("my-groups/", my_groups, name="my_groups"),
    path("methods/", methods, name="methods"),
    path("policy/", include("portal.policy.urls")),
    path("language/", choose, name="language"),
    path("taxa/<id:taxon_id>/badge.svg", Badge.as_view(), name="badge"),
    path("taxa/<str:rest>/badge.svg", problems.not_found),
    path("api/", include("portal.api.urls")),
    path("batches/", include("portal.batches.urls")),
    path("blitzes/", include("portal.blitzes.urls")),
    path("", include("portal.cutoffs.urls")),
    path("", include("portal.training.urls")),
    path("", include("portal.versions.urls")),
    path("", include("portal.notices.urls")),
    path("loads/", include("portal.loads.urls")),
    path("", include("portal.accounts.urls")),
    path("", include("portal.sync.urls")),
    path("", include("portal.sitemap")),
    path("admin/", admin.site.urls),
]
handler400 = "portal.api.problems.bad_request"
handler500 = "portal.faults.server_error"
