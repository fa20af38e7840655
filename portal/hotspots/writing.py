"""What people write beside worklists: notes on two taxa, and searches that they keep."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.access import signed_in
from portal.hotspots import forms, services
from portal.hotspots.queries import notes
from portal.taxa import photos
from portal.taxa.queries import photos as taxon_photos
from portal.taxa.queries import taxon_with_id
from portal.throttling import HOUR_S, take

#: How many notes one person may write in an hour.
NOTES_PER_HOUR = 10


def pair(request: HttpRequest, taxon_id: int, other_id: int) -> HttpResponse:
    """Two taxa that are taken for each other, and notes on how to tell them apart."""
    taxa = [taxon_with_id(one) for one in (taxon_id, other_id)]
    for one, number in zip(taxa, (taxon_id, other_id), strict=True):
        if one is None:
            return render(request, "taxa/taxon_missing.html", {"taxon_id": number}, status=404)
    if taxon_id == other_id:
        return redirect("hotspots:hotspot", taxon_id)
    form = forms.NoteForm(request.POST or None)
    if request.method == "POST":
        by = signed_in(request)
        if form.is_valid():
            take(f"note-{by.pk}", NOTES_PER_HOUR, HOUR_S)
            services.write_note((taxon_id, other_id), form.cleaned_data["text"], by=by)
            messages.success(request, _("Thank you. Others see your note once somebody has read it."))
            return redirect(request.path)
    shown = taxon_photos.of_taxa((taxon_id, other_id))
    references = [{"taxon": taxon, "photo": shown.get(taxon.id)} for taxon in taxa if taxon]
    context = {
        "references": references,
        "pair_notes": notes.notes_on((taxon_id, other_id), request.user),
        "form": form,
        **photos.notes(shown.values()),
    }
    return render(request, "hotspots/pair.html", context)


@require_POST
@login_required
def withdraw(request: HttpRequest, note_id: int) -> HttpResponseRedirect:
    """Take back a note of one's own."""
    pair = services.withdraw_note(note_id, by=signed_in(request))
    if pair is None:
        raise Http404(_("There is no such note of yours."))
    messages.success(request, _("Your note is gone."))
    return redirect("hotspots:pair", *pair)


@require_POST
@login_required
def save(request: HttpRequest) -> HttpResponseRedirect:
    """Keep the facets of a worklist."""
    form = forms.SaveForm(request.POST, user=signed_in(request))
    if not form.is_valid():
        messages.error(request, _("Give the search a name, and save it from its page."))
        return redirect("hotspots:worklist")
    query = form.cleaned_data["query"]
    if not services.save_search(form.cleaned_data["name"], query, by=signed_in(request)):
        messages.error(
            request, _("You keep %(most)s searches: remove one first.") % {"most": services.MOST_SAVED}
        )
    return redirect(f"{reverse('hotspots:worklist')}?{query}")


@require_POST
@login_required
def forget(request: HttpRequest, search_id: int) -> HttpResponseRedirect:
    """Remove a search that one kept."""
    if not services.forget_search(search_id, by=signed_in(request)):
        raise Http404
    return redirect("hotspots:worklist")
