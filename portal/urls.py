"""Where each app's pages lie."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("portal.taxa.urls")),
    path("", include("portal.sync.urls")),
    path("admin/", admin.site.urls),
]
