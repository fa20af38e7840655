"""Where each app's pages lie."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("portal.taxa.urls")),
    path("api/", include("portal.api.urls")),
    path("admin/", admin.site.urls),
]
handler400 = "portal.api.problems.bad_request"
handler500 = "portal.api.problems.server_error"
