"""Where each app's pages lie."""

from django.contrib import admin
from django.urls import include, path

from portal.methods import methods

urlpatterns = [
    path("", include("portal.taxa.urls")),
    path("hotspots/", include("portal.hotspots.urls")),
    path("methods/", methods, name="methods"),
    path("admin/", admin.site.urls),
]
