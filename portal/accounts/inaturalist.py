"""Signing in with iNaturalist: OAuth 2 by authorization code with PKCE, to read the login alone.

Which account it is, the site tells (`/users/edit.json`); how many identifications it has made, the public API
(`/users/ID`). Source: iNaturalist's API reference, sections Authentication and Users.
"""

from dataclasses import dataclass

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.django_client import OAuth
from authlib.integrations.django_client.apps import DjangoOAuth2App
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from exporter.errors import DataError

TIMEOUT_S = 15
_FAULTS = (AuthlibBaseError, requests.RequestException, ValueError, KeyError, TypeError, IndexError)


@dataclass(frozen=True)
class Account:
    """What iNaturalist says of somebody."""

    inat_id: int
    login: str
    identifications: int


def is_configured() -> bool:
    """Whether this portal is known to iNaturalist as an application."""
    return bool(settings.INAT_CLIENT_ID and settings.INAT_CLIENT_SECRET)


def begin(request: HttpRequest, back: str) -> HttpResponse:
    """Send somebody to iNaturalist, which sends them to ``back``."""
    answer: HttpResponse = _client().authorize_redirect(request, back)
    return answer


def finish(request: HttpRequest) -> Account:
    """Who came back. DataError if they declined, or iNaturalist sent nothing that can be used."""
    client = _client()
    try:
        token = client.authorize_access_token(request, timeout=TIMEOUT_S)
        own = client.get("users/edit.json", token=token, timeout=TIMEOUT_S)
        own.raise_for_status()
        inat_id, login = int(own.json()["id"]), str(own.json()["login"])
        public = requests.get(
            f"{settings.API_URL}/users/{inat_id}",
            headers={"User-Agent": f"Leafline ({settings.SITE_URL})"},
            timeout=TIMEOUT_S,
        )
        public.raise_for_status()
        return Account(inat_id, login, int(public.json()["results"][0]["identifications_count"]))
    except _FAULTS:
        raise DataError(
            _("iNaturalist did not say who you are: try again, or sign in with a password.")
        ) from None


def _client() -> DjangoOAuth2App:
    return OAuth().register(
        "inaturalist",
        client_id=settings.INAT_CLIENT_ID,
        client_secret=settings.INAT_CLIENT_SECRET,
        authorize_url=f"{settings.INAT_URL}/oauth/authorize",
        access_token_url=f"{settings.INAT_URL}/oauth/token",
        api_base_url=f"{settings.INAT_URL}/",
        client_kwargs={
            "scope": "login",
            "code_challenge_method": "S256",
            "token_endpoint_auth_method": "client_secret_post",
        },
    )
