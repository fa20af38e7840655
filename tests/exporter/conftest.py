"""Fixtures for the exporter's tests."""

from pathlib import Path

import pytest

from exporter.lake import Lake

SHARED_DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """An empty lake."""
    return Lake(tmp_path / "lake")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real iNaturalist records that lies beside the checkout, never inside it."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real iNaturalist records in ../shared/data are not on this machine")
    return SHARED_DATA
