"""How often a page asks the database: seldom, for everybody and whatever there is to show."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from portal.batches.pools import Part
from portal.batches.services import holders, taking
from portal.blitzes import services as blitzes
from portal.cutoffs import services as cutoffs
from portal.taxa.models import Taxon
from tests.portal.blitzes.conftest import BOMBUS, DAY, EXPECTED, WORDS
from tests.portal.versions.releases import release_document

STRANGERS, ANYBODY = 17, 19
PAGES = (
    "/",
    "/readiness/?tab=dropped&clade=47158&status=dropped",
    "/tree/?taxon=47158&colour=wrong",
    "/taxa/57516/",
    "/taxa/118970/",
    "/taxa/120215/",
    "/taxa/900001/",
    "/hotspots/?clade=47158&kind=lookalike&least=1&exported=1&place=north_america",
    "/hotspots/worklist/?clade=47158&place=north_america",
    "/hotspots/worklist/?place=asia&kind=model&chance=likely&grade=casual&evidence=votes&since=count&disputed=1",
    "/hotspots/118970/",
    "/hotspots/118970/?place=north_america",
    "/hotspots/118970/or/120215/",
    "/hotspots/52775/matrix/",
    "/batches/",
    "/batches/false-alarms/",
    "/batches/photo-faults/",
    "/blitzes/",
    "/blitzes/{blitz}/",
    "/cutoffs/",
    "/cutoffs/{cutoff}/",
    "/models/",
    "/policy/",
    "/models/v1/",
    "/training/",
    "/training/one-or-many/",
    "/training/{run}/",
    "/status/",
    "/my-groups/",
    "/about/",
    "/search/?q=bombus",
)


@pytest.fixture
def released(hotspots):
    """A version of the model."""
    return release_document()


@pytest.fixture
def helper(db, django_user_model):
    """Somebody who may do everything: half of it by themselves, half through a group."""
    permissions = list(
        Permission.objects.filter(content_type__app_label__in=("blitzes", "cutoffs", "training"))
    )
    user = django_user_model.objects.create_user("helper")
    user.user_permissions.set(permissions[::2])
    group = Group.objects.create(name="Helpers")
    group.permissions.set(permissions[1::2])
    user.groups.add(group)
    return user


@pytest.fixture
def cutoff(hotspots):
    """An announced cutoff."""
    now = timezone.now()
    draft = cutoffs.draft({"name": "Next", "cutoff_at": now + timedelta(days=60)}, by=None, now=now - DAY)
    return cutoffs.announce(draft, by=None, now=now)


@pytest.fixture
def blitz(hotspots, helper):
    """A blitz under way and measured, with a batch in somebody's hands."""
    now = timezone.now()
    blitz = blitzes.propose(
        clade=Taxon.objects.get(pk=BOMBUS), cutoff=None, by=helper, now=now - 2 * DAY,
        starts_at=now - DAY, ends_at=now + DAY, **WORDS,
    )  # fmt: skip
    blitz = blitzes.approve(blitz, by=None, now=now - DAY)
    blitzes.record(blitz, now, {**EXPECTED, "data_as_of": now})
    taking.take(holders.of_account(helper), Part(f"blitz-{blitz.pk}"), now=now)
    return blitz


@pytest.mark.parametrize("is_announced", [True, False])
@pytest.mark.parametrize(
    ("name", "most"), [("", STRANGERS), ("anybody", ANYBODY), ("helper", ANYBODY), ("staff", ANYBODY)]
)
def test_every_page_asks_seldom(
    client, django_user_model, released, helper, cutoff, blitz, name, most, is_announced
):
    django_user_model.objects.create_user("anybody")
    django_user_model.objects.create_superuser("staff")
    if name:
        client.force_login(django_user_model.objects.get(username=name))
    pages = [page.format(cutoff=cutoff.pk, blitz=blitz.pk, run=released.run_id) for page in PAGES]
    if not is_announced:
        pages.remove(f"/cutoffs/{cutoff.pk}/")
        cutoff.delete()
    requested = {page: _queries(client, page) for page in pages}
    assert {page: number for page, number in requested.items() if number > most} == {}


def _queries(client, page):
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200, page
    return len(captured)
