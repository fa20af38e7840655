"""Writes to accounts."""

from datetime import datetime

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AbstractUser
from django.db import transaction
from django.utils import timezone

from portal.accounts.inaturalist import Account
from portal.accounts.models import Identity


@transaction.atomic
def arrive(account: Account, signed_in: AbstractUser | None, now: datetime | None = None) -> AbstractUser:
    """The user behind an iNaturalist account; made if there is none yet.

    Somebody who is signed in already, and has no such account yet, gets it. A user is known by the id, never
    by the name: a name on iNaturalist can be given up and taken by somebody else.
    """
    known = Identity.objects.filter(inat_id=account.inat_id).select_related("user").first()
    if known is not None:
        user = known.user
    elif signed_in is not None and not Identity.objects.filter(user=signed_in).exists():
        user = signed_in
    else:
        user = get_user_model().objects.create_user(_free_name(account))
    Identity.objects.update_or_create(
        user=user,
        defaults={
            "inat_id": account.inat_id,
            "login": account.login,
            "identifications": account.identifications,
            "told_at": now or timezone.now(),
        },
    )
    return user


def _free_name(account: Account) -> str:
    """The login, unless somebody here has that name; the id makes it free."""
    users = get_user_model().objects
    name = account.login[:100]
    return name if not users.filter(username__iexact=name).exists() else f"{name}-inat-{account.inat_id}"
