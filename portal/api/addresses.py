"""What every address of the API shares."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.http import HttpResponse
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.api import media, problems
from portal.api.authentication import TokenAuthentication
from portal.api.throttling import PerMinute


class Address(APIView):
    """What every address of the API does: a count of requests is kept, and its state told."""

    authentication_classes: ClassVar = [TokenAuthentication]
    throttle_classes: ClassVar = [PerMinute]
    parser_classes: ClassVar[list] = []
    renderer_classes: ClassVar[list[type[BaseRenderer]]] = [media.JSON]
    content_negotiation_class = media.Negotiation
    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "put"]
    #: Statuses of errors that this address can give besides those that all can.
    also_fails_with: ClassVar[tuple[int, ...]] = ()

    def get_exception_handler(self) -> Callable[[Exception, dict], HttpResponse | None]:
        return problems.handle

    def perform_authentication(self, request: Request) -> None:
        """A wrong token counts against its sender's address, so that nobody tries many."""
        try:
            request.user  # noqa: B018
        except AuthenticationFailed:
            request._request.auth = None
            self.check_throttles(request._request)
            raise

    def finalize_response(
        self, request: Request, response: HttpResponse, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        response = super().finalize_response(request, response, *args, **kwargs)
        # Public reads are kept after all: see `portal.api.middleware`.
        response.headers.setdefault("Cache-Control", "no-store")
        allowance = getattr(request, "allowance", None)
        for name, value in (allowance.headers if allowance else {}).items():
            response.headers[name] = value
        return response


class TableAddress(Address):
    """An address that gives its results as CSV too."""

    renderer_classes: ClassVar[list[type[BaseRenderer]]] = [media.JSON, media.CSV]
    csv_columns: ClassVar[list[str]]
