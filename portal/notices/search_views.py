"""Pages of mails about searches: ask for them, confirm the address, end them."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal import throttling
from portal.access import signed_in
from portal.notices import queries, services
from portal.notices.forms import SearchMailForm
from portal.notices.models import SearchMail
from portal.notices.views import ASKED_OF_A_MAILBOX, ASKED_PER_HOUR


@login_required
def subscribe(request: HttpRequest, search_id: int) -> HttpResponse:
    """Have mails about a search of one's own sent to an address."""
    user = signed_in(request)
    search = queries.search_of(user, search_id)
    if search is None:
        raise Http404
    form = SearchMailForm(request.POST or None, initial={"email": user.email})
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        throttling.take(f"subscribe-{throttling.address_of(request)}", ASKED_PER_HOUR, throttling.HOUR_S)
        throttling.take(f"mailbox-{throttling.mailbox_of(email)}", ASKED_OF_A_MAILBOX, throttling.HOUR_S)
        made = services.subscribe_to_search(search, email, language=form.cleaned_data["language"])
        if made.confirmed_at is None:
            return render(request, "notices/search_asked.html", {"email": email, "search": search})
        messages.success(request, _("Saved. A mail comes on Mondays, when there is something new."))
        return redirect(f"{reverse('hotspots:worklist')}?{search.query}")
    return render(request, "notices/subscribe_search.html", {"form": form, "search": search})


def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address, by a button: programs that open the links of mails press none."""
    mailed = _mailed(token)
    if request.method == "POST":
        services.confirm_search(mailed)
        return redirect("notices:unsubscribe_search", token)
    return render(request, "notices/confirm_search.html", {"mailed": mailed})


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End the mails: at once by a POST, which mail programs send themselves (RFC 8058)."""
    if request.method == "POST":
        services.end_search_mail(token)
        return render(request, "notices/search_ended.html")
    mailed = queries.search_mail(token)
    if mailed is None:
        return render(request, "notices/search_ended.html")
    return render(request, "notices/unsubscribe_search.html", {"mailed": mailed})


def _mailed(token: str) -> SearchMail:
    mailed = queries.search_mail(token)
    if mailed is None:
        raise Http404
    return mailed
