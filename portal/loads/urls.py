"""Pages of loads."""

from django.urls import path

from portal.loads import views

app_name = "loads"
urlpatterns = [
    path("", views.loads, name="list"),
    path("new/", views.new, name="new"),
    path("<id:load_id>/", views.load, name="load"),
    path("<id:load_id>/progress/", views.progress, name="progress"),
    path("<id:load_id>/start/", views.start, name="start"),
    path("<id:load_id>/stop/", views.stop, name="stop"),
]
