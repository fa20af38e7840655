"""The policy lab's page and its files."""

from django.urls import path

from portal.policy import views

app_name = "policy"
urlpatterns = [
    path("", views.lab, name="lab"),
    path("results.json", views.results_document, name="document"),
    path("results.csv", views.results_table, name="table"),
]
