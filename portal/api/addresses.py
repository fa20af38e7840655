"""What every address of the API shares."""

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.api import media, problems
from portal.api.authentication import TokenAuthentication
from portal.api.throttling import PerMinute


class Address(APIView):
    """What every address of the API does: a count of requests is kept, and its state told."""

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
    """An address that gives its results as CSV too."""

    renderer_classes = (media.JSON, media.CSV)
    csv_columns: ClassVar[list[str]]
