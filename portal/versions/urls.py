"""Pages of the versions of the model."""

from django.urls import path

from portal.versions import views

app_name = "versions"
urlpatterns = [
    path("models/", views.models, name="models"),
    path("models/<slug:version>/", views.model, name="model"),
    path("models/<slug:version>/classes/", views.classes, name="classes"),
    path("models/<slug:version>/classes/suggest/", views.suggest_clade, name="suggest_clade"),
    path("models/<slug:version>/classes.csv", views.classes_file, name="classes_file"),
    path("models/<slug:version>/genera/<id:taxon_id>/", views.genus, name="genus"),
]
