"""The OpenAPI document: what drf-spectacular cannot read off the views by itself."""

import functools
from typing import Any

import orjson
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiResponse
from rest_framework.serializers import ListSerializer

from portal.api import problems
from portal.api.bodies import Body
from portal.api.serializers import Problem

ALWAYS = (400, 401, 406, 429)
WORDS = {
    400: "A parameter or field is bad; `errors` names each.",
    401: "There is no token, or it is not known or was revoked.",
    403: "The token may not do this.",
    404: "There is no such thing.",
    406: "None of the accepted media types is given here.",
    409: "It does not fit what is there already.",
    413: "The body is too large.",
    415: "The body's type is not taken here.",
    429: "Too many requests: `Retry-After` says for how many seconds to wait.",
}


class Schema(AutoSchema):
    """Adds to every operation the errors that any of them can give, and those that its view names."""

    def get_auth(self) -> list[dict[str, list[str]]]:
        """A token, or none where reading is for everyone."""
        needed = super().get_auth()
        return needed if self.view.permission_classes else [{}, *needed]

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        described: dict[str, Any] = super()._map_basic_serializer(serializer, direction)
        if isinstance(serializer, Body):
            described["additionalProperties"] = False
        for name, field in serializer.fields.items():
            if isinstance(field, ListSerializer) and not field.allow_empty:
                described["properties"][name]["minItems"] = 1
        return described

    def _get_parameters(self) -> list[dict[str, Any]]:
        parameters = super()._get_parameters()
        for parameter in parameters:
            if parameter["schema"].get("type") == "array":
                parameter |= {"style": "form", "explode": False}
        return parameters

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for body in bodies.values():
            body["description"] = body["description"] or "The answer."
            if "text/csv" in body.get("content", {}):
                body["content"]["text/csv"] = {"schema": {"type": "string"}}
        for status in sorted({*ALWAYS, *getattr(self.view, "also_fails_with", ())}):
            described = self._get_response_for_code(
                OpenApiResponse(Problem, WORDS[status], [_example(status)]),
                str(status),
                [problems.CONTENT_TYPE],
                direction,
            )
            bodies[str(status)] = described
        return bodies


def _example(status: int) -> OpenApiExample:
    errors = [{"name": "status", "reason": "“none” is not a valid choice."}]
    document = {"type": "about:blank", "title": problems.TITLES[status], "status": status}
    document |= {"detail": WORDS[status]} | ({"errors": errors} if status == 400 else {})
    return OpenApiExample("Example", document, response_only=True)


class TokenScheme(OpenApiAuthenticationExtension):
    """A token of ours."""

    target_class = "portal.api.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "A token from the staff of this portal, with which programs are allowed more"
            " requests a minute; or one that you make on the page of your account, for parameters about you."
            " Public reads need none.",
        }


@functools.cache
def document() -> bytes:
    """The schema as JSON; the same for everyone."""
    result = SchemaGenerator().get_schema(request=None, public=True)
    return orjson.dumps(result, option=orjson.OPT_NON_STR_KEYS)
