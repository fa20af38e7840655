"""Pages of cutoffs."""

from django.urls import path

from portal.cutoffs import feeds, staff, views

app_name = "cutoffs"
urlpatterns = [
    path("cutoffs/", views.timeline, name="timeline"),
    path("cutoffs/desk/", staff.desk, name="desk"),
    path("cutoffs/new/", staff.new, name="new"),
    path("cutoffs/<id:cutoff_id>/edit/", staff.edit, name="edit"),
    path("cutoffs/<id:cutoff_id>/do/<slug:action>/", staff.act, name="act"),
    path("cutoffs/<id:cutoff_id>/", views.cutoff, name="cutoff"),
    path("cutoffs/<id:cutoff_id>/progress/", views.progress, name="progress"),
    path("cutoffs/<id:cutoff_id>/files/<str:name>", views.file, name="file"),
    path("feeds/cutoffs.ics", feeds.calendar, name="calendar"),
    path("feeds/cutoffs.atom", feeds.news, name="news"),
]
