"""What feeds of a clade share."""

from django.http import Http404, HttpRequest
from django.utils.translation import gettext as _

from portal.taxa.models import Taxon
from portal.taxa.queries import taxon_written


def clade_of(request: HttpRequest) -> Taxon | None:
    """The clade whose id the address gives; None where it gives none. Http404 if there is no such taxon."""
    text = request.GET.get("clade", "")
    if not text:
        return None
    clade = taxon_written(text)
    if clade is None:
        raise Http404(_("There is no taxon with that id."))
    return clade
