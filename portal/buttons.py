"""Buttons: what a person may do to a thing in each of its states, and the service that each one calls."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from exporter.errors import DataError
from portal.text import CleanTextForm


@dataclass(frozen=True)
class Button:
    """One button.

    ``asks``: what the person must write with it, "" for nothing.
    ``asks_on``: the name of a page that says first what it does, and has the button itself; "" for none.
    """

    name: str
    label: str | Promise
    permission: str
    states: frozenset[str]
    run: Callable[..., Any]
    asks: str | Promise = ""
    warning: str | Promise = ""
    asks_on: str = ""

    def is_allowed(self, thing: Any, viewer: User | AnonymousUser) -> bool:
        """Whether this person may ever do it."""
        return viewer.has_perm(self.permission)

    def is_open_to(self, thing: Any, viewer: User | AnonymousUser) -> bool:
        """Whether this person may do it now."""
        return thing.state in self.states and self.is_allowed(thing, viewer)

    def perform(self, thing: Any, text: str, viewer: User) -> Any:
        """Do it. NotAllowedError if that is impossible by now."""
        return self.run(thing, *([text] if self.asks else []), by=viewer)


def open_to(buttons: Mapping[str, Button], thing: Any, viewer: User | AnonymousUser) -> list[Button]:
    """The buttons that this person may press now."""
    return [button for button in buttons.values() if button.is_open_to(thing, viewer)]


class ButtonForm(CleanTextForm, forms.Form):
    """What is written with a button."""

    text = forms.CharField(max_length=500)


def press(request: HttpRequest, thing: Any, buttons: Mapping[str, Button], name: str) -> None:
    """Press one of the buttons; what cannot be done is said on the page that follows.

    Http404 if there is no such button, PermissionDenied if it is not this person's to press.
    """
    selected = buttons.get(name)
    if selected is None:
        raise Http404
    if isinstance(request.user, AnonymousUser) or not selected.is_allowed(thing, request.user):
        raise PermissionDenied
    form = ButtonForm(request.POST)
    if selected.asks and not form.is_valid():
        messages.error(request, _("Add a reason: %(asks)s.") % {"asks": selected.asks})
        return
    try:
        selected.perform(thing, form.cleaned_data.get("text", "") if selected.asks else "", request.user)
    except DataError as error:
        messages.error(request, str(error))
