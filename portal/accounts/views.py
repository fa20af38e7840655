"""Signing in, out and up; a password changed, or chosen anew after it was forgotten."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, PasswordChangeView, PasswordResetConfirmView
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal import throttling
from portal.access import signed_in
from portal.accounts import inaturalist, queries, services
from portal.accounts.forms import EmailForm, ForgottenForm, NameForm, SignUpForm, TokenForm
from portal.accounts.naming import account_called
from portal.celery import send
from portal.ids import id_written
from portal.links import page_address
from portal.task_names import MAIL_LINKS

#: How many accounts one visitor may make in an hour, and how many links for a new password ask for.
SIGN_UPS_PER_HOUR, LINKS_PER_HOUR = 5, 10
#: How many such links one mailbox gets in an hour, whoever asks.
LINKS_TO_A_MAILBOX = 3
#: How many user names one person has looked up on iNaturalist in an hour: each costs a request.
NAMES_PER_HOUR = 5
#: How many tokens of their own one person makes in an hour.
TOKENS_PER_HOUR = 10
_BACKEND = settings.AUTHENTICATION_BACKENDS[0]
_NEXT = "accounts.next"


class SignIn(LoginView):
    """With a local account, or by iNaturalist where that is configured."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True
    extra_context = {"has_inaturalist": inaturalist.is_configured, "can_sign_up": lambda: settings.SIGN_UP}


def sign_up(request: HttpRequest) -> HttpResponse:
    """Make a local account: a name and a password, and an address for who wants one."""
    if not settings.SIGN_UP:
        return render(request, "accounts/closed.html", status=403)
    form = SignUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        who = f"sign-up-{throttling.address_of(request)}"
        throttling.take(who, SIGN_UPS_PER_HOUR, throttling.HOUR_S)
        login(request, services.sign_up(form), backend=_BACKEND)
        return redirect(_ours(request, request.POST.get("next", "")) or settings.LOGIN_REDIRECT_URL)
    target = request.POST.get("next") or request.GET.get("next", "")
    return render(request, "accounts/sign_up.html", {"form": form, "next": target})


def _ours(request: HttpRequest, target: str) -> str:
    """An address to go on to, if it is one of this portal's; else empty."""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else ""


@login_required
def account(request: HttpRequest) -> HttpResponse:
    """What is kept of somebody, and what they may do with it."""
    user = signed_in(request)
    form = EmailForm(request.POST or None, initial={"email": user.email})
    if request.method == "POST" and form.is_valid():
        services.record_email(user, form.cleaned_data["email"])
        messages.success(request, _("Saved."))
        return redirect("accounts:account")
    context = {
        "form": form,
        "name_form": NameForm(),
        "tokens": queries.tokens_of(user),
        "token_form": TokenForm(),
        "person": queries.person_of(user),
        "has_inaturalist": inaturalist.is_configured(),
    }
    return render(request, "accounts/account.html", context)


@require_POST
@login_required
def name_account(request: HttpRequest) -> HttpResponse:
    """Keep which iNaturalist account somebody says is theirs, or forget it."""
    user, form = signed_in(request), NameForm(request.POST)
    if "forget" in request.POST:
        services.forget_named_account(user)
        messages.success(request, _("Removed."))
    elif not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["name"])))
    else:
        throttling.take(f"name-{user.pk}", NAMES_PER_HOUR, throttling.HOUR_S)
        try:
            person = account_called(form.cleaned_data["name"])
        except DataError as error:
            messages.error(request, str(error))
        else:
            services.name_account(user, person.id, person.name)
            messages.success(request, _("Saved."))
    return redirect("accounts:account")


@require_POST
@never_cache
@login_required
def make_token(request: HttpRequest) -> HttpResponse:
    """Make a token of somebody's own, and show it: this once, so that no redirect may carry it."""
    user, form = signed_in(request), TokenForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Say what uses the token."))
        return redirect("accounts:account")
    throttling.take(f"token-{user.pk}", TOKENS_PER_HOUR, throttling.HOUR_S)
    name = form.cleaned_data["token_name"]
    try:
        text = services.make_own_token(user, name)
    except services.TooManyTokensError as error:
        messages.error(request, str(error))
        return redirect("accounts:account")
    example = f"{page_address('api:worklist_over_all')}?own=1"
    return render(request, "accounts/token.html", {"name": name, "token": text, "example": example})


@require_POST
@login_required
def revoke_token(request: HttpRequest) -> HttpResponse:
    """Let a token of somebody's own be worth nothing."""
    token_id = id_written(request.POST.get("token", ""))
    if token_id is None or not services.revoke_own_token(signed_in(request), token_id):
        raise Http404(_("You have no such token."))
    messages.success(request, _("Revoked."))
    return redirect("accounts:account")


@require_POST
@login_required
def sign_out_everywhere(request: HttpRequest) -> HttpResponse:
    """End every session of somebody, this one among them."""
    services.sign_out_everywhere(signed_in(request))
    logout(request)
    messages.success(request, _("Signed out in every browser."))
    return redirect("accounts:sign_in")


class ChangePassword(PasswordChangeView):
    """With the password of until now. Other browsers are signed out by it."""

    template_name = "accounts/change_password.html"
    success_url = reverse_lazy("accounts:account")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The new password is in use. Other browsers are signed out."))
        return super().form_valid(form)


def forgotten(request: HttpRequest) -> HttpResponse:
    """Have a link sent to an address. The answer is the same whether an account gave it or not."""
    form = ForgottenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        who = f"forgotten-{throttling.address_of(request)}"
        throttling.take(who, LINKS_PER_HOUR, throttling.HOUR_S)
        mailbox = f"forgotten-{throttling.mailbox_of(email)}"
        throttling.take(mailbox, LINKS_TO_A_MAILBOX, throttling.HOUR_S)
        # A worker looks for accounts and mails: how long that takes would show whether there are any.
        services.ask_for_link(email, get_language() or settings.LANGUAGE_CODE)
        return render(request, "accounts/link_sent.html", {"email": email, "is_late": not send(MAIL_LINKS)})
    return render(request, "accounts/forgotten.html", {"form": form})


class ChoosePassword(PasswordResetConfirmView):
    """The page to which the mail's link leads."""

    template_name = "accounts/choose_password.html"
    success_url = reverse_lazy("accounts:sign_in")

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, _("The new password is in use: sign in with it."))
        return super().form_valid(form)


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
        who = inaturalist.finish(request)
    except DataError as error:
        messages.error(request, str(error))
        return redirect("accounts:sign_in")
    try:
        user = services.arrive(who, request.user if request.user.is_authenticated else None)
    except services.ClosedError as error:
        messages.error(request, str(error))
        return redirect("accounts:sign_in")
    if not user.is_active:
        raise PermissionDenied
    login(request, user, backend=_BACKEND)
    target = _ours(request, target)
    if not target:
        messages.success(request, _("Welcome, %(name)s.") % {"name": who.login})
    return redirect(target or settings.LOGIN_REDIRECT_URL)


def _check_configured() -> None:
    if not inaturalist.is_configured():
        raise Http404
