"""Pages about the portal itself."""

from django.urls import path

from portal.sync import views

app_name = "sync"
urlpatterns = [
    path("status/", views.status, name="status"),
    path("metrics", views.metrics, name="metrics"),
]
