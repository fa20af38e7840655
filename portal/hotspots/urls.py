"""Pages of hotspots."""

from django.urls import path

from portal.hotspots import views, writing

app_name = "hotspots"
urlpatterns = [
    path("", views.hotspots, name="list"),
    path("suggest/", views.suggest_clade, name="suggest_clade"),
    path("places/", views.suggest_place, name="suggest_place"),
    path("worklist/", views.worklist, name="worklist"),
    path("worklist/suggest/", views.suggest_worklist_clade, name="suggest_worklist_clade"),
    path("worklist.csv", views.worklist_over_all_file, name="worklist_over_all_file"),
    path("worklist/save/", writing.save, name="save"),
    path("worklist/saved/<id:search_id>/remove/", writing.forget, name="forget"),
    path("notes/<id:note_id>/withdraw/", writing.withdraw, name="withdraw"),
    path("<id:taxon_id>/or/<id:other_id>/", writing.pair, name="pair"),
    path("<id:taxon_id>/", views.hotspot, name="hotspot"),
    path("<id:taxon_id>/review/", views.review, name="review"),
    path("<id:taxon_id>/worklist.csv", views.worklist_file, name="worklist_file"),
    path("<id:taxon_id>/places.json", views.places, name="places"),
    path("<id:taxon_id>/matrix/", views.matrix, name="matrix"),
]
