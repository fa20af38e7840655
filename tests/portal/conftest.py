"""A small portal with something public behind every address; and no language left over."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from portal.api import edition
from portal.blitzes import services as blitzes
from portal.cutoffs import services as cutoffs
from portal.taxa.models import Taxon
from portal.versions.queries import classes_of
from tests.portal.blitzes.conftest import BOMBUS, EXPECTED, WORDS
from tests.portal.versions.releases import release_document

DAY = timedelta(days=1)


@pytest.fixture
def public(hotspots: object, django_user_model: type) -> Iterator[dict[str, int]]:
    """Hotspots, a released model, a cutoff that is announced and a blitz under way, all public; their ids."""
    now = timezone.now()
    run = release_document().run
    draft = cutoffs.draft({"name": "Next", "cutoff_at": now + 60 * DAY}, by=None, now=now - DAY)
    cutoff = cutoffs.announce(draft, by=None, now=now - DAY)
    proposer = django_user_model.objects.create_user("proposer")
    clade = Taxon.objects.get(pk=BOMBUS)
    blitz = blitzes.propose(
        clade=clade,
        cutoff=cutoff,
        by=proposer,
        now=now - DAY,
        starts_at=now - DAY,
        ends_at=now + DAY,
        **WORDS,
    )
    blitz = blitzes.approve(blitz, by=None, now=now - DAY)
    blitzes.record(blitz, now, {**EXPECTED, "data_as_of": now})
    cache.clear()
    edition.forget()
    yield {"cutoff": cutoff.pk, "blitz": blitz.pk, "run": run.pk}
    edition.forget()
    classes_of.cache_clear()


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Let no test answer in the language of the page that the one before it asked for."""
    yield
    translation.deactivate()
