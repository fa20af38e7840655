"""The clades of who has an account become the groups of the account."""

from importlib import import_module

from django.apps import apps
from django.utils import timezone

from portal.interests.models import Interests
from portal.notices.models import Subscription
from portal.taxa.models import Taxon

move_clades = import_module("portal.notices.migrations.0003_groups_of_accounts").move_clades


def test_clades_of_subscriptions_become_the_groups_of_their_accounts(world, django_user_model):
    anna, bo = (django_user_model.objects.create_user(name) for name in ("anna", "bo"))
    for number, (user, clade) in enumerate(
        [(anna, 52775), (anna, 47822), (anna, None), (None, 47822), (bo, None)]
    ):
        Subscription.objects.create(
            email=f"{number}@example.org",
            user=user,
            clade=clade and Taxon.objects.get(pk=clade),
            asked_at=timezone.now(),
        )
    for _ in range(2):
        move_clades(apps, None)
        assert [(row.user_id, row.groups) for row in Interests.objects.all()] == [
            (anna.pk, ["52775", "47822"])
        ]
