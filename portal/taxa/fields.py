"""Fields of the taxon tables."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper


class SearchKey(models.CharField):
    """Folded text whose plain index answers `key__startswith` on every database.

    PostgreSQL walks an index for LIKE 'x%' only where text is sorted by code point; SQLite, only where case
    is ignored, which changes nothing for folded text.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> dict[str, Any]:
        collation = "C" if connection.vendor == "postgresql" else "NOCASE"
        parameters: dict[str, Any] = {**super().db_parameters(connection), "collation": collation}
        return parameters
