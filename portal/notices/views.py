"""Pages of subscriptions, and of webhooks for staff."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from portal import throttling
from portal.cutoffs.buttons import BUTTONS, SCHEDULE
from portal.cutoffs.views import visible_or_404
from portal.languages import feed_query
from portal.notices import messages, queries, services
from portal.notices.forms import USUAL, PreferencesForm, SubscriptionForm, WebhookForm
from portal.notices.models import OF_BLITZES, Subscription

#: How many questions one visitor may cause in an hour: nobody floods a stranger's mailbox from here.
ASKED_PER_HOUR = 10
#: How many questions one mailbox gets in an hour, whoever causes them and whatever tag they add to it.
ASKED_OF_A_MAILBOX = 3


def subscribe(request: HttpRequest) -> HttpResponse:
    """Ask for mails. The answer is the same whether the address was known or not.

    Whoever comes from the blitzes (`?blitzes`) begins with theirs chosen too.
    """
    has_account = request.user.is_authenticated
    phases = [*USUAL, *OF_BLITZES] if "blitzes" in request.GET else USUAL
    form = SubscriptionForm(request.POST or None, initial={"phases": phases}, has_account=has_account)
    if request.method == "POST" and form.is_valid():
        who = f"subscribe-{throttling.address_of(request)}"
        throttling.take(who, ASKED_PER_HOUR, throttling.HOUR_S)
        mailbox = throttling.mailbox_of(form.cleaned_data["email"])
        throttling.take(f"mailbox-{mailbox}", ASKED_OF_A_MAILBOX, throttling.HOUR_S)
        services.subscribe(**form.cleaned_data, user=request.user if request.user.is_authenticated else None)
        return render(request, "notices/asked.html", {"email": form.cleaned_data["email"]})
    context = {"form": form, "has_account": has_account, "feed_query": feed_query()}
    return render(request, "notices/subscribe.html", context)


def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm an address, by a button: programs that open the links of mails press none."""
    subscription = _subscription(token)
    if request.method == "POST":
        services.confirm(subscription)
        return redirect("notices:manage", token)
    return render(request, "notices/confirm.html", {"subscription": subscription})


def manage(request: HttpRequest, token: str) -> HttpResponse:
    """Which news a confirmed address gets, to be changed or ended."""
    subscription = _subscription(token)
    if subscription.confirmed_at is None:
        return redirect("notices:confirm", token)
    current = {
        "phases": subscription.phases,
        "clade": subscription.clade.name if subscription.clade else "",
        "is_digest": subscription.is_digest,
        "language": subscription.language,
    }
    has_account = subscription.user_id is not None
    form = PreferencesForm(request.POST or None, initial=current, has_account=has_account)
    is_saved = request.method == "POST" and form.is_valid()
    if is_saved:
        services.change(subscription, **form.cleaned_data)
    context = {"form": form, "has_account": has_account, "subscription": subscription, "is_saved": is_saved}
    return render(request, "notices/manage.html", context)


@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """End a subscription: at once by a POST, which mail programs send themselves (RFC 8058)."""
    if request.method == "POST":
        services.unsubscribe(token)
        return render(request, "notices/ended.html")
    if queries.subscription(token) is None:
        return render(request, "notices/ended.html")
    return render(request, "notices/unsubscribe.html")


def _subscription(token: str) -> Subscription:
    subscription = queries.subscription(token)
    if subscription is None:
        raise Http404
    return subscription


@login_required
@permission_required(SCHEDULE, raise_exception=True)
def announce(request: HttpRequest, cutoff_id: int) -> HttpResponse:
    """Say whom announcing a cutoff notifies, before the button that does it."""
    cutoff = visible_or_404(request, cutoff_id)
    button = BUTTONS["announce"]
    if not button.is_open_to(cutoff, request.user):
        return redirect("cutoffs:cutoff", cutoff.pk)
    context = {"cutoff": cutoff, "audience": queries.audience_of_announcement(cutoff), "action": button}
    return render(request, "notices/announce.html", context)


@login_required
@permission_required("notices.view_webhook", raise_exception=True)
def webhooks(request: HttpRequest) -> HttpResponse:
    """The webhooks, and what was sent to them."""
    context = {"webhooks": queries.all_webhooks(), "log": queries.delivery_log()}
    return render(request, "notices/webhooks.html", context)


@login_required
@permission_required("notices.add_webhook", raise_exception=True)
def new_webhook(request: HttpRequest) -> HttpResponse:
    """Add a webhook; its secret is shown once."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = services.add_webhook(form.cleaned_data)
        return render(request, "notices/webhook_made.html", {"secret": messages.signing_secret(made)})
    return render(request, "notices/new_webhook.html", {"form": form})


@require_POST
@login_required
@permission_required("notices.delete_webhook", raise_exception=True)
def remove_webhook(request: HttpRequest, webhook_id: int) -> HttpResponse:
    """Take a webhook away."""
    webhook = queries.webhook_with_id(webhook_id)
    if webhook is None:
        raise Http404
    services.remove_webhook(webhook)
    return redirect("notices:webhooks")
