"""What every address of the API shares."""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from portal.api import media, problems
from portal.api.authentication import TokenAuthentication
from portal.api.fields import columns, example
from portal.api.parameters import Query
from portal.api.throttling import PerMinute


class Address(APIView):
    """What every address of the API does: a count of requests is kept, and its state sent."""

    authentication_classes = (TokenAuthentication,)
    throttle_classes = (PerMinute,)
    parser_classes: Sequence[type[BaseParser]] = ()
    renderer_classes: Sequence[type[BaseRenderer]] = (media.JSON,)
    content_negotiation_class = media.Negotiation
    http_method_names = ("get", "head", "post", "put")
    #: Statuses of errors that this address can give besides those that all can.
    also_fails_with: ClassVar[tuple[int, ...]] = ()

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], HttpResponse | None]:
        return problems.handle

    def perform_authentication(self, request: Request) -> None:
        """A wrong token counts against its sender's address, so that nobody tries many."""
        try:
            request.user  # noqa: B018
        except AuthenticationFailed:
            plain: Any = request._request
            plain.auth = None
            self.check_throttles(plain)
            raise

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers of every answer; a file is a plain response of Django's."""
        response = super().finalize_response(request, response, *args, **kwargs)
        # Public reads are kept after all: see `portal.api.middleware`.
        response.headers.setdefault("Cache-Control", "no-store")
        allowance = getattr(request, "allowance", None)
        for name, value in (allowance.headers if allowance else {}).items():
            response.headers[name] = value
        return response


class TableAddress(Address):
    """An address that gives its results as CSV too. ``row``: what a result is."""

    renderer_classes = (media.JSON, media.CSV)
    row: ClassVar[type[Serializer]]

    @property
    def csv_columns(self) -> list[str]:
        """The columns of the CSV."""
        return list(columns(self.row))


def described(
    operation_id: str,
    summary: str,
    gives: type[Serializer],
    *parameters: type[Query] | OpenApiParameter,
    takes: type[Serializer] | None = None,
    but: Mapping[str, Any] | None = None,
    **more: Any,
) -> Callable[[Any], Any]:
    """Describe an operation: what it takes and gives, with the examples that the fields make.

    ``takes``: its body. ``but``: other examples for some fields of what it gives. The method gets the checked
    values of its query after the request.
    """
    given = example(gives, **(but or {}))
    shown = [OpenApiExample("Example", given, response_only=True, media_type=media.JSON.media_type)]
    options = {"responses": gives, **more} | ({"parameters": list(parameters)} if parameters else {})
    if takes is not None:
        shown.append(OpenApiExample("Example", example(takes), request_only=True))
        options["request"] = takes
    query = next((each for each in parameters if isinstance(each, type)), Query)
    describe = extend_schema(operation_id=operation_id, summary=summary, examples=shown, **options)

    def decorator(method: Callable[..., Response]) -> Any:
        @wraps(method)
        def checked(view: Address, request: Request, **ids: Any) -> Response:
            return method(view, request, query.read(request.query_params), **ids)

        return describe(checked)

    return decorator
