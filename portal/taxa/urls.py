"""Pages of taxa."""

from django.urls import path

from portal.taxa import views

app_name = "taxa"
urlpatterns = [
    path("readiness/", views.readiness, name="readiness"),
    path("tree/", views.tree, name="tree"),
    path("taxa/<id:taxon_id>/", views.taxon, name="taxon"),
    path("search/", views.search, name="search"),
    path("search/suggest/", views.suggest, name="suggest"),
    path("readiness/suggest/", views.suggest_clade, name="suggest_clade"),
]
