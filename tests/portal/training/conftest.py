"""Cutoffs whose snapshots stand, and a stand-in for the Python that trains."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from portal.cutoffs import services
from portal.cutoffs.models import Cutoff, Snapshot
from portal.cutoffs.report import condense
from portal.cutoffs.states import State
from tests.portal.cutoffs.conftest import guard_report
from tests.portal.cutoffs.test_report import MANIFEST

CUTOFF_AT = datetime(2026, 9, 1, tzinfo=UTC)

#: Called as Python is. It notes how it was called; what it does is in the file "behaviour" beside it:
#: for a command an exit code, and what is said.
STAND_IN = """#!{python}
import json, os, pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
behaviour = json.loads((here / "behaviour").read_text())
if sys.argv[1] == "-c":
    sys.exit(behaviour.get("check", 0))
command, arguments = sys.argv[3], sys.argv[4:]
with (here / "calls").open("a") as file:
    print(json.dumps([command, *arguments]), file=file)
wanted = behaviour.get(command, [0, ""])
if wanted == "sleep":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("trainer: stopped"))
    (here / "sleeps").write_text(str(os.getpid()))
    time.sleep(60)
if wanted == "die":
    print("about to die", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
print(wanted[1], file=sys.stderr)
sys.exit(wanted[0])
"""


class FakePython:
    """What stands in for the Python with TensorFlow, in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "python"
        self.path.write_text(STAND_IN.format(python=sys.executable))
        self.path.chmod(0o755)
        self.behave()

    def behave(self, **behaviour: object) -> None:
        """Behave so from now on: `behave(fit=[1, "trainer: no photos"], check=1)`."""
        (self.folder / "behaviour").write_text(json.dumps(behaviour))

    def calls(self) -> list[list[str]]:
        """How it was called, and forget it."""
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [json.loads(line) for line in lines]


@pytest.fixture
def trainer(settings, tmp_path) -> FakePython:
    """Training is set up, with the stand-in; the data folder is the test's own."""
    (tmp_path / "python").mkdir()
    fake = FakePython(tmp_path / "python")
    settings.DATA_DIR = tmp_path
    settings.TRAIN_CONFIG = str(tmp_path / "config.toml")
    settings.TRAINER = str(fake.path)
    settings.TRAIN_FOLDS = 5
    settings.SITE_URL = "https://leafline.example.org"
    return fake


def make_exported(
    name: str = "Autumn", digest: str = "abc", days: int = 0, state: State = State.EXPORTED, **values: object
) -> Cutoff:
    """A cutoff whose snapshot stands, so many days after `CUTOFF_AT`."""
    at = CUTOFF_AT + timedelta(days=days)
    announced_at = at - timedelta(days=60)
    cutoff = services.draft({"name": name, "cutoff_at": at} | values, by=None, now=announced_at)
    cutoff = services.announce(cutoff, by=None, now=announced_at)
    Snapshot.objects.create(
        cutoff=cutoff,
        number=1,
        step="done",
        asked_at=at,
        finished_at=at,
        lake_version=7,
        folder=f"snapshots/{cutoff.pk}-1",
        digest=digest,
        guards=guard_report(),
        report=condense(MANIFEST) | {"is_simulated": cutoff.is_simulated},
    )
    Cutoff.objects.filter(pk=cutoff.pk).update(state=state)
    cutoff.refresh_from_db()
    return cutoff


@pytest.fixture
def exported(db) -> Callable[..., Cutoff]:
    """`exported(name="Autumn", digest="abc")`: a cutoff whose snapshot stands."""
    return make_exported
