"""Signing in, out and up."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal.accounts import inaturalist, services

_BACKEND = settings.AUTHENTICATION_BACKENDS[0]
_NEXT = "accounts.next"


class SignIn(LoginView):
    """With a local account, or by iNaturalist where that is configured."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"has_inaturalist": inaturalist.is_configured}


def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a local account: a name and a password, nothing else."""
    form: UserCreationForm[User] = UserCreationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, services.sign_up(form), backend=_BACKEND)
        return redirect("home")
    return render(request, "accounts/sign_up.html", {"form": form})


@require_POST
def begin(request: HttpRequest) -> HttpResponse:
    """To iNaturalist."""
    _check_configured()
    request.session[_NEXT] = request.POST.get("next", "")
    return inaturalist.begin(request, request.build_absolute_uri(reverse("accounts:finish")))


def finish(request: HttpRequest) -> HttpResponse:
    """Back from iNaturalist."""
    _check_configured()
    target = request.session.pop(_NEXT, "")
    try:
        account = inaturalist.finish(request)
    except DataError as error:
        messages.error(request, str(error))
        return redirect("accounts:sign_in")
    user = services.arrive(account, request.user if request.user.is_authenticated else None)
    if not user.is_active:
        raise PermissionDenied
    login(request, user, backend=_BACKEND)
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    if not is_ours:
        messages.success(request, _("Welcome, %(name)s.") % {"name": account.login})
    return redirect(target if is_ours else "home")


def _check_configured() -> None:
    if not inaturalist.is_configured():
        raise Http404
