"""Pages of subscriptions and webhooks."""

from django.urls import path

from portal.notices import views

app_name = "notices"
urlpatterns = [
    path("subscribe/", views.subscribe, name="subscribe"),
    path("subscriptions/<str:token>/confirm/", views.confirm, name="confirm"),
    path("subscriptions/<str:token>/", views.manage, name="manage"),
    path("subscriptions/<str:token>/unsubscribe/", views.unsubscribe, name="unsubscribe"),
    path("cutoffs/<id:cutoff_id>/announce/", views.announce, name="announce"),
    path("webhooks/", views.webhooks, name="webhooks"),
    path("webhooks/new/", views.new_webhook, name="new_webhook"),
    path("webhooks/<id:webhook_id>/remove/", views.remove_webhook, name="remove_webhook"),
]
