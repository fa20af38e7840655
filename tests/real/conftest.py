"""Lakes of real files: each made once, whatever the number of test processes."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest
from filelock import FileLock

from tests.real import commands, inputs
from tests.real.browsing import Visitor


@dataclass(frozen=True)
class Loaded:
    """A lake of real files, how it was loaded, and an own folder for what is made from it."""

    name: str
    folder: Path
    paths: inputs.Paths
    outcome: commands.Outcome

    @property
    def lake(self) -> Path:
        """The lake's folder."""
        return self.folder / "lake"


@pytest.fixture(scope="session")
def load(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Loaded]:
    """`load("csv")`: that lake, loaded by the first test that asks for it and shared with all processes."""
    if not inputs.DATA.is_dir():
        pytest.skip(inputs.ABSENT)
    lakes = inputs.SMALL | inputs.matrix()
    base = tmp_path_factory.getbasetemp()
    # A process of xdist has its own folder within the one that all share.
    shared = (base.parent if base.name.startswith("popen-") else base) / "real"
    shared.mkdir(exist_ok=True)

    def load(name: str) -> Loaded:
        paths, folder = lakes[name], shared / name.replace("/", "+")
        result = folder / "ingest.json"
        with FileLock(f"{folder}.lock"):
            if not result.exists():
                folder.mkdir(exist_ok=True)
                outcome = commands.ingest(folder / "lake", paths)
                result.write_text(json.dumps(asdict(outcome)))
        return Loaded(name, folder, paths, commands.Outcome(**json.loads(result.read_text())))

    return load


@pytest.fixture
def report() -> Callable[[list[str]], None]:
    """Fails with every fault that was found, a line each."""

    def report(faults: list[str]) -> None:
        if faults:
            pytest.fail("\n".join(faults), pytrace=False)

    return report


@pytest.fixture
def visit(request: pytest.FixtureRequest, live_server) -> Iterator[Callable[[str, str], Iterator[str]]]:
    """`visit("/", session)`: opens a page in Chromium, started when it is first asked for."""
    visitors: list[Visitor] = []

    def visit(address: str, session: str) -> Iterator[str]:
        if not visitors:
            visitors.append(Visitor(request.getfixturevalue("browser"), live_server.url))
        return visitors[0].visit(address, session)

    yield visit
    for visitor in visitors:
        visitor.close()
