"""Looking up taxa, places and people by name, and counting what the first two hold: a few requests each."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from exporter.errors import DataError
from exporter.pull.client import Client, RefusedError
from exporter.pull.regions import Region
from exporter.sources.fields import Fields
from exporter.sources.values import JsonObject, json_int
from exporter.sources.values import text as words

#: What a person chooses from; the API gives no more than 30 taxa and 20 places.
MOST_MATCHES = 10
#: Characters of a name that are kept.
LONGEST_NAME = 200

#: The fields that may hold a value, the first that does wins.
Names = tuple[str, ...]
_ID = re.compile("[0-9]{1,18}")


@dataclass(frozen=True)
class Match:
    """A taxon, a place or a person that iNaturalist knows by the text that was looked up."""

    id: int
    #: A taxon's scientific name; a place's with what it lies in, as "Sonoma County, US, CA"; a login.
    name: str
    #: A taxon's common name; "" for others, and where there is none.
    common_name: str = ""
    #: A taxon's rank; "" for others.
    rank: str = ""


def find_taxa(client: Client, text: str) -> list[Match]:
    """Return the active taxa with this id, or a name that starts so, ranked by ``taxa/autocomplete``.

    DataError as `Client.get` raises it; an id that is not there is no error.
    """
    return _find(client, "taxa", text, _taxon)


def find_places(client: Client, text: str) -> list[Match]:
    """Return the places with this id, or a name that starts so, ranked by ``places/autocomplete``.

    DataError as `Client.get` raises it; an id that is not there is no error.
    """
    return _find(client, "places", text, _place)


def find_person(client: Client, name: str) -> Match | None:
    """Return the account with this login or id, by ``users/NAME``; None if iNaturalist has none.

    ``name``: letters, digits and ``-_.`` alone. DataError as `Client.get` raises it.
    """
    try:
        results = client.get(f"users/{name}").results
    except RefusedError:
        return None
    return _match(results[0], ("login",)) if results else None


def counted(client: Client, taxon_id: int, place_id: int | None) -> Region:
    """Return a region with what iNaturalist counts in it now. DataError where it does not say how much."""
    where = {} if place_id is None else {"place_id": place_id}
    observations = client.get("observations", taxon_id=taxon_id, per_page=0, **where).total
    taxa = 0 if where else client.get("taxa", taxon_id=taxon_id, is_active="any", per_page=1).total
    if observations is None or taxa is None:
        raise DataError(f"{client.url}: iNaturalist does not say how many observations there are; try again")
    return Region(taxon_id, place_id, observations, taxa)


def _find(client: Client, kind: str, text: str, read: Callable[[JsonObject], Match | None]) -> list[Match]:
    if _ID.fullmatch(text):
        try:
            results = client.get(f"{kind}/{text}").results
        except RefusedError:
            return []
    else:
        results = client.get(f"{kind}/autocomplete", q=text).results
    matches = (read(each) for each in results)
    return [match for match in matches if match is not None][:MOST_MATCHES]


def _taxon(record: JsonObject) -> Match | None:
    if record.get("is_active") is False:
        return None
    return _match(record, ("name",), common_name=("preferred_common_name",), rank=("rank",))


def _place(record: JsonObject) -> Match | None:
    return _match(record, ("display_name", "name"))


def _match(record: JsonObject, name: Names, **others: Names) -> Match | None:
    """What can be shown of a record; None without an id or a name. Values are read as the lake reads them."""
    fields = Fields(record)
    result, called = json_int(record.get("id")), fields.get(name, words)
    if not result or not called:
        return None
    recorded = {field: (fields.get(names, words) or "")[:LONGEST_NAME] for field, names in others.items()}
    return Match(result, called[:LONGEST_NAME], **recorded)
