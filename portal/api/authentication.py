"""Who sends a request, by `Authorization: Bearer TOKEN` or `Token TOKEN`, and what that allows."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from portal.accounts import queries, services
from portal.accounts.models import Scope, Token


class Bearer:
    """Whoever holds a token: nobody of the portal's users."""

    is_authenticated = True

    def __init__(self, token: Token) -> None:
        self.token = token


class TokenAuthentication(BaseAuthentication):
    """The token's holder; None without the header. A token that is not known is refused, not ignored."""

    def authenticate(self, request: Request) -> tuple[Bearer, Token] | None:
        scheme, _, text = get_authorization_header(request).partition(b" ")
        if not scheme:
            return None
        if scheme.lower() not in (b"bearer", b"token"):
            raise AuthenticationFailed("Send the token as `Authorization: Bearer TOKEN`.")
        token = queries.token_with_text(text.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed("This token is not known, or was revoked.")
        services.record_use(token)
        return Bearer(token), token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The request's token has one of the scopes that the view names for the method."""

    message = "This token may not do that."

    def has_permission(self, request: Request, view: APIView) -> bool:
        # A method that the address does not have is refused as such, not as a matter of scope.
        scopes: dict[str, tuple[Scope, ...]] = getattr(view, "scopes", {})
        method = request.method or ""
        allowed = scopes.get(method, ()) if method in view.allowed_methods else tuple(Scope)
        return isinstance(request.auth, Token) and request.auth.scope in allowed
