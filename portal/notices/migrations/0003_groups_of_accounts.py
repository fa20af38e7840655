"""Mails to somebody with an account follow the groups of that account: the clades of before become these."""

from typing import Any

from django.conf import settings
from django.db import migrations


def move_clades(apps: Any, _editor: object) -> None:
    """Make the clades of subscriptions the groups of the accounts that asked for them."""
    interests = apps.get_model("interests", "Interests").objects
    rows = apps.get_model("notices", "Subscription").objects.exclude(user=None).exclude(clade=None)
    for user_id, clade_id in rows.order_by("id").values_list("user_id", "clade_id"):
        row, _is_new = interests.get_or_create(user_id=user_id)
        if str(clade_id) not in row.groups:
            row.groups = [*row.groups, str(clade_id)]
            row.save()


class Migration(migrations.Migration):
    dependencies = [
        ("notices", "0002_messages"),
        ("interests", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(move_clades, migrations.RunPython.noop)]
