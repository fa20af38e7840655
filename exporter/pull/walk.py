"""Lists of iNaturalist read page by page, by ascending id.

Pages by number are cut off at 10,000 rows and shift when something is added or deleted meanwhile. By id
neither happens: each page is what comes after the last id that was seen.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exporter.errors import DataError
from exporter.pull.client import Answer, Client
from exporter.sources.values import JsonObject, json_int, json_object

PER_PAGE = 200
_TRIES = 5


@dataclass(frozen=True)
class Page:
    """The part of a list above the last id seen. There is always one, if an empty one."""

    records: list[JsonObject]
    last_id: int
    #: By the server's clock; None if unknown.
    server_time: datetime | None
    #: Records from this page on, itself included; None where not known.
    left: int | None = None


def ahead(items: Iterator[Page]) -> Iterator[Page]:
    """The same pages, each fetched while the one before is worked on."""
    with ThreadPoolExecutor(max_workers=1) as fetching:
        coming = fetching.submit(next, items, None)
        while (page := coming.result()) is not None:
            coming = fetching.submit(next, items, None)
            yield page


def observations(
    client: Client, taxon_ids: tuple[int, ...], id_above: int, **parameters: Any
) -> Iterator[Page]:
    """The observations of some taxa and all below them."""
    return _pages(
        client,
        "observations",
        id_above,
        lambda record: "rank" not in record and _lies_in(json_object(record.get("taxon")), taxon_ids),
        taxon_id=list(taxon_ids),
        **parameters,
    )


def taxa(client: Client, taxon_id: int, id_above: int = 0) -> Iterator[Page]:
    """A taxon and all below it, active or not."""
    return _pages(
        client,
        "taxa",
        id_above,
        lambda record: "quality_grade" not in record and _lies_in(record, (taxon_id,)),
        taxon_id=taxon_id,
        is_active="any",
    )


def _pages(
    client: Client, path: str, id_above: int, belongs: Callable[[JsonObject], bool], **parameters: Any
) -> Iterator[Page]:
    while True:
        answer = _next(client, path, id_above, belongs, parameters)
        fresh = [record for record in answer.results if _is_fresh(record, id_above)]
        id_above = max([id_above, *(_id(record) or 0 for record in fresh)])
        yield Page(fresh, id_above, answer.server_time, answer.total)
        is_last = answer.total is not None and answer.total <= len(answer.results)
        if is_last or not fresh:
            return


def _next(
    client: Client,
    path: str,
    id_above: int,
    belongs: Callable[[JsonObject], bool],
    parameters: dict[str, Any],
) -> Answer:
    """The answer that continues the list. One that is of another question, or of an earlier one, is not."""
    for _ in range(_TRIES):
        answer = client.get(
            path, **parameters, id_above=id_above, order_by="id", order="asc", per_page=PER_PAGE
        )
        has_more = bool(answer.results or answer.total)
        goes_on = any((_id(record) or 0) > id_above for record in answer.results)
        if goes_on == has_more and all(map(belongs, answer.results)):
            return answer
    raise DataError(
        f"{client.url}/{path}: {_TRIES} answers after id {id_above} did not continue the list;"
        " nothing is lost: run the same again later, it goes on where it stopped"
    )


def _is_fresh(record: JsonObject, id_above: int) -> bool:
    """Whether a record comes after an id. One without an id counts: it is to be refused in words."""
    result = _id(record)
    return result is None or result > id_above


def _id(record: JsonObject) -> int | None:
    return json_int(record.get("id"))


def _lies_in(taxon: JsonObject, taxon_ids: tuple[int, ...]) -> bool:
    """Whether a taxon lies below one of these, as far as is known."""
    line = taxon.get("ancestor_ids")
    return not line or not isinstance(line, list) or bool({*line, taxon.get("id")}.intersection(taxon_ids))
