"""Fixtures of the portal's tests."""

from collections.abc import Iterator

import pytest
from django.utils import translation


@pytest.fixture(autouse=True)
def _own_language() -> Iterator[None]:
    """Let no test answer in the language of the page that the one before it asked for."""
    yield
    translation.deactivate()
