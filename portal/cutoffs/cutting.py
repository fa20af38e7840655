"""Making the snapshot of a cutoff: pin the lake, look for a push, write the folder, report.

One process does this at a time. Whatever stops it, the attempt goes on where it is taken up again: the lake
stays pinned, and the same pin, cutoff and seed give the same bytes.
"""

import logging
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from exporter import guards
from exporter.criteria import preset
from exporter.errors import DataError
from exporter.lake import Lake, LakeVersion
from exporter.manifest import Manifest, read_manifest
from exporter.settling import newest_record
from exporter.snapshot import MEMORY_LIMIT, Request, snapshot
from portal.cutoffs import queries, services
from portal.cutoffs.models import Cutoff, Hold, Snapshot
from portal.cutoffs.report import condense
from portal.sync.lock import only_one

#: How long after the cutoff data that reach it are waited for.
PATIENCE = timedelta(days=7)
FOLDER = "snapshots"

_log = logging.getLogger(__name__)


def cut_all() -> int:
    """Make every snapshot that is asked for and whose data are there; gives how many were made.

    Nothing, if another process is at it.
    """
    with only_one("snapshot") as is_ours:
        return sum(_cut(asked) for asked in queries.unfinished()) if is_ours else 0


def _cut(asked: Snapshot) -> bool:
    """Make one snapshot; whether it was made. What is wrong is recorded, and a fault of ours raised too."""
    try:
        version = _pin(asked)
        if version is None:
            return False
        _look_for_a_push(asked, version)
        manifest = _write(asked, version)
        is_held = asked.cutoff.hold == Hold.ALWAYS or (
            asked.cutoff.hold == Hold.ALARM and bool(asked.guards["fired"])
        )
        services.finish_snapshot(asked, condense(manifest), is_held=is_held)
    except DataError as error:
        services.fail_snapshot(asked, str(error))
        return False
    except Exception as error:
        line = str(error).partition("\n")[0]
        services.fail_snapshot(asked, f"A fault of the program, {type(error).__name__}: {line}")
        raise
    return True


def _pin(asked: Snapshot) -> LakeVersion | None:
    """The version of the lake that counts: the newest, once its data reach the cutoff. None before that.

    DataError if they have not come in `PATIENCE`.
    """
    lake = Lake(settings.LAKE_DIR)
    if asked.lake_version is not None:
        return lake.at(asked.lake_version)
    newest = lake.latest()
    if newest is not None and newest.number != asked.looked_at_version:
        with lake.connect(newest) as con:
            asked.data_until = newest_record(con)
        if asked.data_until is None or asked.data_until >= asked.cutoff.cutoff_at:
            asked.lake_version, asked.started_at = newest.number, timezone.now()
            asked.save()
            return newest
        asked.looked_at_version = newest.number
        asked.save()
    if timezone.now() - asked.asked_at > PATIENCE:
        raise DataError(
            _("No data that reach the cutoff came in %(days)s days: pull or load them, then try again.")
            % {"days": PATIENCE.days}
        )
    return None


def _look_for_a_push(asked: Snapshot, version: LakeVersion) -> None:
    """Let the guards look at the pinned lake, unless they have."""
    if asked.guards is not None:
        return
    _step(asked, Snapshot.Step.GUARDS)
    cutoff = asked.cutoff
    with Lake(settings.LAKE_DIR).connect(version, memory_limit=MEMORY_LIMIT) as con:
        asked.guards = guards.report(
            con,
            preset(cutoff.criteria),
            cutoff.cutoff_at,
            cutoff.settle_days,
            previous=_previous(cutoff),
        )
    asked.save()


def _write(asked: Snapshot, version: LakeVersion) -> Manifest:
    """Write the folder, or take the one that a stopped process finished; gives its manifest."""
    cutoff = asked.cutoff
    asked.folder = f"{FOLDER}/{cutoff.pk}-{asked.number}"
    asked.save()
    out = settings.DATA_DIR / asked.folder
    if out.exists():
        return read_manifest(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    return snapshot(
        Lake(settings.LAKE_DIR),
        _request(cutoff),
        out,
        version=version,
        previous=_previous(cutoff),
        progress=lambda step: _step(asked, step),
    )


def _request(cutoff: Cutoff) -> Request:
    return Request(
        criteria=preset(cutoff.criteria),
        cutoff=cutoff.cutoff_at,
        seed=cutoff.seal.seed,
        settle_days=cutoff.settle_days,
    )


def _previous(cutoff: Cutoff) -> Path | None:
    """The folder of the snapshot to compare with; None if there is none, or it was removed."""
    earlier = queries.before(cutoff)
    if earlier is None:
        return None
    folder = settings.DATA_DIR / earlier.folder
    return folder if (folder / "manifest.json").is_file() else None


def _step(asked: Snapshot, step: str) -> None:
    """Let the page know."""
    asked.step, asked.stepped_at = step, timezone.now()
    asked.save()
    _log.info("Snapshot %s of cutoff %s: %s", asked.number, asked.cutoff_id, step)
