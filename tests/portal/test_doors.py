"""Who may open what: every address for every role. One that is added without a line in `doors.py` fails."""

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction

from portal.accounts.models import Scope
from portal.accounts.services import make_token
from portal.api import edition
from tests.portal.doors import DOORS, ROLES
from tests.real.routes import every_name


def test_every_address_has_a_line():
    assert sorted(every_name()) == sorted(DOORS)


@pytest.fixture(params=ROLES)
def ask(request, client, django_user_model, public):
    """Asks as one of the roles, and takes back what came of it; gives the role, and the status of a door."""
    headers, user = {}, None
    if request.param == "trainer":
        headers["Authorization"] = f"Bearer {make_token('a trainer', Scope.TRAINER)[1]}"
    elif request.param != "stranger":
        is_staff = request.param == "staff"
        user = django_user_model.objects.create_user(request.param, is_superuser=is_staff, is_staff=is_staff)
        if request.param == "identifier":
            user.user_permissions.add(Permission.objects.get(codename="know_identifiers_cutoffs"))

    def status(door):
        with transaction.atomic():
            if user is not None:
                client.force_login(user)
            edition.forget()
            response = getattr(client, door.method)(door.path.format(**public), headers=headers)
            transaction.set_rollback(True)
        return response.status_code

    return request.param, status


def test_every_address_answers_each_role_as_its_line_says(ask):
    role, status = ask
    selected = {name: door.statuses[ROLES.index(role)] for name, door in DOORS.items()}
    assert {name: status(door) for name, door in DOORS.items()} == selected


def test_head_is_answered_like_get_and_warns_of_nothing(client, public, caplog, recwarn):
    """Warnings are errors in tests; what a page cannot do for HEAD would be logged too."""
    for name, door in DOORS.items():
        if door.method == "get" and door.statuses[0] < 400:
            edition.forget()
            answer = client.head(door.path.format(**public))
            body = b"".join(answer) if answer.streaming else answer.content
            assert (name, answer.status_code, body) == (name, door.statuses[0], b"")
    assert caplog.messages == []
