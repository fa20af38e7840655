"""Every computation on small odd lakes: an answer, or a DataError of one line."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from exporter import guards
from exporter.criteria import INAT_2021, INAT_2022, Criteria
from exporter.errors import DataError
from exporter.hotspots import find
from exporter.hotspots.listing import ORDERS, hotspot_rows, worklist_rows
from exporter.hotspots.schema import CONFUSIONS, HOTSPOTS, LABEL_ISSUES, WORKLIST
from exporter.lake import Lake, LakeVersion
from exporter.named_clades import within
from exporter.readiness import SCHEMA, readiness
from exporter.schema import TABLES
from exporter.snapshot import Request, snapshot
from exporter.verify import verify
from tests.exporter.exporting import SEED
from tests.exporter.hotspots.scenes import TINY
from tests.exporter.odd_lakes import EXAMPLES, odd_lakes
from tests.exporter.world import World

CUTOFF = datetime(2024, 9, 1, tzinfo=UTC)
#: Lakes this small hold classes only under the tiny criteria.
RULES = (TINY, INAT_2021, INAT_2022)
TIMES = (None, CUTOFF, datetime(1, 1, 2, tzinfo=UTC))
VERSION = LakeVersion(1, datetime(2026, 1, 1, tzinfo=UTC), dict.fromkeys(TABLES, 1), False)

odd = settings(max_examples=EXAMPLES)


@contextlib.contextmanager
def allowed(*messages: str) -> Iterator[None]:
    """A DataError, which is one line, and no other exception."""
    try:
        yield
    except DataError as error:
        message = str(error)
        if "\n" in message or not any(one in message for one in messages):
            raise


@odd
@given(odd_lakes(), st.sampled_from(RULES), st.sampled_from(TIMES))
def test_readiness(world: World, criteria: Criteria, at: datetime | None) -> None:
    with world.connect() as con:
        assert readiness(con, criteria, at=at).schema == SCHEMA


@odd
@given(odd_lakes(), st.sampled_from(RULES), st.sampled_from(TIMES), st.booleans())
def test_hotspots_and_worklists(
    world: World, criteria: Criteria, at: datetime | None, has_model: bool
) -> None:
    issues = LABEL_ISSUES.empty_table() if has_model else None
    with world.connect() as con:
        findings = find(con, criteria, at=at, label_issues=issues)
        assert findings.hotspots.schema == HOTSPOTS
        assert findings.worklist.schema == WORKLIST
        assert findings.confusions.schema == CONFUSIONS
        assert (findings.worth_listing().hotspots.num_rows == 0) == bool(findings.missing)
        assert isinstance(findings.is_without_identifications, bool)
        hotspot_rows(findings.hotspots, 1)
        for order in ORDERS:
            worklist_rows(findings.worklist, order, None)
            with allowed("not in the lake"):
                worklist_rows(within(con, findings.worklist, "label_taxon_id", 1), order, 1)


@odd
@given(odd_lakes(), st.sampled_from(RULES), st.sampled_from([0, 14]))
def test_guards(world: World, criteria: Criteria, settle_days: int) -> None:
    with world.connect() as con, allowed("is in the future of the data"):
        guards.report(con, criteria, CUTOFF, settle_days)


@odd
@given(odd_lakes(), st.sampled_from(RULES), st.sampled_from([0, 14]))
def test_a_snapshot_is_sound_or_says_that_no_taxon_passes(
    world: World, criteria: Criteria, settle_days: int
) -> None:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "snapshot"
        request = Request(criteria, CUTOFF, SEED, settle_days)
        with allowed("is in the future of the data", "no taxon passes"):
            snapshot(
                Lake(folder), request, out, version=VERSION, connect=lambda _lake, _version: world.connect()
            )
            verify(out)
            with world.connect() as con:
                guards.report(con, criteria, CUTOFF + timedelta(days=1), settle_days, previous=out)
