"""Pages of batches: one's own, one with its rows, and what can be done with it."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from exporter.errors import DataError
from portal.access import is_from_here
from portal.batches import freshness, queries, visitors
from portal.batches.forms import SKIP, UNDO, AnswerForm, TakeForm
from portal.batches.models import Batch, BatchRow, Verdict
from portal.batches.pools import Part, pool_of
from portal.batches.services import answering, holders, taking
from portal.hotspots.boards import board_of
from portal.hotspots.queries import notes, offering, worklists
from portal.inaturalist import identify_address
from portal.taxa import photos


@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """What somebody holds, what became of it, and what is kept."""
    holder, now = visitors.holder_of(request), timezone.now()
    context = {
        "open": queries.open_batches(holder, now),
        "past": queries.past_batches(holder, now),
        "seen": queries.seen_by(holder).count(),
        "holder": holder,
    }
    return render(request, "batches/mine.html", context)


@never_cache
def batch(request: HttpRequest, batch_id: int) -> HttpResponse:
    """The rows of a batch, read again from iNaturalist where that was long ago."""
    held = _own_or_404(request, batch_id)
    now = timezone.now()
    freshness.check_again(held, now)
    rows = queries.rows_of(held)
    seen = queries.seen_in(held) if held.is_open(now) else set()
    left = [row for row in rows if not row.settled and row.observation_id not in seen]
    board = board_of(worklists.named(row.as_entry() for row in left))
    context = {
        "batch": held,
        "criteria": held.criteria,
        "is_open": held.is_open(now),
        "size": len(rows),
        "settled": sum(bool(row.settled) for row in rows),
        "board": board,
        "expected": offering.expected_of((row.listed.entry for row in board.rows), held.criteria),
        "pair_notes": notes.notes_beside(board.label, board.rather, request.user),
        "answered": _answered(held, rows),
        "source": pool_of(Part(held.pool, held.query)).source(Part(held.pool, held.query), request.user),
        "batch_address": identify_address(left),
        "batch_size": sum(bool(row.number) for row in left),
        "may_extend": held.extensions < queries.MOST_EXTENSIONS,
        "may_be_reminded": queries.may_be_reminded(held.holder),
        "verdicts": Verdict.choices,
        **photos.notes(board.photos),
    }
    return render(request, "batches/batch.html", context)


def _answered(held: Batch, rows: list[BatchRow]) -> list[tuple[BatchRow, str]]:
    """The rows that were answered, each with the answer in words."""
    answers = queries.answers_to(held)
    return [
        (row, str(Verdict(answers[row.observation_id]).label))
        for row in rows
        if row.observation_id in answers
    ]


@csrf_exempt
@require_POST
def take(request: HttpRequest) -> HttpResponse:
    """Take the next batch of a worklist. Anybody may, signed in or not."""
    form = TakeForm(request.POST)
    if not is_from_here(request) or not form.is_valid():
        raise PermissionDenied
    part = Part("", form.cleaned_data["query"])
    return take_of(request, part, reverse("batches:mine"))


def take_of(request: HttpRequest, part: Part, otherwise: str) -> HttpResponse:
    """Take a batch of a part for whoever asks, and go to its page; where none is to be had, say why there."""
    holder, key = visitors.arrived(request)
    try:
        made = taking.take(holder, part)
        freshness.check_new(made)
        taking.refuse_empty(made)
    except DataError as error:
        messages.error(request, str(error))
        response: HttpResponse = redirect(otherwise)
    else:
        response = redirect("batches:batch", made.pk)
    return visitors.remember(response, key) if key or visitors.COOKIE in request.COOKIES else response


@require_POST
def answer(request: HttpRequest, batch_id: int, name: str) -> HttpResponse:
    """Answer a row of a batch, skip it, or take that back."""
    held = _own_or_404(request, batch_id)
    row, form = queries.row_called(held, name), AnswerForm(request.POST)
    address = reverse("batches:batch", args=[held.pk])
    if row is None or not form.is_valid() or not held.is_open(timezone.now()):
        messages.error(request, _("That answer was not kept: this batch is not yours any more."))
        return redirect(address)
    given = form.cleaned_data["answer"]
    if given == UNDO:
        answering.take_back(held, row)
    elif given == SKIP:
        answering.skip(held, row)
    else:
        answering.answer(held, row, Verdict(given))
    if request.headers.get("HX-Request"):
        return HttpResponse()
    return redirect(f"{address}#rows")


@require_POST
def act(request: HttpRequest, batch_id: int, action: str) -> HttpResponse:
    """Finish, return or extend a batch, ask for a reminder, or go on to the next one."""
    held = _own_or_404(request, batch_id)
    if action not in _ACTIONS:
        raise Http404
    try:
        return _ACTIONS[action](request, held)
    except DataError as error:
        messages.error(request, str(error))
        return redirect("batches:batch", held.pk)


def _finish(request: HttpRequest, held: Batch) -> HttpResponse:
    taking.finish(held)
    messages.success(request, _("Finished. Its receipt follows at the next count."))
    return redirect("batches:mine")


def _next(request: HttpRequest, held: Batch) -> HttpResponse:
    part = Part(held.pool, held.query)
    if pool_of(part).source(part, request.user) is None:
        raise Http404
    taking.finish(held)
    return take_of(request, part, reverse("batches:mine"))


def _give_back(request: HttpRequest, held: Batch) -> HttpResponse:
    taking.give_back(held)
    messages.success(request, _("Returned. Others can take it now."))
    return redirect("batches:mine")


def _extend(request: HttpRequest, held: Batch) -> HttpResponse:
    taking.extend(held)
    return redirect("batches:batch", held.pk)


def _remind(request: HttpRequest, held: Batch) -> HttpResponse:
    taking.remind(held, is_on=not held.is_reminded)
    return redirect("batches:batch", held.pk)


_ACTIONS: dict[str, Callable[[HttpRequest, Batch], HttpResponse]] = {
    "finish": _finish,
    "next": _next,
    "return": _give_back,
    "extend": _extend,
    "remind": _remind,
}


@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Show what was seen again, or delete all that is kept."""
    holder = visitors.holder_of(request)
    if holder is not None and request.POST.get("what") == "seen":
        holders.forget_seen(holder)
    elif holder is not None:
        holders.forget(holder)
    messages.success(request, _("Deleted."))
    response = redirect("batches:mine")
    is_all = request.POST.get("what") != "seen"
    return visitors.remember(response, "") if is_all and visitors.COOKIE in request.COOKIES else response


def _own_or_404(request: HttpRequest, batch_id: int) -> Batch:
    """The batch, if whoever asks holds it or held it; for all others there is none."""
    held = queries.batch_of(visitors.holder_of(request), batch_id)
    if held is None:
        raise Http404
    return held
