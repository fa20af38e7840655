"""Who may open a page."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

View = Callable[..., HttpResponse]


def signed_in(request: HttpRequest) -> User:
    """Return who sends the request, in a view that turns strangers away. PermissionDenied for a stranger."""
    if isinstance(request.user, AnonymousUser):
        raise PermissionDenied
    return request.user


def allowed(permission: str) -> Callable[[View], View]:
    """A view for those with the permission: strangers are asked to sign in, others told that they may not."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            if not request.user.has_perm(permission):
                raise PermissionDenied
            return view(request, *args, **kwargs)

        return guarded

    return decorate
