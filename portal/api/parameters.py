"""What may stand in an address's query: checked, described in the schema, and anything else refused."""

import re
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema_field
from rest_framework import serializers

from exporter.criteria import DEFAULT_CRITERIA, PRESETS
from portal.ids import LARGEST_ID
from portal.languages import LANGUAGES
from portal.taxa.models import Status

MOST_TAXA = 500
_WHOLE = re.compile(r"-?[0-9]{1,19}")


def path_id(name: str, description: str) -> OpenApiParameter:
    """An id in an address, for the schema."""
    schema = {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}
    return OpenApiParameter(name, schema, OpenApiParameter.PATH, description=description)


class WholeNumber(serializers.IntegerField):
    """A whole number in ASCII digits, within bounds."""

    default_error_messages = {"invalid": "is not a whole number"}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not _WHOLE.fullmatch(str(data)):
            self.fail("invalid")
        return int(data)


class TaxonId(WholeNumber):
    """iNaturalist's id of a taxon."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


@extend_schema_field(
    {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": LARGEST_ID},
        "minItems": 1,
        "maxItems": MOST_TAXA,
    }
)
class TaxonIds(serializers.Field):
    """Ids of taxa, separated by commas; one that is named twice counts once."""

    default_error_messages = {
        "invalid": "give ids of taxa, separated by commas",
        "too_many": f"give at most {MOST_TAXA} ids",
    }
    _id = TaxonId()

    def to_internal_value(self, data: str) -> list[int]:
        parts = data.split(",", MOST_TAXA + 1)
        if len(parts) > MOST_TAXA:
            self.fail("too_many")
        try:
            return list(dict.fromkeys(self._id.run_validation(part) for part in parts))
        except serializers.ValidationError:
            self.fail("invalid")

    def to_representation(self, value: list[int]) -> str:
        return ",".join(map(str, value))


class Query(serializers.Serializer):
    """The parameters of an address: those declared, each at most once, and no other."""

    @classmethod
    def read(cls, query: Any, also: tuple[str, ...] = ("format",)) -> dict[str, Any]:
        """The values by name. ValidationError names each parameter that is bad."""
        selected = cls(data=query.dict())
        known = {*selected.fields, *also}
        bad = {name: "there is no such parameter" for name in query if name not in known}
        bad |= {name: "is given more than once" for name, values in query.lists() if len(values) > 1}
        if bad:
            raise serializers.ValidationError(bad)
        selected.is_valid(raise_exception=True)
        values: dict[str, Any] = selected.validated_data
        return values


class CriteriaQuery(Query):
    criteria = serializers.ChoiceField(
        choices=sorted(PRESETS),
        default=DEFAULT_CRITERIA,
        help_text="The export rule to count by.",
    )


class BadgeQuery(Query):
    lang = serializers.ChoiceField(
        choices=sorted(dict(LANGUAGES)),
        required=False,
        help_text="The language of its words; English without it.",
    )


class InclusionQuery(CriteriaQuery):
    taxon_id = TaxonIds(help_text=f"Up to {MOST_TAXA} ids of taxa, separated by commas.")


class ReadinessQuery(CriteriaQuery):
    clade = TaxonId(required=False, help_text="Only this taxon and all below it.")
    status = serializers.ChoiceField(
        choices=Status.values, required=False, help_text="Only taxa of this status."
    )
    distance = WholeNumber(
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text="Only taxa at most so many observations from the line, on either side.",
    )
