"""Asking iNaturalist while somebody waits for a page: a few requests of the budget, with little patience."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from exporter.errors import DataError
from exporter.pull.client import Client, RefusedError
from exporter.pull.limiter import BudgetSpentError
from exporter.pull.lookups import Match, counted, find_places, find_taxa
from exporter.pull.regions import Region
from portal.lake.requests import budget, client, memory
from portal.loads.forms import ChoiceForm

_log = logging.getLogger(__name__)
#: Nobody waits longer for a page than this for the budget, and for each of two answers.
LONGEST_WAIT_S, TIMEOUT_S, ATTEMPTS = 15.0, 10.0, 2


class NoAnswerError(DataError):
    """The answer did not come; why, in the reader's language."""


@dataclass
class LookUp:
    """What iNaturalist knows by the texts of a form: what is meant, or what to choose from."""

    taxon: Match | None = None
    place: Match | None = None
    region: Region | None = None
    taxa: list[Match] = field(default_factory=list)
    places: list[Match] = field(default_factory=list)


def look_up(form: ChoiceForm) -> LookUp:
    """Look up what a valid form names; with the region's counts where both are clear.

    What is not known is said in the form. NoAnswerError where iNaturalist or the budget gives no answer.
    """
    try:
        return _look_up(form, _client())
    except BudgetSpentError as error:
        until = datetime.fromtimestamp(error.free_at, UTC)
        words = _("The requests to iNaturalist are spent or paused: try again after %(time)s UTC.")
        raise NoAnswerError(words % {"time": f"{until:%Y-%m-%d %H:%M}"}) from None
    except RefusedError as error:
        _log.warning("A look-up was refused: %s", error)
        raise NoAnswerError(_("iNaturalist cannot look that up. Write the names differently.")) from None
    except DataError as error:
        _log.warning("A look-up failed: %s", error)
        raise NoAnswerError(_("iNaturalist does not answer now. Try again in a few minutes.")) from None


def _client() -> Client:
    limiter = budget(longest_wait_s=LONGEST_WAIT_S)
    return client(limiter, memory(), timeout_s=TIMEOUT_S, attempts=ATTEMPTS, backoff_s=1.0)


def _look_up(form: ChoiceForm, requested: Client) -> LookUp:
    result = LookUp(taxa=find_taxa(requested, form.wanted_taxon()))
    result.taxon = form.one_of(result.taxa, "clade")
    if not result.taxa:
        form.add_error("clade", _("iNaturalist knows no taxon by that name or id."))
    is_everywhere = not form.wanted_place()
    if not is_everywhere:
        result.places = find_places(requested, form.wanted_place())
        result.place = form.one_of(result.places, "place")
        if not result.places:
            form.add_error("place", _("iNaturalist knows no place whose name begins so, or with that id."))
    if result.taxon is not None and (is_everywhere or result.place is not None):
        result.region = counted(requested, result.taxon.id, result.place.id if result.place else None)
    return result
