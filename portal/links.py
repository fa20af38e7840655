"""Absolute addresses of the portal's own pages: they begin with `LEAFLINE_URL`, whatever host is named."""

from django.conf import settings
from django.urls import reverse


def absolute(path: str) -> str:
    """Return the whole address of a path such as "/cutoffs/3/"."""
    return f"{settings.SITE_URL}{path}"


def page_address(name: str, *arguments: object) -> str:
    """Return the whole address of the page with this URL name."""
    return absolute(reverse(name, args=arguments))
