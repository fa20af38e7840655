"""Pages of batches."""

from django.urls import path

from portal.batches import public_views, views

app_name = "batches"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("take/", views.take, name="take"),
    path("forget/", views.forget, name="forget"),
    path("false-alarms/", public_views.false_alarms, name="false_alarms"),
    path("photo-faults/", public_views.photo_faults, name="photo_faults"),
    path("photo-faults.csv", public_views.photo_faults_file, name="photo_faults_file"),
    path("<id:batch_id>/", views.batch, name="batch"),
    path("<id:batch_id>/do/<slug:action>/", views.act, name="act"),
    path("<id:batch_id>/answer/<slug:name>/", views.answer, name="answer"),
]
