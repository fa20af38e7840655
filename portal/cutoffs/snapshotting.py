"""Making the snapshot of a cutoff: pin the lake, look for a push, write the folder, report.

One process does this at a time. Whatever stops it, the attempt goes on where it is taken up again: the lake
stays pinned, and the same pin, cutoff and seed give the same bytes.
"""

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings
from django.utils import timezone

from exporter import guards
from exporter.criteria import preset
from exporter.errors import DataError
from exporter.lake import Lake, LakeVersion
from exporter.manifest import Manifest, read_manifest
from exporter.settling import newest_record
from exporter.snapshot import MEMORY_LIMIT, Request, snapshot
from portal.cutoffs import queries, services
from portal.cutoffs.models import Cutoff, Hold, Snapshot
from portal.cutoffs.queries import MOST_ATTEMPTS, PATIENCE
from portal.cutoffs.report import condense
from portal.cutoffs.services import recording
from portal.failures import died, failure
from portal.lake.locks import snapshot_lock
from portal.messages import data_error, message
from portal.present import present

#: How long making the snapshots of a simulated past took.
TOOK = timedelta(hours=1)
FOLDER = "snapshots"

_log = logging.getLogger(__name__)


def cut_all(*, is_past: bool = False) -> int:
    """Make every requested snapshot whose data are there; gives how many were made.

    Nothing, if another process is at it. ``is_past``: those of simulated cutoffs are exported an hour after
    these, whenever they are made.
    """
    with snapshot_lock() as is_ours:
        return sum(_cut(requested, is_past) for requested in queries.unfinished()) if is_ours else 0


def _cut(requested: Snapshot, is_past: bool) -> bool:
    """Make one snapshot; whether it was made. What is wrong is recorded, and a fault of ours raised too."""
    try:
        version = _pin(requested)
        if version is None:
            return False
        _count_attempt(requested)
        _look_for_a_push(requested, version)
        manifest = _write(requested, version)
        requested.cutoff.refresh_from_db()  # somebody may have held it meanwhile
        is_held = requested.cutoff.hold == Hold.ALWAYS or (
            requested.cutoff.hold == Hold.ALARM and bool(present(requested.guards)["fired"])
        )
        at = timezone.now()
        if is_past and requested.cutoff.is_simulated:
            at = min(requested.cutoff.cutoff_at + TOOK, at)
        services.finish_snapshot(requested, condense(manifest), is_held=is_held, now=at)
    except DataError as error:
        services.fail_snapshot(requested, failure(error))
        return False
    except Exception as error:
        services.fail_snapshot(requested, failure(error))
        raise
    return True


def _pin(requested: Snapshot) -> LakeVersion | None:
    """The version of the lake that counts: the newest, once its data reach the cutoff. None before that, and
    where it was called off meanwhile.

    A dry run takes the newest as it is. DataError if the data have not come in `PATIENCE`, or if the lake's
    newest version is damaged: an export that cannot be repeated is not made of what happened to be left.
    """
    lake = Lake(settings.LAKE_DIR)
    if requested.lake_version is not None:
        return lake.at(requested.lake_version)
    newest = lake.require_latest() if requested.is_dry_run else lake.latest()
    if newest is not None and newest.faults and not requested.is_dry_run:
        raise DataError(f"{newest.faults[0]}; then try again")
    if newest is not None and newest.number != requested.looked_at_version:
        with lake.connect(newest) as con:
            requested.data_until = newest_record(con, newest.created_at) or newest.created_at
        if requested.is_dry_run or requested.data_until >= requested.cutoff.cutoff_at:
            return newest if recording.pin_snapshot(requested, newest.number) else None
        recording.record_look(requested, newest.number)
    if timezone.now() - requested.asked_at > PATIENCE:
        raise data_error(message("no_data", days=PATIENCE.days))
    return None


def _count_attempt(requested: Snapshot) -> None:
    """Count that it is taken up. DataError once its worker died too often: another would die too."""
    if requested.attempts >= MOST_ATTEMPTS:
        raise data_error(died(requested.attempts))
    recording.record_attempt(requested)


def _moment(requested: Snapshot) -> datetime:
    """The time as of which the data are taken: the cutoff, or for a dry run the end of the data before it."""
    if requested.is_dry_run and requested.data_until is not None:
        return min(requested.cutoff.cutoff_at, requested.data_until)
    return requested.cutoff.cutoff_at


def _look_for_a_push(requested: Snapshot, version: LakeVersion) -> None:
    """Let the guards look at the pinned lake, unless they have."""
    if requested.guards is not None:
        return
    _step(requested, Snapshot.Step.GUARDS)
    cutoff = requested.cutoff
    with Lake(settings.LAKE_DIR).connect(version, memory_limit=MEMORY_LIMIT) as con:
        report = guards.report(
            con,
            preset(cutoff.criteria),
            _moment(requested),
            cutoff.settle_days,
            previous=_previous(cutoff),
            loaded_at=version.created_at,
        )
    recording.record_guards(requested, report)


def _write(requested: Snapshot, version: LakeVersion) -> Manifest:
    """Write the folder, or take the one that a stopped process finished; gives its manifest.

    That of a dry run, drawn with a seed of its own, is removed again.
    """
    folder = settings.DATA_DIR / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    if requested.is_dry_run:
        with TemporaryDirectory(dir=folder, prefix="dry-run-") as temporary:
            return _snapshot(requested, version, secrets.token_hex(), Path(temporary) / "out")
    recording.record_folder(requested, f"{FOLDER}/{requested.cutoff_id}-{requested.number}")
    out = settings.DATA_DIR / requested.folder
    made = (
        read_manifest(out) if out.exists() else _snapshot(requested, version, requested.cutoff.seal.seed, out)
    )
    requested.digest = hashlib.sha256((out / "manifest.json").read_bytes()).hexdigest()
    return made


def _snapshot(requested: Snapshot, version: LakeVersion, seed: str, out: Path) -> Manifest:
    cutoff = requested.cutoff
    return snapshot(
        Lake(settings.LAKE_DIR),
        Request(preset(cutoff.criteria), _moment(requested), seed, cutoff.settle_days),
        out,
        version=version,
        previous=_previous(cutoff),
        progress=lambda step: _step(requested, step),
    )


def _previous(cutoff: Cutoff) -> Path | None:
    """The folder of the snapshot to compare with; None if there is none, or it was removed."""
    earlier = queries.before(cutoff)
    if earlier is None:
        return None
    folder = settings.DATA_DIR / earlier.folder
    return folder if (folder / "manifest.json").is_file() else None


def _step(requested: Snapshot, step: str) -> None:
    """Let the page know."""
    recording.record_step(requested, step)
    _log.info("Snapshot %s of cutoff %s: %s", requested.number, requested.cutoff_id, step)
