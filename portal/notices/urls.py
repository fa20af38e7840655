"""Pages of subscriptions and webhooks."""

from django.urls import path

from portal.notices import search_views, views

app_name = "notices"
urlpatterns = [
    path("subscribe/", views.subscribe, name="subscribe"),
    path("subscriptions/<str:token>/confirm/", views.confirm, name="confirm"),
    path("subscriptions/<str:token>/", views.manage, name="manage"),
    path("subscriptions/<str:token>/unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("searches/<id:search_id>/mails/", search_views.subscribe, name="subscribe_search"),
    path("searches/<str:token>/confirm/", search_views.confirm, name="confirm_search"),
    path("searches/<str:token>/unsubscribe/", search_views.unsubscribe, name="unsubscribe_search"),
    path("cutoffs/<id:cutoff_id>/announce/", views.announce, name="announce"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/new/", views.new_webhook, name="new_webhook"),
    path("webhooks/<id:webhook_id>/remove/", views.remove_webhook, name="remove_webhook"),
]
