"""Pages of training runs and of the versions of the model."""

from django.urls import path

from portal.training import version_views, views

app_name = "training"
urlpatterns = [
    path("training/", views.runs, name="runs"),
    path("training/<int:run_id>/", views.run, name="run"),
    path("training/<int:run_id>/progress/", views.progress, name="progress"),
    path("models/", version_views.models, name="models"),
    path("models/<slug:version>/", version_views.model, name="model"),
    path("models/<slug:version>/classes/", version_views.classes, name="classes"),
    path("models/<slug:version>/classes/suggest/", version_views.suggest_clade, name="suggest_clade"),
    path("models/<slug:version>/classes.csv", version_views.classes_file, name="classes_file"),
    path("models/<slug:version>/genera/<int:taxon_id>/", version_views.genus, name="genus"),
]
