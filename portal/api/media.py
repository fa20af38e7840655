"""JSON and CSV, and which of them an answer is."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from exporter.output import csv_cell
from portal.csv_lines import csv_lines


class JSON(BaseRenderer):
    """JSON by orjson: 500 taxa in a millisecond."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
    ) -> bytes:
        return orjson.dumps(data)


class CSV(BaseRenderer):
    """The answer's ``results`` as RFC 4180 with a header; what is nested is joined: ``outlook_status``."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> str:
        view = renderer_context["view"]
        return to_csv(view.csv_columns, (flat(row) for row in data["results"]))


def flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what is nested brought to the top: {"a": {"b": 1}} as {"a_b": 1}."""
    result: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, Mapping):
            result.update({f"{name}_{inner}": deep for inner, deep in flat(value).items()})
        else:
            result[name] = value
    return result


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> str:
    """A CSV document with these columns; yes and no are true and false, nothing is empty."""
    return "".join(csv_lines(columns, ([_cell(row[name]) for name in columns] for row in rows)))


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    return csv_cell(value)


class Negotiation(DefaultContentNegotiation):
    """By the header Accept, or ``?format=csv``; a format that there is not is a bad parameter."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        renderers = list(renderers)
        result = [renderer for renderer in renderers if renderer.format == format]
        if not result:
            known = ", ".join(renderer.format for renderer in renderers)
            raise ValidationError({"format": f"use one of: {known}"})
        return result

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        # Whoever names the format in the address needs no header that fits.
        name = str(self.settings.URL_FORMAT_OVERRIDE)
        if name in request.query_params:
            renderer = self.filter_renderers(renderers, request.query_params[name])[0]
            return renderer, renderer.media_type
        chosen: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return chosen
