"""Addresses of the REST API."""

from django.urls import path
from django.views.decorators.http import require_safe

from portal.api import pages, problems, views

app_name = "api"
urlpatterns = [
    path("v1/", views.Root.as_view(), name="root"),
    path("v1/inclusion/", views.Inclusion.as_view(), name="inclusion"),
    path("v1/files/inclusion.parquet", views.InclusionFile.as_view(), name="inclusion_file"),
    path(
        "v1/files/inclusion.parquet.sha256",
        views.InclusionFileChecksum.as_view(),
        name="inclusion_file_checksum",
    ),
    path("v1/readiness/", views.Readiness.as_view(), name="readiness"),
    path("v1/taxa/<int:taxon_id>/", views.Taxon.as_view(), name="taxon"),
    path("schema/", require_safe(views.schema_document), name="schema"),
    path("docs/", pages.reference, name="docs"),
    path("", pages.use, name="use"),
    path("<path:rest>", problems.not_found),
]
