"""Pages of blitzes."""

from django.urls import path

from portal.blitzes import views

app_name = "blitzes"
urlpatterns = [
    path("", views.blitzes, name="list"),
    path("new/", views.new, name="new"),
    path("suggest/", views.suggest_clade, name="suggest_clade"),
    path("<id:blitz_id>/", views.blitz, name="blitz"),
    path("<id:blitz_id>/picture.png", views.picture, name="picture"),
    path("<id:blitz_id>/do/<slug:action>/", views.act, name="act"),
    path("<id:blitz_id>/claim/", views.claim, name="claim"),
]
