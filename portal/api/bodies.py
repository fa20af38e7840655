"""What may stand in a request's body: JSON of moderate size, with typed fields and no others."""

import re
from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import UnsupportedMediaType, ValidationError
from rest_framework.parsers import BaseParser

from exporter.errors import DataError
from portal.api.problems import TooLarge
from portal.training.storable import check_storable

LARGEST_BODY = 256 * 1024


class SmallJSON(BaseParser):
    """A JSON object of at most 256 KiB."""

    media_type = "application/json"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        request = parser_context["request"]
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise UnsupportedMediaType(request.headers["Content-Encoding"])
        body = stream.read(LARGEST_BODY + 1)
        if len(body) > LARGEST_BODY:
            raise TooLarge(f"The body is larger than {LARGEST_BODY >> 10} KiB.")
        try:
            result = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ValidationError({"body": f"is no JSON: {error}"}) from None
        if not isinstance(result, dict):
            raise ValidationError({"body": "must be an object"})
        for name, value in result.items():
            try:
                check_storable(name[:50], value)
            except DataError as error:
                raise ValidationError({"body": str(error)}) from None
        return result


class Body(serializers.Serializer):
    """The fields of a body, or of an object in one: those declared, and no other."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            raise ValidationError("must be an object")
        if unknown := sorted(data.keys() - self.fields.keys()):
            raise ValidationError({unknown[0][:50]: "there is no such field"})
        values: dict[str, Any] = super().to_internal_value(data)
        return values


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z0-9._:+/=-]+$", "maxLength": 100})
class Name(serializers.CharField):
    """A name or digest in plain letters, digits and a few signs."""

    _pattern = re.compile(r"[A-Za-z0-9._:+/=-]{1,100}")
    default_error_messages = {"invalid": "write it in up to 100 of: A-Z a-z 0-9 . _ : + / = -"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or not self._pattern.fullmatch(data):
            self.fail("invalid")
        return data


class Text(serializers.CharField):
    """A text; a number is none."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Flag(serializers.BooleanField):
    """true or false; words and numbers are neither."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Count(serializers.IntegerField):
    """A whole number; a text of digits is none."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int | float) or isinstance(data, bool) or data != int(data):
            self.fail("invalid")
        return int(data)


class Number(serializers.FloatField):
    """A number; a text of digits is none."""

    def to_internal_value(self, data: Any) -> float:
        if not isinstance(data, int | float) or isinstance(data, bool):
            self.fail("invalid")
        return float(data)
