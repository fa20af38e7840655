"""The page on which people choose the groups and places that they see first."""

from collections.abc import Mapping

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from exporter.criteria import DEFAULT_CRITERIA
from exporter.errors import DataError
from portal.access import signed_in
from portal.interests import queries, services
from portal.interests.choices import GROUPS, LONGEST, MOST, PLACES, Choice, written
from portal.places import place_called
from portal.taxa.queries import taxa_with_ids
from portal.taxa.queries.mine import mine
from portal.taxa.queries.named import clade_called
from portal.taxa.queries.searching import taxon_called
from portal.text import line

#: Groups that are offered by a button: iNaturalist's iconic taxa but for the least observed.
OFFERED = (3, 47158, 47126, 40151, 26036, 20978, 47170, 47119, 47115, 47178)


def my_groups(request: HttpRequest) -> HttpResponse:
    """Add and remove groups and places."""
    choice = queries.own(request)
    if request.method == "POST":
        return _change(request, choice)
    chosen = mine(choice, DEFAULT_CRITERIA)
    groups = {str(clade.id or clade.name): clade for clade in chosen.clades}
    offered = taxa_with_ids(taxon_id for taxon_id in OFFERED if str(taxon_id) not in groups)
    context = {
        "groups": groups.items(),
        "places": chosen.places,
        "offered": [offered[taxon_id] for taxon_id in OFFERED if taxon_id in offered],
        "is_full": {GROUPS: len(choice.groups) >= MOST, PLACES: len(choice.places) >= MOST},
        "most": MOST,
        "longest": LONGEST,
    }
    return render(request, "home/my_groups.html", context)


def _change(request: HttpRequest, choice: Choice) -> HttpResponse:
    response = redirect("my_groups")
    try:
        changed = _changed(choice, request.POST)
    except DataError as error:
        messages.error(request, str(error))
        return response
    if request.user.is_authenticated:
        services.keep(signed_in(request), changed)
    if changed and not request.user.is_authenticated:
        response.set_signed_cookie(
            queries.COOKIE,
            written(changed),
            salt=queries.SALT,
            max_age=queries.COOKIE_AGE_S,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )
    elif queries.COOKIE in request.COOKIES:
        response.delete_cookie(queries.COOKIE, samesite="Lax")
    return response


def _changed(choice: Choice, order: Mapping[str, str]) -> Choice:
    """The choice after an order of the page. DataError where nothing is called so, or there are too many."""
    if "forget" in order:
        return Choice()
    if "remove_group" in order:
        return choice.without(GROUPS, order["remove_group"])
    if "remove_place" in order:
        return choice.without(PLACES, order["remove_place"])
    if "clade" in order:
        choice = choice.with_one(GROUPS, _group(line(order["clade"])))
    if "place" in order:
        choice = choice.with_one(PLACES, _place(line(order["place"])))
    if max(len(choice.groups), len(choice.places)) > MOST:
        raise DataError(_("There is room for %(most)s: remove one first.") % {"most": MOST})
    return choice


def _group(text: str) -> str:
    """What stands for the clade of that name or id in addresses."""
    clade = taxon_called(text) or clade_called(text, DEFAULT_CRITERIA)
    if clade is None:
        raise DataError(_("No taxon is called “%(text)s”. Choose one that is suggested.") % {"text": text})
    return str(clade.id or clade.name)


def _place(text: str) -> str:
    """The code of the place of that name."""
    place = place_called(text)
    if place is None:
        raise DataError(
            _(
                "No place is called “%(text)s”. Choose a continent, a country, or a state or province of one."
            ) % {"text": text}
        )  # fmt: skip
    return place.code
