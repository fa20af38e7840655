"""Pages of training runs."""

from django.urls import path

from portal.training import views

app_name = "training"
urlpatterns = [
    path("training/", views.runs, name="runs"),
    path("training/one-or-many/", views.comparison, name="comparison"),
    path("training/one-or-many/comparison.json", views.comparison_document, name="comparison_document"),
    path("training/<id:run_id>/", views.run, name="run"),
    path("training/<id:run_id>/progress/", views.progress, name="progress"),
]
