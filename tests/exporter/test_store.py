"""A lake in an object store is the lake that it would be in a folder, whoever else writes to it."""

import multiprocessing
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from exporter import unused
from exporter.lake import Lake
from exporter.merge import Merge
from exporter.schema import TABLES, surrogate_id
from exporter.storage import LostRaceError
from exporter.storage.delta import open_table
from exporter.unused import remove_unused
from tests.exporter.damaged import FILES, LAST_DAY, Ran, run, write_inputs
from tests.exporter.test_lake import UUID, day, load, photo, rows
from tests.object_store import ObjectStore, server, store

lease = pytest.importorskip("exporter.storage.lease", reason="obstore is not installed")
objects = pytest.importorskip("exporter.storage.objects", reason="obstore is not installed")
__all__ = ["server", "store"]  # fixtures

SEALED = ("--seed", "a seed of sixteen bytes", "--settle-days", 0)


@pytest.fixture
def address(store: ObjectStore, tmp_path: Path) -> str:
    """A lake of this test's own."""
    return store.address(f"{tmp_path.parent.name}/{tmp_path.name}/lake")


def _said_of(lake: Path | str, ran: Ran) -> tuple[int, list[str], list[str]]:
    """What a command gave, wherever the lake is."""
    return ran.code, *([line.replace(str(lake), "LAKE") for line in said] for said in (ran.printed, ran.said))


REFUSAL = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


@pytest.fixture
def refusing(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that refuses whatever it is asked."""

    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(403)
            self.send_header("Content-Length", str(len(REFUSAL)))
            self.end_headers()
            self.wfile.write(REFUSAL)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


def _line_of(lake: str) -> str:
    """The one line that a command ends with."""
    ran = run(lake, "readiness")
    assert (ran.code, ran.printed, len(ran.said)) == (1, [], 1)
    assert "test-secret" not in ran.said[0]
    return ran.said[0]


def test_a_bucket_that_is_not_there_is_one_line(store: ObjectStore) -> None:
    assert _line_of("s3://absent/lake") == (
        "exporter: s3://absent/lake/versions: there is no bucket 'absent'; make it, or give another address"
    )


def test_a_store_that_refuses_is_one_line(refusing: None) -> None:
    assert _line_of("s3://lakes/lake") == (
        "exporter: s3://lakes/lake/versions: the object store refuses access; check AWS_ACCESS_KEY_ID and"
        " what its owner may do there"
    )


def test_a_store_that_cannot_be_reached_is_one_line(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    assert _line_of("s3://lakes/lake") == (
        "exporter: s3://lakes/lake/versions: the object store at http://127.0.0.1:1 gives no answer that can"
        " be used; check AWS_ENDPOINT_URL, AWS_REGION and the network"
    )


@pytest.mark.parametrize(
    "address", ["s3://", "s3://B", "s3://bucket/a b", "s3://bucket/../other", "s3://a.b/*"]
)
def test_an_address_that_no_lake_can_have_is_one_line(store: ObjectStore, address: str) -> None:
    assert _line_of(address) == (
        f"exporter: {address!r}: not an address like s3://BUCKET/PREFIX; a prefix may have the letters A-Z"
        " and a-z, digits, and _ . = - /"
    )


def test_a_data_folder_in_a_store_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEAFLINE_DATA", "s3://bucket/data")
    ran = run("s3://bucket/lake", "readiness")
    assert (ran.code, ran.said) == (
        2,
        [
            "exporter: LEAFLINE_DATA is 's3://bucket/data': set it to a folder of this machine, and give the"
            " lake with --lake. See `python -m exporter --help`."
        ],
    )


def test_without_the_packages_for_it_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("exporter.storage.objects", "exporter.storage.bucket"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "obstore", None)
    assert _line_of("s3://bucket/lake") == (
        "exporter: s3://bucket/lake: a lake in an object store needs obstore: install it with"
        " `pip install --require-hashes -r locks/store.txt`"
    )


def test_an_empty_lake_says_what_to_do(address: str) -> None:
    assert _line_of(address) == (
        f"exporter: {address}: the lake is empty; load data with `python -m exporter ingest PATH`"
    )


def test_every_command_gives_the_same_as_on_a_folder(address: str, tmp_path: Path) -> None:
    write_inputs(tmp_path)
    criteria = ("--criteria", tmp_path / "small.toml")
    given, written = {}, {}
    for lake in (str(tmp_path / "lake"), address):
        out = tmp_path / "out"
        commands: list[tuple[object, ...]] = [
            *(("ingest", tmp_path / name) for name in FILES),
            ("ingest", *(tmp_path / name for name in FILES)),
            ("readiness", *criteria),
            ("hotspots", *criteria),
            ("worklist", "--taxon", 300),
            ("guard", "--cutoff", LAST_DAY, *criteria, "--settle-days", 0),
            ("snapshot", "--cutoff", LAST_DAY, *criteria, *SEALED, "--out", out),
            ("verify", out, "--derive"),
            ("doctor",),
        ]
        given[lake] = [_without(lake, run(lake, *command)) for command in commands]
        written[lake] = {path.name: path.read_bytes() for path in out.iterdir()}
        shutil.rmtree(out)
    of_folder, of_store = given.values()
    assert of_store == of_folder
    assert {ran.code for ran in of_store} == {0}
    assert len(set(map(str, written.values()))) == 1


def _without(lake: str, ran: Ran) -> Ran:
    """What a command gave, wherever the lake is."""
    printed, said = ([line.replace(lake, "LAKE") for line in lines] for lines in (ran.printed, ran.said))
    return Ran(ran.code, printed, said)


def _load_ten(address: str, first: int) -> None:
    for number in range(first, first + 10, 5):
        observations = [{"observation_id": n, "updated_at": day(1)} for n in range(number, number + 5)]
        load(Lake(address), "api", observations=observations)


def test_two_processes_writing_at_once_lose_nothing(address: str) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_load_ten, args=(address, first)) for first in (0, 10)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    lake = Lake(address)
    assert rows(lake, "observations", "observation_id") == [(number,) for number in range(20)]
    assert lake.require_latest().number == 4


def _load_a_photo(lake: Lake, number: int) -> None:
    load(
        lake,
        "api",
        observations=[{"observation_id": number, "updated_at": day(1)}],
        photos=[photo(number, number, day(1))],
    )


@pytest.mark.parametrize(
    ("owner", "step", "call", "number"),
    [(Merge, "commit", 3, 1), (Lake, "_publish", 1, 2), (Lake, "_write", 1, 1)],
)
def test_who_comes_too_late_merges_again_into_what_came_first(
    address: str,
    owner: type,
    step: str,
    call: int,
    number: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Others write while a writer is at a step, as if there were no turns, which only make this rare."""
    monkeypatch.setattr(objects.ObjectStorage, "exclusive", lambda _: nullcontext())
    original, calls = getattr(owner, step), count(1)
    loaded = [7, 8, 100, 101] if number == 2 else [8, 100, 101]

    def step_beside_others(*given: Any) -> Any:
        if next(calls) == call:
            for other in (100, 101):
                _load_a_photo(Lake(address), other)
        return original(*given)

    lake = Lake(address)
    if number == 2:
        _load_a_photo(lake, 7)
    monkeypatch.setattr(owner, step, step_beside_others)
    _load_a_photo(lake, 8)
    assert rows(lake, "observations", "observation_id") == [(each,) for each in loaded]
    assert rows(lake, "photos", "observation_id, photo_id") == [(each, each) for each in loaded]
    assert lake.require_latest().number == len(loaded)
    assert f"{address}: another process was faster; merging into what it wrote" in caplog.messages


def _load_and_die(address: str, owner: type, step: str, call: int) -> None:
    original, calls = getattr(owner, step), count(1)

    def step_or_die(*given: Any) -> Any:
        if next(calls) == call:
            os.kill(os.getpid(), signal.SIGKILL)
        return original(*given)

    setattr(owner, step, step_or_die)
    _load_a_photo(Lake(address), 8)


def test_a_killed_load_leaves_the_lake_as_it_was(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "SILENCE_S", 0.5)
    lake, loaded = Lake(address), []
    for number, killed_at in ((7, (Merge, "commit", 3)), (9, (Lake, "_write", 1))):
        victim = multiprocessing.get_context("spawn").Process(
            target=_load_and_die, args=(address, *killed_at)
        )
        victim.start()
        victim.join()
        assert victim.exitcode == -signal.SIGKILL
        assert (lake.latest() is None) == (not loaded)
        _load_a_photo(lake, number)
        loaded.append((number,))
        assert rows(lake, "observations", "observation_id") == loaded
        assert rows(lake, "photos", "photo_id") == loaded


def test_what_a_stopped_load_did_in_other_buckets_is_taken_back(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its entries stay in the tables' logs; the next entry adds again what they removed, as it was."""
    lake, other = Lake(address), 2**21
    dumped = {"observation_id": surrogate_id(UUID), "observation_uuid": UUID}
    for number in (7, other + 7):
        _load_a_photo(lake, number)
    load(lake, "dump", observations=[dumped | {"latitude": 1.0}])
    before = {file.bucket: file for file in lake.listed("observations", lake.require_latest())}
    stats = _statistics(lake)
    with monkeypatch.context() as patched:
        patched.setattr(Lake, "_write", _stop)
        with pytest.raises(KeyboardInterrupt):
            _load_a_photo(lake, other + 8)
        with pytest.raises(KeyboardInterrupt):
            load(lake, "dump", observations=[dumped | {"latitude": 2.0}])
    _load_a_photo(lake, 9)
    after = {file.bucket: file for file in lake.listed("observations", lake.require_latest())}
    assert {bucket for bucket in after if after[bucket] != before[bucket]} == {0}
    assert len(after) == 3
    assert {bucket: of for bucket, of in _statistics(lake).items() if bucket} == {
        bucket: of for bucket, of in stats.items() if bucket
    }
    assert rows(lake, "observations", "observation_id, latitude") == [
        (surrogate_id(UUID), 1.0),
        *((number, None) for number in (7, 9, other + 7)),
    ]
    assert rows(lake, "photos", "photo_id") == [(7,), (9,), (other + 7,)]


def _statistics(lake: Lake) -> dict[int, object]:
    """What the newest entry of a table's log says of each bucket."""
    actions = pa.table(open_table(lake.root / "observations").get_add_actions(flatten=True)).to_pylist()
    return {int(action["partition.bucket"]): action for action in actions}


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("is_store", [True, False])
def test_what_stopped_loads_left_is_removed_and_nothing_else(
    address: str, tmp_path: Path, is_store: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(address if is_store else tmp_path / "lake")
    _load_a_photo(lake, 7)
    with monkeypatch.context() as patched:
        patched.setattr(Lake, "_write", _stop)
        with pytest.raises(KeyboardInterrupt):
            _load_a_photo(lake, 8)
    _load_a_photo(lake, 9)
    assert remove_unused(lake).files == 0
    monkeypatch.setattr(unused, "_AGE_S", -60.0)
    before = [rows(Lake(lake.root), name, "*") for name in TABLES]
    assert remove_unused(lake).files == 2
    assert remove_unused(lake).files == 0
    assert [rows(Lake(lake.root), name, "*") for name in TABLES] == before
    with lake.connect(lake.at(1)) as con:
        assert con.execute("SELECT observation_id, photo_id FROM photos").fetchall() == [(7, 7)]
    _load_a_photo(lake, 8)
    assert rows(lake, "photos", "photo_id") == [(7,), (8,), (9,)]


def test_a_turn_is_kept_while_its_writer_lives(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_S", 0.1)
    monkeypatch.setattr(lease, "SILENCE_S", 1.0)
    order: list[str] = []

    def wait_for_turn() -> None:
        with Lake(address).exclusive():
            order.append("second")

    other = threading.Thread(target=wait_for_turn)
    with Lake(address).exclusive():
        other.start()
        other.join(2.5)
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_note_that_several_change_at_once_keeps_each_change(address: str) -> None:
    storage = Lake(address).storage
    path = storage.root / "note"

    def count_up() -> None:
        for _ in range(3):
            storage.change(path, lambda content: str(int(content or b"0") + 1).encode())

    threads = [threading.Thread(target=count_up) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert path.read_bytes() == b"9"


def test_a_write_whose_answer_was_lost_is_known_again(address: str) -> None:
    """The client sends such a request once more, and is told that there is an object already: its own."""
    storage = Lake(address).storage
    path = storage.root / "versions" / "1.json"
    storage.create(path, b"ours")
    storage.create(path, b"ours")
    with pytest.raises(LostRaceError):
        storage.create(path, b"another's")
    assert path.read_bytes() == b"ours"
