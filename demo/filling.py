"""Filling the demonstration: a simulated world, its past, and something on every page."""

import secrets
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.utils import timezone

from demo import campaigns, results
from exporter.ingest import ingest
from exporter.lake import Lake
from exporter.simulation import simulate
from portal.accounts.models import Scope
from portal.accounts.services import make_token, revoke
from portal.api import files
from portal.blitzes import measuring
from portal.blitzes import services as blitzes
from portal.cutoffs import services as cutoffs
from portal.cutoffs.models import Cutoff, Hold
from portal.cutoffs.queries import snapshot_that_stands
from portal.cutoffs.states import State
from portal.effects import services as effects
from portal.lake.models import Refresh
from portal.lake.queries import current_refresh
from portal.present import present
from portal.refresh import services
from portal.training import services as training
from portal.versions import services as versions
from portal.versions.models import ModelVersion
from portal.versions.services import make_version

SEED = 1
STAFF = "staff"
#: How many times the past is computed for the history, and how far apart.
PAST_REFRESHES = 10
PAST_STEP = timedelta(days=60)
#: How far away the example cutoffs are, and how long before they were announced. Each has the name of its
#: month, 2026-10: true on any day, and the same in every language.
PAST_CUTOFFS = (timedelta(days=225), timedelta(days=45))
NEXT_CUTOFF = timedelta(days=38)
#: What the models of the past cutoffs are called, in their order, and how long training took.
MODELS = ("simulated-1", "simulated-2")
TRAINING_TOOK = timedelta(days=40)
#: Before the first blitz for it is proposed.
ANNOUNCED_BEFORE = timedelta(days=50)


def fill_lake() -> None:
    """Load a simulated world, unless the lake holds data already."""
    lake = Lake(settings.LAKE_DIR)
    if lake.latest() is not None:
        return
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR) as folder:
        world = simulate(Path(folder) / "world", seed=SEED)
        ingest(lake, [world.folder / "observations", world.folder / "names"], strict=True)


def fill_database() -> None:
    """Take the lake's newest version over, if that has not been done."""
    version = Lake(settings.LAKE_DIR).latest()
    done = Refresh.objects.filter(state=Refresh.State.DONE)
    if version is not None and not done.filter(lake_version=version.number).exists():
        services.refresh()
        files.publish()


def fill_past() -> Iterator[None]:
    """Compute the past of a simulated world, for the history: what is not computed yet, a step at a time."""
    version = Lake(settings.LAKE_DIR).latest()
    if version is None or not version.is_simulated:
        return
    newest = present(present(current_refresh()).data_as_of)
    done = set(Refresh.objects.filter(state=Refresh.State.DONE).values_list("as_of", flat=True))
    for step in range(PAST_REFRESHES, 0, -1):
        if (as_of := newest - step * PAST_STEP) not in done:
            services.refresh(as_of=as_of)
            yield
    measuring.measure()


def fill_cutoffs() -> list[Cutoff]:
    """Put example cutoffs into a simulated world: those whose time has come, and one to come; gives them."""
    version = Lake(settings.LAKE_DIR).latest()
    if version is None or not version.is_simulated or Cutoff.objects.exists():
        return []
    today = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for cutoff_at in (*(today - ago for ago in PAST_CUTOFFS), today + NEXT_CUTOFF):
        values = {
            "name": f"{cutoff_at:%Y-%m}",
            "cutoff_at": cutoff_at,
            "is_simulated": True,
            "hold": Hold.NEVER,
        }
        announced_at = min(cutoff_at - ANNOUNCED_BEFORE, today)
        draft = cutoffs.draft(values, by=None, now=announced_at)
        cutoffs.announce(draft, by=None, now=announced_at)
        for moment in (draft.window_start, cutoff_at):
            cutoffs.advance_due(now=min(moment, today))
    return list(Cutoff.objects.order_by("cutoff_at"))


def fill_blitzes(made: list[Cutoff]) -> None:
    """Put two example blitzes into a simulated world, for the example cutoffs: one past, one under way.

    What people do in them goes into the lake: `fill_database` takes it over, `fill_past` measures it.
    """
    if made:
        campaigns.fill(Lake(settings.LAKE_DIR), made[-len(campaigns.BEGUN) :])
        campaigns.answer()
        blitzes.advance_due()


def fill_models() -> None:
    """Make up the models of the example cutoffs, whose results are simulated too, and compare them."""
    if ModelVersion.objects.exists():
        return
    exported = Cutoff.objects.filter(is_simulated=True, state=State.EXPORTED).order_by("cutoff_at")
    token, _ = make_token("demonstration", Scope.TRAINER)
    revoke(token)
    for edition, (cutoff, name) in enumerate(zip(exported, MODELS, strict=False), start=1):
        _fill_model(cutoff, name, edition, token.pk)
    versions.compare_versions()
    effects.count_effects()


def _fill_model(cutoff: Cutoff, name: str, edition: int, token_id: int) -> None:
    """Make up the results of training on a cutoff's snapshot, and release them as a model."""
    folder = settings.DATA_DIR / present(snapshot_that_stands(cutoff)).folder
    result = results.results(folder, edition)
    out_at = cutoff.cutoff_at + TRAINING_TOOK
    began = cutoff.cutoff_at + timedelta(days=1)
    cutoffs.begin_training(cutoff, name, by=None, now=began)
    digest, config = result.run["snapshot_digest"], result.run["config"]
    run, _ = training.create_run(token_id, name, digest, config, is_simulated=True, now=began)
    training.take_results(run, result, now=out_at)
    run.refresh_from_db()
    make_version(run, name, out_at)
    cutoff.refresh_from_db()
    cutoffs.publish(cutoff, by=None, now=out_at)


def renew_staff() -> str:
    """Make the staff user, or give it a new password; returns the password."""
    password = secrets.token_urlsafe(12)
    staff, _ = get_user_model().objects.get_or_create(username=STAFF)
    staff.is_staff = staff.is_superuser = True
    staff.set_password(password)
    staff.save()
    return password
