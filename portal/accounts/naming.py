"""Which iNaturalist account somebody means by a name: iNaturalist is asked once, while a page waits."""

import logging

from django.conf import settings
from django.utils.translation import gettext as _

from exporter.errors import DataError
from exporter.pull.lookups import Match, find_person
from portal.ids import id_written
from portal.lake.requests import budget, client, memory

_log = logging.getLogger(__name__)
#: Nobody waits longer for a page than this for the budget, and for the answer.
LONGEST_WAIT_S, TIMEOUT_S = 5.0, 10.0


def account_called(name: str) -> Match:
    """Return the iNaturalist account of this user name or number. DataError with what to do otherwise.

    A number needs no request: where this portal reads nothing from iNaturalist it is taken as it is.
    """
    if not settings.PULL:
        return _by_number(name)
    limiter = budget(longest_wait_s=LONGEST_WAIT_S)
    try:
        person = find_person(client(limiter, memory(), timeout_s=TIMEOUT_S, attempts=1, backoff_s=0.0), name)
    except DataError as error:
        _log.warning("A user name was not looked up: %s", error)
        raise DataError(_("iNaturalist does not answer now. Try again in a few minutes.")) from None
    if person is None:
        raise DataError(_("iNaturalist has no user “%(name)s”. Check the spelling.") % {"name": name})
    return person


def _by_number(name: str) -> Match:
    number = id_written(name)
    if not number:
        raise DataError(
            _(
                "This portal does not read from iNaturalist, so it cannot look up “%(name)s”. Write your user"
                " number instead: it is the column user_id of your observations’ export."
            )
            % {"name": name}
        )
    return Match(number, str(number))
