"""Addresses of the REST API."""

from django.urls import path, re_path
from django.views.decorators.http import require_safe

from portal.api import blitzes, cutoffs, hotspots, pages, problems, training, views

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
    path("v1/taxa/<id:taxon_id>/", views.Taxon.as_view(), name="taxon"),
    path("v1/cutoffs/", cutoffs.Cutoffs.as_view(), name="cutoffs"),
    path("v1/cutoffs/next/", cutoffs.NextCutoff.as_view(), name="next_cutoff"),
    path("v1/blitzes/", blitzes.Blitzes.as_view(), name="blitzes"),
    path("v1/blitzes/<id:blitz_id>/", blitzes.OneBlitz.as_view(), name="blitz"),
    path("v1/hotspots/", hotspots.Hotspots.as_view(), name="hotspots"),
    path("v1/worklist/", hotspots.WorklistOverAll.as_view(), name="worklist_over_all"),
    path("v1/hotspots/<id:taxon_id>/worklist/", hotspots.Worklist.as_view(), name="worklist"),
    path("v1/models/", views.Models.as_view(), name="models"),
    path("v1/models/<slug:version>/taxa/", views.ModelTaxa.as_view(), name="model_taxa"),
    path("v1/training-runs/", training.Runs.as_view(), name="training_runs"),
    path("v1/training-runs/<id:run_id>/", training.OneRun.as_view(), name="training_run"),
    path("v1/training-runs/<id:run_id>/heartbeat/", training.RunHeartbeat.as_view(), name="heartbeat"),
    path("v1/training-runs/<id:run_id>/results/", training.RunResults.as_view(), name="results"),
    path("schema/", require_safe(views.schema_document), name="schema"),
    path("docs/", pages.reference, name="docs"),
    path("", pages.use, name="use"),
    # Whatever it is, line breaks among it.
    re_path("", problems.not_found),
]
